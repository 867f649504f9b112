import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'undici';
import { bootError } from './boot-error.ts';
import { readOutput, type FunctionLog, type WorkerMessage } from './output.ts';
import { connectToWorker, type WorkerAddress } from './worker-address.ts';
import type { WorkerLaunch } from './worker-launch.ts';

/** Why a function has to end, in the words of edge-runtime (`beforeunload`, detail.reason). */
export type EndReason = 'early_drop' | 'termination' | 'wall_clock';

// Imports may have to be fetched first.
const BOOT_TIMEOUT_MS = 60_000;

/**
 * One process that runs one function. It ends with Node, however Node ends: the runtime inside watches the pipe of its
 * standard input (runtime/guard.ts).
 */
export class FunctionWorker {
  /** Resolves when it listens; rejects with why it does not start. */
  readonly ready: Promise<WorkerAddress>;
  /** Resolves when its process has ended. */
  readonly ended: Promise<void>;
  /** Whether it was ended for a limit: CPU time, memory or age. */
  hitLimit = false;
  #pool: Pool | undefined;
  readonly #child: ChildProcess;
  #stderr = '';
  #isReady = false;

  constructor(launch: WorkerLaunch) {
    const mark = `\u001E${randomBytes(16).toString('base64url')} `;
    const secret = launch.socketPath === undefined ? randomBytes(32).toString('base64url') : undefined;
    const child = spawn(launch.program, launch.args, {
      cwd: launch.cwd,
      env: {
        ...launch.env,
        SUPABASE_INTERNAL_WORKER: JSON.stringify({
          mark,
          secret,
          socketPath: launch.socketPath,
          api: launch.api,
        }),
        SUPABASE_INTERNAL_NAMES: launch.visible.join(','),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      // Both streams have been read to their end then.
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    });
    this.ready = this.#boot(launch, mark, secret);
    this.ready.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Whether its process has ended after it listened, from whatever cause. */
  get hasDied(): boolean {
    return this.#isReady && this.isEnded;
  }

  /** The connections to it; only after `ready`. */
  get pool(): Pool {
    if (!this.#pool) throw new Error('the worker is not ready');
    return this.#pool;
  }

  /** Lets it finish its background work and end; kills it after `timeoutMs`. */
  async end(reason: EndReason, timeoutMs: number): Promise<void> {
    if (reason === 'wall_clock') this.hitLimit = true;
    if (!this.#isReady) this.kill();
    else this.#child.stdin?.write(`${reason}\n`);
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Resolves when its process has ended, at the latest after `ms`. */
  async endedWithin(ms: number): Promise<void> {
    await Promise.race([this.ended, delay(ms, undefined, { ref: false })]);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #boot(
    { slug, socketPath, requestTimeout, log }: WorkerLaunch,
    mark: string,
    secret?: string,
  ): Promise<WorkerAddress> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(bootError(slug, why));
      const timer = setTimeout(() => {
        fail(`it neither called Deno.serve nor ended within ${BOOT_TIMEOUT_MS / 1000} s`);
        this.kill();
      }, BOOT_TIMEOUT_MS);
      const onMessage = (message: WorkerMessage): void => {
        if (message.type === 'console') log.print(message);
        else if (message.type === 'limit') this.hitLimit = true;
        else if (!this.#isReady) {
          this.#isReady = true;
          clearTimeout(timer);
          const { pool, address } = connectToWorker(
            { socketPath, port: message.port, secret },
            requestTimeout,
          );
          this.#pool = pool;
          resolve(address);
        }
      };
      const { stdout, stderr } = child;
      if (!stdout || !stderr) return;
      readOutput(stdout, mark, onMessage, (line) => log.printLine(line, false));
      stderr.setEncoding('utf8');
      let rest = '';
      stderr.on('data', (chunk: string) => {
        // Before it serves, the whole text becomes one error (bootError).
        if (!this.#isReady) this.#stderr = (this.#stderr + chunk).slice(-MAX_STDERR);
        else {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.#onErrorLine(line, log);
        }
      });
      child.once('error', (error) => fail(error.message));
      child.once('close', () => {
        clearTimeout(timer);
        if (rest !== '') this.#onErrorLine(rest, log);
        this.#pool?.destroy().catch(() => {});
        fail(this.#stderr || NO_SERVER);
      });
    });
  }

  #onErrorLine(line: string, log: FunctionLog): void {
    if (OUT_OF_MEMORY.test(line)) this.hitLimit = true;
    log.printLine(line, true);
  }
}

const MAX_STDERR = 64 * 1024;
const OUT_OF_MEMORY = /heap out of memory|JavaScript out of memory|process out of memory/i;
const NO_SERVER =
  'error: it neither calls Deno.serve nor has an "export default { fetch }"; its module ended without a server';
