import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { launch, LOG_FILE } from './launch.ts';
import { stopOrphan } from './pid-file.ts';
import { choosePort, findFreePort, mayReplace } from '../../shared/ports.ts';
import { requestStop } from './request-stop.ts';

const STOP_TIMEOUT_MS = 10_000;
// A server that keeps ending is not restarted forever.
const MAX_RESTARTS = 3;
const RESTART_WINDOW_MS = 60_000;

/** The server process, restarted after an unexpected end. */
export class Postmaster {
  readonly #options: ClusterOptions;
  readonly port: number;
  #child: ChildProcess;
  #stopping = false;
  #restarting: Promise<void> | undefined;
  #restarts: number[] = [];

  private constructor(options: ClusterOptions, port: number, child: ChildProcess) {
    this.#options = options;
    this.port = port;
    this.#child = child;
    this.#supervise(child);
  }

  static async start(options: ClusterOptions): Promise<Postmaster> {
    const port = await choosePort(options.port, 'PostgreSQL');
    if ('preferred' in options.port && options.port.preferred > 0 && port !== options.port.preferred) {
      options.logger.info(`Port ${options.port.preferred} is in use: PostgreSQL listens on ${port} instead`);
    }
    try {
      return new Postmaster(options, port, await launch(options, port));
    } catch (error) {
      // Another program took the port between the check and the start.
      const lostRace = error instanceof SupabaseDevError && /could not bind|in use/i.test(error.message);
      if (!lostRace || !mayReplace(options.port)) throw error;
      const other = await findFreePort();
      return new Postmaster(options, other, await launch(options, other));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#restarting;
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await requestStop(this.pid, this.#options.dataDir.cluster, this.#options.binaries.binDir);
    const tooLong = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(tooLong);
  }

  #supervise(child: ChildProcess): void {
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      // A clean exit was requested (pg_ctl stop, another dev server), so it is not restarted.
      if (code === 0)
        this.#options.logger.error('PostgreSQL was stopped from outside; restart the dev server');
      else this.#restarting = this.#restart(signal ?? `exit code ${code}`);
    });
  }

  async #restart(reason: string): Promise<void> {
    const { logger, dataDir, binaries } = this.#options;
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
      await stopOrphan(dataDir.cluster, binaries.binDir);
      this.#child = await launch(this.#options, this.port);
      this.#supervise(this.#child);
    } catch (error) {
      if (!this.#stopping) await this.#restart(errorMessage(error));
    }
  }
}
