import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stopOrphan } from './pid-file.ts';

// Used when root runs in a folder that no other user can enter (/root/app): PostgreSQL's user must reach its files.
export const SYSTEM_DIR = '/var/lib/vite-plugin-supabase';

const LOCATION_FILE = 'postgres.location';
const OWNER_FILE = 'owner';

/**
 * Creates or finds the folder outside a project that holds the cluster of the data directory `path`.
 *
 * @returns path of the cluster
 */
export async function openOutsideCluster(path: string): Promise<string> {
  await mkdir(SYSTEM_DIR, { recursive: true });
  await chmod(SYSTEM_DIR, 0o755);
  const known = await findOutsideCluster(path);
  const home = known ?? join(SYSTEM_DIR, `cluster-${randomBytes(6).toString('hex')}`);
  // Only root may write here; PostgreSQL's user may enter, and owns the cluster itself.
  await mkdir(home, { recursive: true });
  await chown(home, 0, 0);
  await chmod(home, 0o711);
  // In this order: a folder that is not named where it says counts as abandoned.
  await writeFile(join(path, LOCATION_FILE), join(home, 'postgres'), { mode: 0o600 });
  await writeFile(join(home, OWNER_FILE), path, { mode: 0o600 });
  await removeAbandonedClusters();
  return join(home, 'postgres');
}

/** The folder that `path` names, unless another project has it, of which `path` is a copy. */
async function findOutsideCluster(path: string): Promise<string | undefined> {
  const location = await readFile(join(path, LOCATION_FILE), 'utf8').catch(() => '');
  const home = dirname(location);
  if (!isHome(home)) return undefined;
  const owner = await readFile(join(home, OWNER_FILE), 'utf8').catch(() => undefined);
  if (owner === undefined) return undefined;
  const isCopy = owner !== path && (await ownsHome(owner, home));
  return isCopy ? undefined : home;
}

function isHome(path: string): boolean {
  return dirname(path) === SYSTEM_DIR && basename(path).startsWith('cluster-');
}

/** Whether the data directory `owner` has its cluster in `home`. */
async function ownsHome(owner: string, home: string): Promise<boolean> {
  const location = await readFile(join(owner, LOCATION_FILE), 'utf8').catch(() => undefined);
  return location === join(home, 'postgres');
}

/** Removes clusters whose `.supabase` was deleted or names another cluster. */
async function removeAbandonedClusters(): Promise<void> {
  for (const name of await readdir(SYSTEM_DIR)) {
    const home = join(SYSTEM_DIR, name);
    const owner = await readFile(join(home, OWNER_FILE), 'utf8').catch(() => undefined);
    if (owner === undefined || !isHome(home) || (await ownsHome(owner, home))) continue;
    // A server that cannot be stopped keeps its data.
    await stopOrphan(join(home, 'postgres'))
      .then(() => rm(home, { recursive: true, force: true }))
      .catch(() => {});
  }
}
