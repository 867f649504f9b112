import type { Backend } from './backend.ts';

/**
 * What survives a restart of Vite: the backends. Vite builds the new server before it closes the old one, and evaluates
 * a plugin that is imported by path anew each time, so they are held by the process, not by the plugin.
 */
export interface BackendHolder {
  /** The running backend, or undefined while it starts and after it failed. */
  readonly backend: Backend | undefined;
  /** Why the last start failed. */
  readonly error: unknown;
  /** Settles when the start under way has ended, well or not. */
  readonly settled: Promise<void>;
  /** Starts again with the same settings, after a failure. */
  retry(): Promise<void>;
  /** This server needs it no more; the last one to say so closes it. */
  release(): Promise<void>;
}

interface Entry {
  readonly fingerprint: string;
  readonly start: () => Promise<Backend>;
  users: number;
  backend: Backend | undefined;
  error: unknown;
  settled: Promise<void>;
  closed: Promise<void> | undefined;
}

interface SharedContext {
  readonly entries: Map<string, Entry>;
  closing: Promise<void> | undefined;
}

const KEY = Symbol.for('vite-plugin-supabase');
const holder = globalThis as { [KEY]?: SharedContext };

function shared(): SharedContext {
  const known = holder[KEY];
  if (known) return known;
  const created: SharedContext = { entries: new Map(), closing: undefined };
  holder[KEY] = created;
  closeOnSignals(created);
  return created;
}

/**
 * The backend of a project: the one that already runs in this process if it was started with the same settings, else a
 * new one.
 *
 * @param key identifies the project; one backend at a time runs for it
 * @param fingerprint everything that the backend depends on; a change replaces it
 */
export async function holdBackend(
  key: string,
  fingerprint: string,
  start: () => Promise<Backend>,
): Promise<BackendHolder> {
  const { entries } = shared();
  const running = entries.get(key);
  if (running) {
    await running.settled;
    const isUsable = running.fingerprint === fingerprint && running.backend !== undefined;
    if (isUsable) return hold(key, running);
    await close(running);
  }
  const entry: Entry = {
    fingerprint,
    start,
    users: running?.users ?? 0,
    backend: undefined,
    error: undefined,
    settled: Promise.resolve(),
    closed: undefined,
  };
  entries.set(key, entry);
  launch(entry);
  return hold(key, entry);
}

function launch(entry: Entry): void {
  entry.settled = entry.start().then(
    (backend) => {
      entry.backend = backend;
      entry.error = undefined;
    },
    (error: unknown) => {
      entry.error = error;
    },
  );
}

function hold(key: string, first: Entry): BackendHolder {
  const { entries } = shared();
  first.users += 1;
  // A restart with other settings replaces the entry while the old server still answers.
  const current = (): Entry => entries.get(key) ?? first;
  let released = false;
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
    async retry() {
      const entry = current();
      await entry.settled;
      if (entry.backend || released) return;
      launch(entry);
      await entry.settled;
    },
    async release() {
      if (released) return;
      released = true;
      const entry = current();
      entry.users -= 1;
      if (entry.users > 0) return;
      entries.delete(key);
      await close(entry);
    },
  };
}

/** Everybody who closes it waits for the same end: a signal and Vite's own clean-up come together. */
function close(entry: Entry): Promise<void> {
  entry.closed ??= entry.settled.then(async () => {
    const { backend } = entry;
    entry.backend = undefined;
    await backend?.close();
  });
  return entry.closed;
}

/**
 * SIGINT and SIGHUP run no hook of Vite's. Close what runs, then let the signal do what it does without us, unless
 * somebody else handles it too: then the end of the process is theirs to decide.
 */
function closeOnSignals(context: SharedContext): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const handler = (): void => {
      // A second signal means now: PostgreSQL is told to stop when the process exits.
      if (context.closing) process.exit(128 + SIGNAL_NUMBERS[signal]);
      context.closing = closeAll(context).finally(() => {
        process.off(signal, handler);
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    };
    process.on(signal, handler);
  }
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };

async function closeAll(context: SharedContext): Promise<void> {
  const open = [...context.entries.values()];
  context.entries.clear();
  await Promise.allSettled(open.map(close));
}
