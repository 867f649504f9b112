import type { ObservedOutput } from '../../shared/observed.ts';
import type { Tap } from '../../shared/tap.ts';
import { followLog } from './postgres-log.ts';

/** A line of a service, as the page shows it. */
export interface LogEntry {
  readonly id: number;
  readonly service: 'postgres' | 'functions';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: 'error' | 'warning' | 'info';
  /** The user of a connection, or the function. */
  readonly source: string | undefined;
  readonly text: string;
}

const KEPT = 500;
const MAX_TEXT = 10_000;

interface ServiceLogOptions {
  readonly output: Tap<ObservedOutput>;
  /** Path of PostgreSQL's log, where it is on this machine. */
  readonly logFile: string | undefined;
}

/** What PostgreSQL and the functions say, while somebody follows. What functions printed before is kept from the first time. */
export class ServiceLog {
  readonly #options: ServiceLogOptions;
  readonly #followers = new Set<(entries: readonly LogEntry[]) => void>();
  #kept: LogEntry[] = [];
  #stopOutput: (() => void) | undefined;
  #stopLog: (() => void) | undefined;
  #lastId = 0;

  constructor(options: ServiceLogOptions) {
    this.#options = options;
  }

  /** What is kept, the oldest first. */
  list(): readonly LogEntry[] {
    return this.#kept;
  }

  /** @returns how to stop following */
  follow(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.#followers.add(listener);
    const { output, logFile } = this.#options;
    this.#stopOutput ??= output.follow(({ slug, level, text }) =>
      this.#add([{ service: 'functions', at: Date.now(), level, source: slug, text }]),
    );
    if (logFile !== undefined) {
      this.#stopLog ??= followLog(logFile, (entries) =>
        this.#add(entries.map(({ user, ...entry }) => ({ service: 'postgres', source: user, ...entry }))),
      );
    }
    return () => {
      this.#followers.delete(listener);
      if (this.#followers.size > 0) return;
      this.#stopLog?.();
      this.#stopLog = undefined;
      // Its latest entries are read again with the next page.
      this.#kept = this.#kept.filter(({ service }) => service !== 'postgres');
    };
  }

  close(): void {
    this.#followers.clear();
    this.#stopLog?.();
    this.#stopOutput?.();
  }

  #add(entries: readonly Omit<LogEntry, 'id'>[]): void {
    const added = entries.map((entry) => ({
      ...entry,
      id: ++this.#lastId,
      text: entry.text.slice(0, MAX_TEXT),
    }));
    this.#kept = [...this.#kept, ...added].slice(-KEPT);
    for (const follower of this.#followers) follower(added);
  }
}
