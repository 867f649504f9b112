import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../shared/errors.ts';

const run = promisify(execFile);

/** Whether a process with this id runs, even one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return hasErrorCode(error, 'EPERM');
  }
}

/** An ended process keeps its id until its parent asks for its exit code, which no parent does in some containers. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2));
  } catch {
    return false;
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

/**
 * Whether the process is the PostgreSQL server of the data directory `cluster`. Its id alone does not say: ids are used
 * again, and a pid file may come from another machine or another folder.
 *
 * @returns undefined when it cannot be proven either way
 */
export async function isServerOf(pid: number, cluster: string): Promise<boolean | undefined> {
  if (!isAlive(pid)) return false;
  const evidence = await (process.platform === 'linux' ? readProc(pid) : readCommandLine(pid));
  if (!evidence) return isAlive(pid) ? undefined : false;
  if (!evidence.isPostgres) return false;
  return evidence.dir === undefined ? undefined : isSameFolder(evidence.dir, cluster);
}

interface Evidence {
  readonly isPostgres: boolean;
  /** A path of the server's data directory. */
  readonly dir: string | undefined;
}

/** A PostgreSQL server works in its data directory; the link follows the folder wherever it is moved. */
async function readProc(pid: number): Promise<Evidence | undefined> {
  const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined);
  return program === undefined ? undefined : { isPostgres: isServerName(program), dir: `/proc/${pid}/cwd` };
}

async function readCommandLine(pid: number): Promise<Evidence | undefined> {
  const command =
    process.platform === 'win32'
      ? run('powershell', [
          '-NoProfile',
          '-Command',
          `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
        ])
      : run('ps', ['-ww', '-p', String(pid), '-o', 'command=']);
  const text = await command.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return text === '' ? undefined : parseCommandLine(text);
}

/** Reads a server's command line, in which quotation marks are kept on Windows and lost on macOS. */
export function parseCommandLine(text: string): Evidence {
  const [program = ''] = text.split(/ -D /, 1);
  const dir = / -D (?:"([^"]+)"|(.+?)(?= -[a-z-]|$))/.exec(text);
  return { isPostgres: isServerName(program), dir: dir?.[1] ?? dir?.[2] };
}

/** Some distributions start the server through a wrapper: `.postgres-wrapped`. */
function isServerName(program: string): boolean {
  return /postgres/i.test(program.split(/[\\/]/).at(-1) ?? '');
}

/** Whether both paths lead to one folder; undefined when one of them cannot be looked at. */
export async function isSameFolder(first: string, second: string): Promise<boolean | undefined> {
  try {
    const [one, other] = await Promise.all([stat(first, { bigint: true }), stat(second, { bigint: true })]);
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return undefined;
  }
}
