import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A PostgreSQL server and the process that started it. */
export interface FoundPostmaster {
  readonly pid: number;
  readonly parent: number;
}

/** All PostgreSQL servers that run on the data of a project; not on Windows. */
export async function findPostmasters(root: string): Promise<FoundPostmaster[]> {
  const { stdout } = await run('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { maxBuffer: 2 ** 26 });
  const lines = stdout
    .split('\n')
    .filter((line) => line.includes(` -D ${join(root, '.supabase/postgres')} `));
  return lines.map((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return { pid: pid ?? 0, parent: parent ?? 0 };
  });
}

/** The processes that a server has started: one for each connection, and its workers. */
export async function findBackends(postmaster: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid='], { maxBuffer: 2 ** 26 });
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, parent]) => parent === postmaster).map(([pid = 0]) => pid);
}
