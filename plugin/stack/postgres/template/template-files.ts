import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { chownTo, type RunAs } from '../run-as.ts';

/** A stopped cluster as it was when the manifest was written. */
interface Manifest {
  /** Folders below the cluster, each before those in it. */
  readonly dirs: readonly string[];
  readonly files: readonly FileState[];
}

/** Whoever writes to a file changes its time of change, which no program can set. */
interface FileState {
  readonly path: string;
  readonly size: number;
  readonly changed: number;
}

/** Maps of free space and visible rows, which PostgreSQL makes again when they are missing, and what a stopped server left. */
const UNNEEDED = /_(?:fsm|vm)$|^postmaster\.opts$/;

/** Removes what a copy does not need, and writes the list of everything else. */
export async function writeManifest(cluster: string, file: string): Promise<void> {
  const entries = await readdir(cluster, { recursive: true, withFileTypes: true });
  const dirs: string[] = [];
  const files: FileState[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(cluster.length + 1);
    if (entry.isDirectory()) dirs.push(name);
    else if (UNNEEDED.test(entry.name)) await unlink(path);
    else files.push(await stateOf(cluster, name));
  }
  const handle = await open(file, 'wx', 0o600);
  await handle.writeFile(JSON.stringify({ dirs: dirs.toSorted(), files } satisfies Manifest));
  await handle.sync();
  await handle.close();
}

async function stateOf(cluster: string, path: string): Promise<FileState> {
  const found = await lstat(join(cluster, path));
  if (!found.isFile()) throw new Error(`${path} is no file`);
  return { path, size: found.size, changed: found.ctimeMs };
}

/**
 * Copies a cluster to a folder that does not exist; file systems that can share the blocks of both.
 *
 * @throws when a file is not as the manifest says
 */
export async function copyCluster(
  cluster: string,
  manifest: string,
  target: string,
  runAs: RunAs | undefined,
): Promise<void> {
  const { dirs, files } = JSON.parse(await readFile(manifest, 'utf8')) as Manifest;
  for (const dir of ['', ...dirs]) {
    await mkdir(join(target, dir), { mode: 0o700 });
    await chmod(join(target, dir), 0o700);
    await chownTo(runAs, join(target, dir));
  }
  await Promise.all(
    files.map(async (file) => {
      const found = await stateOf(cluster, file.path);
      if (found.size !== file.size || found.changed !== file.changed)
        throw new Error(`${file.path} has been changed`);
      const copy = join(target, file.path);
      await copyFile(join(cluster, file.path), copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      await chownTo(runAs, copy);
    }),
  );
}
