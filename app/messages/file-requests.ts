import { supabase } from '../model/supabase.ts';
import type { StoredFile } from './message.ts';

/** Removes files, except those that a message uses: row level security keeps them. */
export async function removeFiles(files: readonly StoredFile[]): Promise<void> {
  for (const bucket of ['message-images', 'message-files'] as const) {
    const paths = files.filter((file) => file.bucket === bucket).map((file) => file.path);
    if (paths.length === 0) continue;
    const { error } = await supabase.storage.from(bucket).remove(paths);
    if (error) throw error;
  }
}

/**
 * Removes the user's files that no message uses, left behind by pages that were closed at the wrong moment.
 *
 * @param waiting paths of files that are not sent yet
 */
export async function removeStrayFiles(waiting: ReadonlySet<string>): Promise<void> {
  const [images, files] = await Promise.all([
    supabase.rpc('stray_images').throwOnError(),
    supabase.rpc('stray_files').throwOnError(),
  ]);
  const strays: readonly StoredFile[] = [
    ...images.data.map((path) => ({ bucket: 'message-images' as const, path })),
    ...files.data.map((path) => ({ bucket: 'message-files' as const, path })),
  ];
  await removeFiles(strays.filter(({ path }) => !waiting.has(path)));
}
