import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startError } from './cluster-options.ts';
import { isPostgres, waitForEnd } from './server-process.ts';

const STOP_TIMEOUT_MS = 10_000;

/** Lines of postmaster.pid: process id, data directory, start time, port, socket folder, address, shared memory, status. */
export async function readPidFile(cluster: string): Promise<string[] | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text?.split('\n').map((line) => line.trim());
}

/** Stops the server that a killed dev server left running on the data, by a fast shutdown. */
export async function stopOrphan(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readPidFile(cluster))?.[0]);
  if (!(pid > 0)) return;
  if (!(await isPostgres(pid))) {
    // Another program has the id now; PostgreSQL would not start because of the file.
    await rm(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  process.kill(pid, 'SIGQUIT');
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  throw startError(`a PostgreSQL server (process ${pid}) holds ${cluster} and does not end`);
}
