import type { FunctionDefinition } from './definitions.ts';
import type { Launcher } from './launch.ts';
import type { FunctionTimeouts } from './timeouts.ts';
import { FunctionWorker, type EndReason } from './worker.ts';

/** Milliseconds for background work and `beforeunload` after the last call; a replaced or idle one has its whole age. */
const GRACE = { age: 1_000, close: 2_000 };

/** A worker and the calls that it is answering. */
interface Running {
  readonly slug: string;
  readonly worker: FunctionWorker;
  calls: number;
  isCurrent: boolean;
  idleTimer: NodeJS.Timeout | undefined;
  ageTimer: NodeJS.Timeout | undefined;
}

/** One call's use of a worker; `release` when the call has ended. */
export interface Lease {
  readonly worker: FunctionWorker;
  readonly release: () => void;
}

/**
 * The processes of all functions, one each: started by the first call, replaced after a change without losing a call,
 * ended after a minute without one.
 */
export class Workers {
  readonly #launcher: Launcher;
  readonly #isDebugged: boolean;
  readonly #timeouts: FunctionTimeouts;
  readonly #current = new Map<string, Promise<Running>>();
  readonly #running = new Set<Running>();
  #isClosed = false;

  /** @param isDebugged lets processes live, however long a debugger halts them */
  constructor(launcher: Launcher, isDebugged: boolean, timeouts: FunctionTimeouts) {
    this.#launcher = launcher;
    this.#isDebugged = isDebugged;
    this.#timeouts = timeouts;
  }

  /**
   * A worker that listens.
   *
   * @throws SupabaseDevError when it does not start (FUNCTION_FAILED, DENO_MISSING)
   */
  async acquire(definition: FunctionDefinition): Promise<Lease> {
    let running = await this.#start(definition);
    // A moment ago, so that it still is the current one.
    if (running.worker.hasDied) {
      this.#current.delete(definition.slug);
      running = await this.#start(definition);
    }
    running.calls += 1;
    clearTimeout(running.idleTimer);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      running.calls -= 1;
      this.#settle(running);
    };
    await running.worker.ready.catch((error: unknown) => {
      this.#forget(running);
      release();
      throw error;
    });
    return { worker: running.worker, release };
  }

  /** Names of the functions that have a process. */
  active(): string[] {
    return [...this.#current.keys()];
  }

  /** From now on calls get new processes; the present ones end after their last call. */
  replaceAll(): void {
    this.#current.clear();
    for (const running of this.#running) {
      running.isCurrent = false;
      this.#settle(running);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current.clear();
    await Promise.all([...this.#running].map((running) => this.#end(running, 'termination', GRACE.close)));
    await this.#launcher.close();
  }

  #start(definition: FunctionDefinition): Promise<Running> {
    const { slug } = definition;
    const current = this.#current.get(slug);
    if (current) return current;
    const starting = this.#launch(definition);
    this.#current.set(slug, starting);
    starting.catch(() => {
      if (this.#current.get(slug) === starting) this.#current.delete(slug);
    });
    return starting;
  }

  async #launch(definition: FunctionDefinition): Promise<Running> {
    const launch = await this.#launcher.prepare(definition);
    if (this.#isClosed) throw new Error('the stack is stopping');
    const worker = new FunctionWorker(launch);
    const running: Running = {
      slug: definition.slug,
      worker,
      calls: 0,
      isCurrent: true,
      idleTimer: undefined,
      ageTimer: undefined,
    };
    this.#running.add(running);
    if (!this.#isDebugged)
      running.ageTimer = setTimeout(() => {
        this.#forget(running);
        void this.#end(running, 'wall_clock', GRACE.age);
      }, this.#timeouts.age).unref();
    void worker.ended.then(() => {
      this.#forget(running);
      this.#running.delete(running);
      clearTimeout(running.idleTimer);
      clearTimeout(running.ageTimer);
    });
    return running;
  }

  /** Without calls, a replaced worker ends now and any other one later. */
  #settle(running: Running): void {
    if (running.calls > 0) return;
    if (!running.isCurrent) void this.#end(running, 'termination', this.#timeouts.age);
    else if (!this.#isDebugged) {
      running.idleTimer = setTimeout(() => {
        this.#forget(running);
        void this.#end(running, 'early_drop', this.#timeouts.age);
      }, this.#timeouts.idle).unref();
    }
  }

  #forget(running: Running): void {
    running.isCurrent = false;
    const current = this.#current.get(running.slug);
    void current?.then((one) => {
      if (one === running && this.#current.get(running.slug) === current) this.#current.delete(running.slug);
    });
  }

  async #end(running: Running, reason: EndReason, graceMs: number): Promise<void> {
    clearTimeout(running.idleTimer);
    await running.worker.end(reason, graceMs);
  }
}
