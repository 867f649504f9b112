import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
  // PostgreSQL's user must be able to enter when this is root.
  await chmod(dir, 0o711);
  await writeFile(join(dir, OWNER_FILE), String(process.pid));
  return dir;
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  await Promise.all(
    names.map(async (name) => {
      const dir = join(tmpdir(), name);
      const owner = Number(await readFile(join(dir, OWNER_FILE), 'utf8').catch(() => '0'));
      if (owner === 0 || isAlive(owner)) return;
      // A failure is ignored: the directory may belong to another user.
      await stopOrphan(join(dir, 'postgres'))
        .then(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
        .catch(() => {});
    }),
  );
}
