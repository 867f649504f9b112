import { access, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { SupabaseDevError } from './errors.ts';

/** Whether there is a file or folder that this process can see. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether a path is a folder or below it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  // Absolute: on another drive of Windows.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Refuses a folder that the user named and that is not there.
 *
 * @param source what named it, for the message: `the option root`
 * @throws SupabaseDevError OPTION_INVALID
 */
export async function requireFolder(path: string, source: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw new SupabaseDevError('OPTION_INVALID', `${source} names ${path}, which is not a folder`, {
    hint: 'Name the folder that holds supabase/.',
  });
}
