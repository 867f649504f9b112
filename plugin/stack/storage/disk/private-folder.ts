import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Modes of what only the user of this process may read. Windows ignores them: there, folders inherit from the profile. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

const OTHERS = 0o077;

/**
 * Creates a folder for the user of this process alone. One that others can enter, as earlier versions made it, is
 * corrected with everything in it: the folder itself last, so that an interrupted correction is repeated.
 */
export async function makePrivateFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: PRIVATE_FOLDER });
  const { mode } = await stat(dir);
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return;
  // Links stay as they are: `chmod` would change what they point to.
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, PRIVATE_FOLDER);
    else if (entry.isFile()) await chmod(path, PRIVATE_FILE);
  }
  await chmod(dir, PRIVATE_FOLDER);
}
