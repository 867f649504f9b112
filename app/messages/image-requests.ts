import { localImages } from '../images/local-images.ts';
import { supabase } from '../model/supabase.ts';

const YEAR_S = 365 * 24 * 60 * 60;
/** A large picture on a slow line takes its time; after this long the attempt counts as failed. */
const TIMEOUT_MS = 90_000;

/**
 * Stores a picture under its path. Safe to repeat: what is there already is the same picture, since nobody can replace a
 * file and the path holds the id of a message that this page has made.
 */
export async function uploadImage(path: string): Promise<void> {
  const blob = await localImages.find(path);
  if (!blob) throw new Error('Its picture was lost when the page was closed. Please send it again.');
  const upload = supabase.storage
    .from('message-images')
    .upload(path, blob, { cacheControl: String(YEAR_S), contentType: blob.type });
  const { error } = await Promise.race([upload, rejectAfter(TIMEOUT_MS)]);
  if (error && !('statusCode' in error && error.statusCode === '409')) throw error;
}

/** Row level security keeps those that a message names. */
export async function removeImages(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const { error } = await supabase.storage.from('message-images').remove([...paths]);
  if (error) throw error;
}

/**
 * Tidies up after pages that were closed at the wrong moment: removes this person's files that no message names.
 *
 * @param waiting paths of pictures that are still to be sent
 */
export async function removeStrayImages(waiting: ReadonlySet<string>): Promise<void> {
  const { data } = await supabase.rpc('stray_images').throwOnError();
  await removeImages(data.filter((path) => !waiting.has(path)));
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('The upload timed out.')), ms);
  });
}
