import { Terminal, type TerminalOptions } from '../../explain/terminal.ts';
import type { Logger } from '../../shared/logger.ts';

/** A line of the stack, for `logs`. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `requests` has each request, and the cause of what was refused, empty or slow. */
  readonly service: 'stack' | 'functions' | 'requests';
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** Lines, and where the next call continues. */
export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly next: number;
}

const KEPT = 500;
// A follower asks again at once; requests are recorded as long as one does.
const WAIT_MS = 10_000;
const IDLE_MS = 30_000;

/** What the stack prints, kept for `logs`. Requests are recorded only while somebody follows. */
export class StackLog {
  /** The stack's logger: it prints as before. */
  readonly logger: Logger;
  readonly #terminal: Omit<TerminalOptions, 'level' | 'logger'>;
  #lines: LogLine[] = [];
  /** Number of lines that are no longer kept. */
  #dropped = 0;
  readonly #waiting = new Set<() => void>();
  #recording: Terminal | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(logger: Logger, terminal: Omit<TerminalOptions, 'level' | 'logger'>) {
    this.#terminal = terminal;
    this.logger = this.#tap(logger, (text) => (/^\[[\w-]+\] /.test(text) ? 'functions' : 'stack'));
  }

  /**
   * The lines from a position on; all that are kept, without one.
   *
   * @param follow waits for a line when there is none yet, for ten seconds at most
   */
  async read(after: number | undefined, follow: boolean): Promise<LogPage> {
    if (follow) this.#record();
    const from = Math.max((after ?? 0) - this.#dropped, 0);
    if (follow && this.#lines.length <= from) await this.#nextLine();
    return { lines: this.#lines.slice(from), next: this.#dropped + this.#lines.length };
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    for (const wake of this.#waiting) wake();
    await this.#recording?.close();
  }

  #record(): void {
    const logger = this.#tap(undefined, () => 'requests');
    this.#recording ??= new Terminal({ ...this.#terminal, level: 'requests', logger });
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      void this.#recording?.close();
      this.#recording = undefined;
    }, IDLE_MS).unref();
  }

  #nextLine(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, WAIT_MS).unref();
      this.#waiting.add(wake);
    });
  }

  /** A logger that also keeps what it gets. */
  #tap(logger: Logger | undefined, serviceOf: (text: string) => LogLine['service']): Logger {
    const write =
      (level: LogLine['level']) =>
      (text: string): void => {
        logger?.[level](text);
        this.#lines.push({ at: Date.now(), service: serviceOf(text), level, text });
        this.#dropped += Math.max(this.#lines.length - KEPT, 0);
        this.#lines = this.#lines.slice(-KEPT);
        for (const wake of this.#waiting) wake();
      };
    return { info: write('info'), warn: write('warn'), error: write('error') };
  }
}
