import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { stopOrphan } from './pid-file.ts';
import { isAlive } from './server-process.ts';

const PREFIX = 'supabase-stack-';
const OWNER_FILE = 'owner.pid';

/**
 * Creates a throw-away data directory, for tests and trials. It first removes those that killed processes left behind,
 * and stops the servers that still run on them.
 */
export async function makeEphemeralDataDir(): Promise<string> {
  await removeAbandoned();
  const dir = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(dir, OWNER_FILE), String(process.pid), { mode: 0o600 });
  return dir;
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  await Promise.all(
    names.map(async (name) => {
      const dir = join(tmpdir(), name);
      // A folder that cannot be removed is left to its user.
      if (await isAbandoned(dir).catch(() => false)) await remove(dir).catch(() => {});
    }),
  );
}

/** The temporary folder is shared: only a real folder of this user, which nobody else can write to, says who made it. */
async function isAbandoned(dir: string): Promise<boolean> {
  const found = await lstat(dir);
  const isOwn = process.platform === 'win32' || (found.uid === userInfo().uid && (found.mode & 0o022) === 0);
  if (!found.isDirectory() || !isOwn) return false;
  const owner = Number(await readFile(join(dir, OWNER_FILE), 'utf8'));
  return owner > 0 && !isAlive(owner);
}

async function remove(dir: string): Promise<void> {
  await stopOrphan(join(dir, 'postgres'));
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}
