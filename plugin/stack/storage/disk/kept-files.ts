import { constants, copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../../shared/errors.ts';
import { PRIVATE_FOLDER } from './private-folder.ts';

/** What Storage keeps besides its folder: the bytes of objects that rows of another database name. */
export interface KeptFiles {
  /** Keeps the present files under a name. */
  keep(name: string): Promise<void>;
  /** Brings kept files back, beside those that are there: no row names what is too much, and the next start removes it. */
  restore(name: string): Promise<void>;
  /** Gives kept files another name. */
  rename(name: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Blobs never change and are named by random versions, so all copies are hard links. */
export function keepFilesOf(dataDir: string): KeptFiles {
  const own = objectsIn(dataDir);
  const kept = (name: string): string => join(dataDir, 'snapshots', name);
  const remove = (name: string): Promise<void> => rm(kept(name), { recursive: true, force: true });
  return {
    async keep(name) {
      await remove(name);
      await linkAll(own, objectsIn(kept(name)));
    },
    restore: (name) => linkAll(objectsIn(kept(name)), own),
    async rename(name, to) {
      await remove(to);
      await rename(kept(name), kept(to)).catch((error: unknown) => {
        // A project without files.
        if (!hasErrorCode(error, 'ENOENT')) throw error;
      });
    },
    remove,
  };
}

function objectsIn(dataDir: string): string {
  return join(dataDir, 'storage', 'objects');
}

async function linkAll(from: string, to: string): Promise<void> {
  const folders = await readdir(from).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const folder of folders) {
    await mkdir(join(to, folder), { recursive: true, mode: PRIVATE_FOLDER });
    for (const name of await readdir(join(from, folder))) {
      const [source, target] = [join(from, folder, name), join(to, folder, name)];
      await link(source, target).catch((error: unknown) => {
        // Deleted meanwhile, or there already.
        if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'EEXIST')) return undefined;
        return copyFile(source, target, constants.COPYFILE_FICLONE);
      });
    }
  }
}
