import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const BATCH = 1000;

/**
 * Deletes blobs without a row and leftovers of unfinished uploads. A row is committed only after its blob is on disk,
 * and a blob is deleted only after its row: a crash in between can leave an extra blob, but never lose one.
 */
export async function collectOrphans(
  objectsDir: string,
  uploadsDir: string,
  isKnown: (versions: string[]) => Promise<Set<string>>,
  keepUpload: (name: string) => Promise<boolean>,
): Promise<void> {
  for (const name of await readdir(uploadsDir))
    if (!(await keepUpload(name))) await rm(join(uploadsDir, name), { recursive: true, force: true });
  for (const folder of await readdir(objectsDir)) {
    const versions = await readdir(join(objectsDir, folder));
    for (let start = 0; start < versions.length; start += BATCH) {
      const batch = versions.slice(start, start + BATCH);
      const known = await isKnown(batch);
      for (const version of batch)
        if (!known.has(version))
          await rm(join(objectsDir, folder, version), { recursive: true, force: true });
    }
  }
}
