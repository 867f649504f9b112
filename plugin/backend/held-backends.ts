import type { Backend, PageKeys } from './backend.ts';

/** One server's hold on the backend of its project. */
export interface HeldBackend {
  /** The running backend, or undefined while it starts and after it failed. */
  readonly backend: Backend | undefined;
  /** Why the last start failed. */
  readonly error: unknown;
  /** Settles when the current start has ended, successfully or not. */
  readonly settled: Promise<void>;
  /** The page's keys, which are known before the backend runs; undefined if the start ended without them. */
  readonly keys: Promise<PageKeys | undefined>;
  /**
   * Calls `follow` with the backend that runs, and with each that starts later. What it returns ends what it has begun, when
   * the next one starts or when the returned function is called.
   */
  onStart(follow: Follow): () => void;
  /** Starts again with the same settings, after a failure. */
  retry(): Promise<void>;
  /** This server no longer needs the backend; the last release closes it. */
  release(): Promise<void>;
}

/**
 * The backends of this process, by project. They survive a restart of Vite, which creates the new server before it
 * closes the old one. And they belong to the process instead of the module, because Vite evaluates a plugin that is
 * imported by path again on every restart.
 */
interface ProcessState {
  readonly backends: Map<string, SharedBackend>;
  closing: Promise<void> | undefined;
}

const STATE_KEY = Symbol.for('vite-plugin-supabase');
const globals = globalThis as { [STATE_KEY]?: ProcessState };

function processState(): ProcessState {
  const existing = globals[STATE_KEY];
  if (existing) return existing;
  const created: ProcessState = { backends: new Map(), closing: undefined };
  globals[STATE_KEY] = created;
  closeOnSignals(created);
  return created;
}

/** Starts a backend. `onKeys` is called once if the page's keys are known before the end of the start. */
export type StartBackend = (onKeys: (keys: PageKeys) => void) => Promise<Backend>;

type Follow = (backend: Backend) => (() => void) | undefined;

/** A backend and the number of servers that use it. */
class SharedBackend {
  readonly fingerprint: string;
  users: number;
  backend: Backend | undefined;
  error: unknown;
  settled: Promise<void> = Promise.resolve();
  keys: Promise<PageKeys | undefined> = Promise.resolve(undefined);
  readonly #start: StartBackend;
  readonly #startListeners = new Set<(backend: Backend) => void>();
  #closed: Promise<void> | undefined;

  constructor(fingerprint: string, start: StartBackend, users: number) {
    this.fingerprint = fingerprint;
    this.#start = start;
    this.users = users;
  }

  launch(): void {
    const early = new Promise<PageKeys>((resolve) => {
      this.settled = this.#start(resolve).then(
        (backend) => {
          this.backend = backend;
          this.error = undefined;
          for (const listener of this.#startListeners) listener(backend);
        },
        (error: unknown) => {
          this.error = error;
        },
      );
    });
    const late = this.settled.then(async () => (await this.backend?.target())?.keys);
    this.keys = Promise.race([early, late]).catch(() => undefined);
  }

  onStart(follow: Follow): () => void {
    let stop: (() => void) | undefined;
    const listener = (backend: Backend): void => {
      stop?.();
      stop = follow(backend);
    };
    this.#startListeners.add(listener);
    if (this.backend) listener(this.backend);
    return () => {
      this.#startListeners.delete(listener);
      stop?.();
    };
  }

  /** The start has ended without a backend. */
  hasFailed(): boolean {
    return this.error !== undefined;
  }

  /** Closes once: a signal and Vite's own clean-up may both ask, and both wait for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.settled.then(async () => {
      const { backend } = this;
      this.backend = undefined;
      await backend?.close();
    });
    return this.#closed;
  }
}

/**
 * The backend of a project: the one that already runs in this process if it was started with the same settings, else a
 * new one, which starts when the old one has ended.
 *
 * @param key identifies the project; one backend at a time runs for it
 * @param fingerprint everything that the backend depends on; a change replaces it
 */
export function acquireBackend(key: string, fingerprint: string, start: StartBackend): HeldBackend {
  const { backends } = processState();
  const running = backends.get(key);
  if (running?.fingerprint === fingerprint && !running.hasFailed()) return hold(key, running);
  const created = new SharedBackend(
    fingerprint,
    async (onKeys) => {
      await running?.close();
      return start(onKeys);
    },
    running?.users ?? 0,
  );
  backends.set(key, created);
  created.launch();
  return hold(key, created);
}

function hold(key: string, acquired: SharedBackend): HeldBackend {
  const { backends } = processState();
  acquired.users += 1;
  // A restart with other settings replaces the backend while the old server still answers.
  const current = (): SharedBackend => backends.get(key) ?? acquired;
  let isReleased = false;
  return {
    get backend() {
      return current().backend;
    },
    get error() {
      return current().error;
    },
    get settled() {
      return current().settled;
    },
    get keys() {
      return current().keys;
    },
    onStart: (follow) => current().onStart(follow),
    async retry() {
      const shared = current();
      await shared.settled;
      if (shared.backend || isReleased) return;
      shared.launch();
      await shared.settled;
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      const shared = current();
      shared.users -= 1;
      if (shared.users > 0) return;
      backends.delete(key);
      await shared.close();
    },
  };
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
// Vite 8.4 sends itself SIGINT again after it has removed its lock file; a second Ctrl-C by hand takes longer.
const RESENT_WITHIN_MS = 200;

/**
 * SIGINT and SIGHUP run no hook of Vite. Close what runs, then let the signal have its default effect, unless another
 * listener handles it too: then that listener decides when the process ends. Listeners of the package signal-exit
 * (Vite 8.0 and many tools load it) do not count: they end the process only when they are the only ones.
 */
function closeOnSignals(state: ProcessState): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    let receivedAt = 0;
    const handler = (): void => {
      if (state.closing) {
        // A second signal means now: PostgreSQL gets its signal when the process exits.
        if (performance.now() - receivedAt > RESENT_WITHIN_MS) process.exit(128 + SIGNAL_NUMBERS[signal]);
        return;
      }
      receivedAt = performance.now();
      state.closing = closeAll(state).finally(() => {
        process.off(signal, handler);
        if (process.listenerCount(signal) <= signalExitListeners()) process.kill(process.pid, signal);
      });
    };
    process.on(signal, handler);
  }
}

/** The number of listeners that signal-exit has for each signal, by the counters of its versions 3 and 4. */
function signalExitListeners(): number {
  const version3 = (process as { __signal_exit_emitter__?: { count?: number } }).__signal_exit_emitter__;
  const version4 = (globalThis as { [SIGNAL_EXIT]?: { count?: number } })[SIGNAL_EXIT];
  return (version3?.count ?? 0) + (version4?.count ?? 0);
}

const SIGNAL_EXIT = Symbol.for('signal-exit emitter');

async function closeAll(state: ProcessState): Promise<void> {
  const open = [...state.backends.values()];
  state.backends.clear();
  await Promise.allSettled(open.map((backend) => backend.close()));
}
