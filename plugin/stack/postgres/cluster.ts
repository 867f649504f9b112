import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorMessage, SupabaseDevError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { spawnAs, type Binaries } from './binaries.ts';
import type { DataDir } from './data-dir.ts';
import { choosePort, findFreePort } from './ports.ts';
import { isPostgres, waitForEnd } from './process.ts';
import { giveTo, type RunAs } from './run-as.ts';

const run = promisify(execFile);

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
// A server that keeps ending is not started for ever.
const MAX_RESTARTS = 3;
const RESTART_WINDOW_MS = 60_000;
const MAX_LOG_BYTES = 5 * 1024 * 1024;

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly dataDir: DataDir;
  readonly runAs: RunAs | undefined;
  readonly port: { exact: number } | { preferred: number };
  /** Survive a power cut (fsync on). Off for throw-away data. */
  readonly durable: boolean;
  readonly logger: Logger;
}

/** A running PostgreSQL server with one data directory. */
export interface Cluster {
  readonly host: string;
  readonly port: number;
  /** Password of the superuser `supabase_admin`, made with the data directory. */
  readonly superuserPassword: string;
  /** Process id of the server; another one after an unexpected end. */
  pid(): number;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the data directory, making it first if it is empty. An orphan of a killed dev server on the same
 * data is stopped first; one that ends unexpectedly is started again.
 *
 * @throws SupabaseDevError POSTGRES_VERSION, POSTGRES_START, PORT_TAKEN
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, dataDir } = options;
  if (await exists(join(dataDir.cluster, 'PG_VERSION'))) await checkMajor(dataDir.cluster, binaries.major);
  else await initCluster(options);
  const superuserPassword = (await readFile(join(dataDir.path, PASSWORD_FILE), 'utf8')).trim();

  await stopOrphan(dataDir.cluster);
  const server = await Postmaster.start(options);
  return {
    host: HOST,
    port: server.port,
    superuserPassword,
    pid: () => server.pid,
    stop: () => server.stop(),
  };
}

const PASSWORD_FILE = 'postgres.password';

async function initCluster({ binaries, dataDir, runAs, durable }: ClusterOptions): Promise<void> {
  // Made beside and renamed when complete: an interrupted start leaves nothing that looks like a cluster.
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
    '-E',
    'UTF8',
    '--no-instructions',
    '--auth=scram-sha-256',
  ];
  args.push(
    '--locale=C',
    ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
  );
  args.push(`--pwfile=${init.passwordFile}`, ...(durable ? [] : ['--no-sync']));
  try {
    await run(join(binaries.binDir, 'initdb'), args, { ...spawnAs(runAs), cwd: '/', env: postgresEnv() });
    await rename(partial, dataDir.cluster);
  } catch (error) {
    throw startError(`initdb failed: ${errorMessage(error)}`, error);
  } finally {
    await init.cleanUp();
  }
}

/** A folder that initdb may fill as `runAs`, and a copy of the password that it can read. */
async function prepareFor(
  runAs: RunAs,
  partial: string,
  passwordFile: string,
): Promise<{ passwordFile: string; cleanUp(): Promise<void> }> {
  await mkdir(partial, { mode: 0o700 });
  await giveTo(runAs, partial);
  const copy = join(dirname(partial), `${PASSWORD_FILE}.init`);
  await copyFile(passwordFile, copy);
  await giveTo(runAs, copy);
  return { passwordFile: copy, cleanUp: () => rm(copy, { force: true }) };
}

async function checkMajor(cluster: string, major: number): Promise<void> {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (Number(found) === major) return;
  throw new SupabaseDevError(
    'POSTGRES_VERSION',
    `The data in ${cluster} is of PostgreSQL ${found}, the server is ${major}`,
    {
      hint: `Use PostgreSQL ${found} (postgres: { binDir }), or dump the data with it and delete the folder to begin anew.`,
    },
  );
}

/** The server that a killed dev server left behind still holds the data: end it, as a fast shutdown does. */
async function stopOrphan(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readPidFile(cluster))?.[0]);
  if (!(pid > 0)) return;
  if (!(await isPostgres(pid))) {
    // The id belongs to another program by now; PostgreSQL itself would refuse to start.
    await rm(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  process.kill(pid, 'SIGQUIT');
  if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return;
  throw startError(`a PostgreSQL server (process ${pid}) holds ${cluster} and does not end`);
}

/** Lines of postmaster.pid: process id, data directory, start time, port, socket folder, address, shared memory, status. */
async function readPidFile(cluster: string): Promise<string[] | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text?.split('\n').map((line) => line.trim());
}

/** The server process, started again when it ends without being told to. */
class Postmaster {
  readonly #options: ClusterOptions;
  readonly port: number;
  #child: ChildProcess;
  #stopping = false;
  #restarts: number[] = [];
  readonly #endWithNode = (): void => {
    this.#child.kill('SIGINT');
  };

  private constructor(options: ClusterOptions, port: number, child: ChildProcess) {
    this.#options = options;
    this.port = port;
    this.#child = child;
    // The last resort when Node ends without stop(): an exit() elsewhere, an uncaught error.
    process.on('exit', this.#endWithNode);
    this.#supervise(child);
  }

  static async start(options: ClusterOptions): Promise<Postmaster> {
    const port = await choosePort(options.port, 'PostgreSQL');
    if ('preferred' in options.port && options.port.preferred > 0 && port !== options.port.preferred) {
      options.logger.info(`Port ${options.port.preferred} is taken: PostgreSQL listens on ${port} instead`);
    }
    try {
      return new Postmaster(options, port, await launch(options, port));
    } catch (error) {
      // Somebody took the port between the look and the start.
      const lostRace = error instanceof SupabaseDevError && /could not bind|in use/i.test(error.message);
      if (!lostRace || 'exact' in options.port) throw error;
      const other = await findFreePort();
      return new Postmaster(options, other, await launch(options, other));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    process.off('exit', this.#endWithNode);
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await requestStop(this.#options, child);
    const tooLong = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(tooLong);
  }

  #supervise(child: ChildProcess): void {
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      // An orderly end was somebody's wish (pg_ctl stop, another dev server): do not fight it.
      if (code === 0)
        this.#options.logger.error('PostgreSQL was stopped from outside; restart the dev server');
      else void this.#restart(signal ?? `exit code ${code}`);
    });
  }

  async #restart(reason: string): Promise<void> {
    const { logger, dataDir } = this.#options;
    const now = performance.now();
    this.#restarts = [...this.#restarts.filter((time) => now - time < RESTART_WINDOW_MS), now];
    if (this.#restarts.length > MAX_RESTARTS) {
      logger.error(
        `PostgreSQL ended again (${reason}); see ${join(dataDir.path, LOG_FILE)}. Restart the dev server.`,
      );
      return;
    }
    logger.warn(`PostgreSQL ended unexpectedly (${reason}); starting it again`);
    try {
      const child = await launch(this.#options, this.port);
      this.#child = child;
      if (this.#stopping) child.kill('SIGINT');
      else this.#supervise(child);
    } catch (error) {
      if (!this.#stopping) await this.#restart(errorMessage(error));
    }
  }
}

const LOG_FILE = 'postgres.log';

/** Starts the process and waits until it accepts connections. */
async function launch(options: ClusterOptions, port: number): Promise<ChildProcess> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const child = await spawnPostgres(options, port);
    const failure = await waitUntilReady(child, options.dataDir.cluster, deadline);
    if (failure === undefined) return child;
    const log = await lastFatalLine(join(options.dataDir.path, LOG_FILE));
    // After a SIGKILL of the old server its workers need a moment to notice and to let go of the shared memory.
    const isTransient = /pre-existing shared memory|lock file "postmaster.pid"/.test(log);
    if (!isTransient || performance.now() > deadline) throw startError(log || failure);
    await delay(100);
  }
}

async function spawnPostgres(options: ClusterOptions, port: number): Promise<ChildProcess> {
  const { binaries, dataDir, runAs, durable } = options;
  const args = Object.entries(serverSettings(port, durable)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const log = await openLog(join(dataDir.path, LOG_FILE));
  try {
    const child = spawn(join(binaries.binDir, 'postgres'), ['-D', dataDir.cluster, ...args], {
      ...spawnAs(runAs),
      // A process group of its own: Ctrl-C in the terminal reaches only Node, which then stops services first.
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

/** Undefined when the server is ready, else why it is not. */
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

async function requestStop({ binaries, dataDir }: ClusterOptions, child: ChildProcess): Promise<void> {
  if (process.platform !== 'win32') {
    child.kill('SIGINT');
    return;
  }
  // Windows has no signals; pg_ctl speaks to the server over its own pipe.
  await run(join(binaries.binDir, 'pg_ctl'), ['stop', '-D', dataDir.cluster, '-m', 'fast', '-W']).catch(() =>
    child.kill(),
  );
}

function serverSettings(port: number, durable: boolean): Record<string, string | number> {
  return {
    port,
    listen_addresses: HOST,
    unix_socket_directories: '',
    // Realtime reads the WAL. A slot that nobody reads (the stack is off for long) must not fill the disk.
    wal_level: 'logical',
    max_replication_slots: 10,
    max_wal_senders: 10,
    max_slot_wal_keep_size: '1GB',
    max_wal_size: '512MB',
    max_connections: 100,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%u ',
    // Compiling a plan costs more than the short queries of a development database ever win.
    jit: 'off',
    // Commits still reach the operating system, so throw-away data survives a killed server, if not a power cut.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
}

/** PG* variables of the user's shell must not lead our server astray. */
function postgresEnv(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && name !== 'LD_PRELOAD',
  );
  return { ...Object.fromEntries(entries), LC_ALL: 'C', TZ: 'UTC' };
}

function startError(message: string, cause?: unknown): SupabaseDevError {
  return new SupabaseDevError('POSTGRES_START', `PostgreSQL does not start: ${message}`, { cause });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
