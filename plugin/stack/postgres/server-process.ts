import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../shared/errors.ts';

const run = promisify(execFile);

/** Whether a process with this id exists, even one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasErrorCode(error, 'EPERM');
  }
}

/** Whether the process is a PostgreSQL server: ids are reused, in containers quickly. */
export async function isPostgres(pid: number): Promise<boolean> {
  return isAlive(pid) && /^postgres(\.exe)?$/.test(basename(await programOf(pid)));
}

/** Name or path of the program that the process runs; empty when unknown. */
async function programOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
    if (process.platform !== 'win32')
      return (await run('ps', ['-p', String(pid), '-o', 'comm='])).stdout.trim();
    const { stdout } = await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
    return /^"([^"]+)"/.exec(stdout)?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Waits until the process has ended; returns false if it has not after `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
