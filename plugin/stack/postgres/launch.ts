import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import { spawnAs } from './binaries.ts';
import { postgresEnv, startError, type ClusterOptions } from './cluster-options.ts';
import { readPidFile } from './pid-file.ts';
import { serverSettings } from './server-settings.ts';

const START_TIMEOUT_MS = 60_000;
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/** The server's log in the data directory. */
export const LOG_FILE = 'postgres.log';

/**
 * Starts the server process and waits until it accepts connections.
 *
 * @throws SupabaseDevError POSTGRES_START, with the last error of the server's log
 */
export async function launch(options: ClusterOptions, port: number): Promise<ChildProcess> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const child = await spawnPostgres(options, port);
    const failure = await waitUntilReady(child, options.dataDir.cluster, deadline);
    if (failure === undefined) return child;
    const log = await lastFatalLine(join(options.dataDir.path, LOG_FILE));
    // After a SIGKILL of the old server, its workers need a moment to end and release the shared memory.
    const isTransient = /pre-existing shared memory|lock file "postmaster.pid"/.test(log);
    if (!isTransient || performance.now() > deadline) throw startError(log || failure);
    await delay(100);
  }
}

async function spawnPostgres(options: ClusterOptions, port: number): Promise<ChildProcess> {
  const { binaries, dataDir, runAs, durable } = options;
  const settings = { ...serverSettings(port, durable, binaries.preload), ...options.settings };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await openLog(join(dataDir.path, LOG_FILE));
  try {
    const child = spawn(join(binaries.binDir, 'postgres'), ['-D', dataDir.cluster, ...args], {
      ...spawnAs(runAs),
      // In its own process group: Ctrl-C in the terminal reaches only Node, which then stops the services first.
      detached: process.platform !== 'win32',
      cwd: '/',
      env: postgresEnv(),
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(startError(errorMessage(error), error)));
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function openLog(file: string): ReturnType<typeof open> {
  const size = await stat(file).then(
    (info) => info.size,
    () => 0,
  );
  return open(file, size > MAX_LOG_BYTES ? 'w' : 'a', 0o600);
}

/** Waits for the server; returns undefined when it is ready, otherwise the reason why it is not. */
async function waitUntilReady(
  child: ChildProcess,
  cluster: string,
  deadline: number,
): Promise<string | undefined> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      return `it ended (${child.exitCode ?? child.signalCode})`;
    const [pid, , , , , , , status] = (await readPidFile(cluster)) ?? [];
    if (status === 'ready' && Number(pid) === child.pid) return undefined;
    if (performance.now() > deadline) {
      child.kill('SIGQUIT');
      return 'it was not ready in time';
    }
    await delay(5);
  }
}

async function lastFatalLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(-50);
  const fatal = lines.filter((line) => /FATAL:|could not bind/.test(line));
  return fatal
    .map((line) => line.replace(/^.*?(FATAL|LOG|WARNING):\s+/, ''))
    .slice(-2)
    .join('; ');
}
