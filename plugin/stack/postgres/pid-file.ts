import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../shared/files.ts';
import { requestStop } from './request-stop.ts';
import { isSameFolder, isServerOf, waitForEnd } from './server-process.ts';
import { startError } from './start-error.ts';

const STOP_TIMEOUT_MS = 10_000;

/** Lines of postmaster.pid: process id, data directory, start time, port, socket folder, address, shared memory, status. */
export async function readPidFile(cluster: string): Promise<string[] | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text?.split('\n').map((line) => line.trim());
}

/**
 * Stops the server that a killed dev server left running on the data, by a fast shutdown, and removes the pid file of a
 * server that has ended. The caller owns the data directory.
 *
 * @param binDir folder of `pg_ctl`, which Windows needs for an orderly end
 * @throws SupabaseDevError POSTGRES_START when the file names a server that cannot be proven to be this one: no process
 *   gets a signal then
 */
export async function stopOrphan(cluster: string, binDir?: string): Promise<void> {
  const lines = await readPidFile(cluster);
  if (!lines) return;
  // Negative for a server in single-user mode.
  const pid = Math.abs(Number(lines[0]));
  const isOurs = pid > 0 ? await isOrphan(pid, lines[1], cluster) : false;
  if (isOurs === undefined) {
    throw startError(`process ${pid} may be a server that runs on ${cluster}, but that cannot be proven`, {
      hint: `No process was ended. End that server, or delete ${join(cluster, 'postmaster.pid')} if the process is another one.`,
    });
  }
  if (!isOurs) {
    // The server would not start because of the file.
    await rm(join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  await requestStop(pid, cluster, binDir);
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  process.kill(pid, 'SIGQUIT');
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  throw startError(`its old server (process ${pid}) holds ${cluster} and does not end`);
}

/** Both the file and the process have to name this data directory. */
async function isOrphan(
  pid: number,
  recorded: string | undefined,
  cluster: string,
): Promise<boolean | undefined> {
  const isServer = await isServerOf(pid, cluster);
  if (isServer !== true) return isServer;
  // A moved folder is recorded under its old path.
  const wasMoved = recorded !== undefined && !(await exists(recorded));
  return wasMoved || (recorded && (await isSameFolder(recorded, cluster))) ? true : undefined;
}
