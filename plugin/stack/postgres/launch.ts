import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import { spawnAs } from './binaries.ts';
import { postgresEnv, type ClusterOptions } from './cluster-options.ts';
import { readPidFile } from './pid-file.ts';
import { serverSettings } from './server-settings.ts';
import { startError } from './start-error.ts';

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
  const { dataDir } = options;
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const { child, logStart } = await spawnPostgres(options, port);
    const failure = await waitUntilReady(child, dataDir.cluster, deadline);
    if (failure === undefined) return child;
    const reason = await readFailure(join(dataDir.path, LOG_FILE), logStart);
    // After a SIGKILL of the old server, its workers need a moment to end and release the shared memory.
    const isTransient = reason.includes('pre-existing shared memory block');
    if (!isTransient || performance.now() > deadline) throw startError(reason || failure);
    await delay(100);
  }
}

interface Launched {
  readonly child: ChildProcess;
  /** Where this server's part of the log begins, in bytes. */
  readonly logStart: number;
}

async function spawnPostgres(options: ClusterOptions, port: number): Promise<Launched> {
  const { binaries, dataDir, runAs, durable } = options;
  const settings = { ...serverSettings(port, durable, binaries.preload), ...options.settings };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await openLog(join(dataDir.path, LOG_FILE));
  try {
    const { size: logStart } = await log.stat();
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
      child.once('error', (error) => reject(startError(errorMessage(error), { cause: error })));
    });
    child.unref();
    // For when Node ends without a stop, also during the start: after process.exit() or an uncaught error.
    const endWithNode = (): void => void child.kill('SIGINT');
    process.on('exit', endWithNode);
    child.once('exit', () => process.off('exit', endWithNode));
    return { child, logStart };
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

/** What the server wrote about its end: the errors that ended it, or else its last line; empty when it wrote nothing. */
async function readFailure(file: string, start: number): Promise<string> {
  const log = await readFile(file).catch(() => Buffer.alloc(0));
  const lines = log.subarray(start).toString().trim().split('\n');
  const fatal = lines.filter((line) => /FATAL:|PANIC:|could not bind/.test(line)).slice(-2);
  return (fatal.length > 0 ? fatal : lines.slice(-1))
    .map((line) => line.replace(/^.*?(FATAL|PANIC|LOG|WARNING):\s+/, ''))
    .join('; ');
}
