import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from '../../shared/errors.ts';
import { spawnAs } from './binaries.ts';
import { postgresEnv, type ClusterOptions } from './cluster-options.ts';
import { chownTo, type RunAs } from './run-as.ts';
import { startError } from './start-error.ts';

const run = promisify(execFile);

/** The file in the data directory with the password of every internal role. */
export const PASSWORD_FILE = 'postgres.password';

/**
 * Creates the data directory, with a superuser `supabase_admin` whose password is stored beside it.
 *
 * @throws SupabaseDevError POSTGRES_START
 */
export async function initCluster({ binaries, dataDir, runAs, durable }: ClusterOptions): Promise<void> {
  // Created under another name and then renamed: an interrupted start leaves nothing that looks like a cluster.
  const partial = `${dataDir.cluster}.init`;
  await rm(partial, { recursive: true, force: true });
  const passwordFile = join(dataDir.path, PASSWORD_FILE);
  await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const init = runAs
    ? await prepareFor(runAs, partial, passwordFile)
    : { passwordFile, cleanUp: async () => {} };
  const args = [
    '-D',
    partial,
    '-U',
    'supabase_admin',
    '--auth=scram-sha-256',
    `--pwfile=${init.passwordFile}`,
  ];
  args.push('--no-instructions', '-E', 'UTF8', '--locale=C');
  if (binaries.major >= 17) args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  if (!durable) args.push('--no-sync');
  try {
    await run(join(binaries.binDir, 'initdb'), args, { ...spawnAs(runAs), cwd: '/', env: postgresEnv() });
    await rename(partial, dataDir.cluster);
  } catch (error) {
    throw startError(`initdb failed: ${errorMessage(error)}`, { cause: error });
  } finally {
    await init.cleanUp();
  }
}

/** Creates a folder that initdb can fill as `runAs`, and a copy of the password that it can read. */
async function prepareFor(
  runAs: RunAs,
  partial: string,
  passwordFile: string,
): Promise<{ passwordFile: string; cleanUp(): Promise<void> }> {
  await mkdir(partial, { mode: 0o700 });
  await chownTo(runAs, partial);
  const copy = join(dirname(partial), `${PASSWORD_FILE}.init`);
  await copyFile(passwordFile, copy);
  await chownTo(runAs, copy);
  return { passwordFile: copy, cleanUp: () => rm(copy, { force: true }) };
}
