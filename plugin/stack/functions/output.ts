import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from '../../shared/logger.ts';
import type { Observations } from '../../shared/observations.ts';

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
  readonly #slug: string;
  readonly #observations: Observations;

  constructor(logger: Logger, slug: string, observations: Observations) {
    this.#logger = logger;
    this.#slug = slug;
    this.#observations = observations;
  }

  print({ level, request, text }: Extract<WorkerMessage, { type: 'console' }>): void {
    const line = `${request === undefined ? '' : `${request}: `}${text}`;
    this.#print(line, level === 'error' ? 'error' : level === 'warn' ? 'warn' : 'info');
  }

  /** A line of standard output, or (`isError`) of standard error, where Deno reports uncaught errors. */
  printLine(line: string, isError: boolean): void {
    this.#print(line, isError ? 'error' : 'info');
  }

  #print(text: string, level: keyof Logger): void {
    this.#logger[level](`[${this.#slug}] ${text}`);
    this.#observations.emit({ kind: 'output', slug: this.#slug, isError: level === 'error', text });
  }
}
