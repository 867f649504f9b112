import { localImages } from '../images/local-images.ts';
import { supabase } from '../model/supabase.ts';

const YEAR_S = 365 * 24 * 60 * 60;
/** Upload timeout: long enough for a large picture on a slow connection. */
const TIMEOUT_MS = 90_000;

/**
 * Uploads a picture to its path. Safe to repeat: an existing file is the same picture, because files cannot be
 * replaced and the path contains a message id that this page has generated.
 */
export async function uploadImage(path: string): Promise<void> {
  const blob = await localImages.find(path);
  if (!blob) throw new Error('The picture was lost when the page was closed. Send it again.');
  const upload = supabase.storage
    .from('message-images')
    .upload(path, blob, { cacheControl: String(YEAR_S), contentType: blob.type });
  const { error } = await Promise.race([upload, rejectAfter(TIMEOUT_MS)]);
  if (error && !('statusCode' in error && error.statusCode === '409')) throw error;
}

/** Removes pictures, except those that a message uses: row level security keeps them. */
export async function removeImages(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const { error } = await supabase.storage.from('message-images').remove([...paths]);
  if (error) throw error;
}

/**
 * Removes the user's files that no message uses, left behind by pages that were closed at the wrong moment.
 *
 * @param waiting paths of pictures that are not sent yet
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
