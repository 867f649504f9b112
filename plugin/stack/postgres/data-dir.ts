import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import { openOutsideCluster, SYSTEM_DIR } from './outside-cluster.ts';
import type { RunAs } from './run-as.ts';

/** The folders of a stack's data. */
export interface DataDir {
  /** `.supabase` beside package.json: state, logs, storage objects. */
  readonly path: string;
  /** PostgreSQL's data directory, normally inside `path`. */
  readonly cluster: string;
  /** Folder outside the project that the user PostgreSQL runs as can reach. */
  readonly shared: string;
}

/** The folder in a data directory by which its owner is found (stack/ownership). */
export const CLAIMS_FOLDER = 'claims';

/**
 * Creates a data directory if there is none.
 *
 * @throws SupabaseDevError DATA_DIR_UNWRITABLE
 */
export async function makeDataDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(path, error);
  });
}

/** The error of every failure to write to a data directory. */
export function unwritable(path: string, cause: unknown): SupabaseDevError {
  return new SupabaseDevError('DATA_DIR_UNWRITABLE', `Cannot write to ${path}: ${errorMessage(cause)}`, {
    hint: 'Make the folder writable, or choose another one with the option dataDir.',
    cause,
  });
}

/**
 * Opens a data directory for PostgreSQL. The directory ignores itself in git, and all in it is for this user alone.
 *
 * @throws SupabaseDevError DATA_DIR_UNWRITABLE
 */
export async function openDataDir(path: string, runAs: RunAs | undefined): Promise<DataDir> {
  await makeDataDir(path);
  try {
    await writeFile(join(path, '.gitignore'), '*\n');
    await restrict(path, runAs);
    if (!runAs) return { path, cluster: join(path, 'postgres'), shared: join(path, 'runtime') };
    const cluster = (await canEnter(path, runAs)) ? join(path, 'postgres') : await openOutsideCluster(path);
    return { path, cluster, shared: SYSTEM_DIR };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Makes a data directory and what is in it accessible to its user alone, also one that an older version made. As root,
 * PostgreSQL's user may enter it, but no more.
 */
async function restrict(path: string, runAs: RunAs | undefined): Promise<void> {
  await chmod(path, runAs ? 0o711 : 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chmod(child, 0o700);
    else if (entry.isFile()) await chmod(child, 0o600);
  }
}

/** Deletes all data and the cluster, wherever that is. The claim of the process that owns the data directory stays. */
export async function emptyDataDir(dir: DataDir): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 5 };
  const isOutside = dirname(dir.cluster) !== dir.path;
  if (isOutside) await rm(dirname(dir.cluster), options);
  const names = (await readdir(dir.path).catch(() => [])).filter((name) => name !== CLAIMS_FOLDER);
  await Promise.all(names.map((name) => rm(join(dir.path, name), options)));
}

/** Whether `runAs` may enter `path` and every folder above it. */
async function canEnter(path: string, runAs: RunAs): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const bit = uid === runAs.uid ? 0o100 : gid === runAs.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  const parent = dirname(path);
  return parent === path || canEnter(parent, runAs);
}
