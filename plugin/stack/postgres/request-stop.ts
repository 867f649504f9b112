import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Asks a server for a fast shutdown. Windows has no signals: there `pg_ctl` asks over the server's own pipe. */
export async function requestStop(pid: number, cluster: string, binDir: string | undefined): Promise<void> {
  if (process.platform !== 'win32' || binDir === undefined) {
    signal(pid, 'SIGINT');
    return;
  }
  await run(join(binDir, 'pg_ctl'), ['stop', '-D', cluster, '-m', 'fast', '-W']).catch(() =>
    signal(pid, 'SIGTERM'),
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
