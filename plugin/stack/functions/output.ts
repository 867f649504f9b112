import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from '../../shared/logger.ts';
import type { ObservedOutput } from '../../shared/observed.ts';
import type { Tap } from '../../shared/tap.ts';

/** What a function's process reports (runtime/messages.ts). */
export type WorkerMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'limit'; readonly reason: string }
  | {
      readonly type: 'console';
      readonly level: 'debug' | 'error' | 'info' | 'log' | 'trace' | 'warn';
      readonly request?: string;
      readonly text: string;
    };

/** Calls `onMessage` for the lines that begin with `mark`, and `onLine` for the others. */
export function readOutput(
  stream: Readable,
  mark: string,
  onMessage: (message: WorkerMessage) => void,
  onLine: (line: string) => void,
): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
    // What the function writes to standard output itself may end without a line feed.
    const at = line.indexOf(mark);
    if (at !== 0) onLine(at === -1 ? line : line.slice(0, at));
    if (at >= 0) onMessage(JSON.parse(line.slice(at + mark.length)) as WorkerMessage);
  });
}

/** Prints what a function prints, with its name and the request, such as `[hello] POST /hello/x: text`. */
export class FunctionLog {
  readonly #logger: Logger;
  readonly #tap: Tap<ObservedOutput>;
  readonly #slug: string;

  /** @param tap receives the same, for those who look */
  constructor(logger: Logger, tap: Tap<ObservedOutput>, slug: string) {
    this.#logger = logger;
    this.#tap = tap;
    this.#slug = slug;
  }

  print({ level, request, text }: Extract<WorkerMessage, { type: 'console' }>): void {
    const line = `${request === undefined ? '' : `${request}: `}${text}`;
    this.#write(level === 'error' ? 'error' : level === 'warn' ? 'warning' : 'info', line);
  }

  /** A line of standard output, or (`isError`) of standard error, where Deno reports uncaught errors. */
  printLine(line: string, isError: boolean): void {
    this.#write(isError ? 'error' : 'info', line);
  }

  #write(level: ObservedOutput['level'], text: string): void {
    const line = `[${this.#slug}] ${text}`;
    if (level === 'error') this.#logger.error(line);
    else if (level === 'warning') this.#logger.warn(line);
    else this.#logger.info(line);
    if (this.#tap.isFollowed) this.#tap.emit({ slug: this.#slug, level, text });
  }
}
