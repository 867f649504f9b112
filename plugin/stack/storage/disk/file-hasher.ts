import { Worker } from 'node:worker_threads';
import { errorMessage } from '../../../shared/errors.ts';

/** A message to the thread: hash a file up to an offset, reply after the last one, or drop the file. */
type Task =
  | { readonly id: number; readonly fd: number; readonly until: number; readonly last: boolean }
  | { readonly id: number; readonly fd?: undefined };

type Outcome = { readonly md5: string } | { readonly error: string };

// A string, because a thread cannot load a TypeScript module and a bundler would miss a separate file.
const THREAD = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
const files = new Map();
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

parentPort.on('message', ({ id, fd, until, last }) => {
  const file = files.get(id) ?? { hash: createHash('md5'), position: 0 };
  if (fd === undefined || last) files.delete(id);
  else files.set(id, file);
  if (fd === undefined) return;
  try {
    while (file.position < until) {
      const length = readSync(fd, buffer, 0, Math.min(buffer.length, until - file.position), file.position);
      if (length === 0) throw new Error('the file is shorter than what was written to it');
      file.hash.update(buffer.subarray(0, length));
      file.position += length;
    }
    if (last) parentPort.postMessage({ id, md5: file.hash.digest('hex') });
  } catch (error) {
    files.delete(id);
    parentPort.postMessage({ id, error: error.message });
  }
});
`;

/** The MD5 of a file that is still being written. */
export interface FileHash {
  /** The first `until` bytes are in the file now. */
  advance(until: number): void;
  /** The hash in hex of the file's first `size` bytes, all of them written. @throws Error */
  finish(size: number): Promise<string>;
  /** Cancels the hash unless it is finished. */
  abandon(): void;
}

/**
 * Hashes files in a thread, which the first one starts: the MD5 of a MiB takes 1.5 ms, which would delay every other
 * request. The thread reads the file itself, so no memory is shared with it.
 */
export class FileHasher {
  #thread: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();

  /** @param fd of a file that stays open for reading until the hash is finished or abandoned */
  start(fd: number): FileHash {
    const id = (this.#lastId += 1);
    const md5 = new Promise<string>((resolve, reject) => {
      this.#waiting.set(id, (outcome) => {
        this.#waiting.delete(id);
        if ('md5' in outcome) resolve(outcome.md5);
        else reject(new Error(`cannot hash a file: ${outcome.error}`));
      });
    });
    // `finish` reports a failure; until then nothing handles it.
    md5.catch(() => {});
    return {
      advance: (until) => {
        if (this.#waiting.has(id)) this.#post({ id, fd, until, last: false });
      },
      finish: (size) => {
        if (this.#waiting.has(id)) this.#post({ id, fd, until: size, last: true });
        return md5;
      },
      abandon: () => {
        if (this.#waiting.delete(id)) this.#post({ id });
      },
    };
  }

  /** Stops the thread; unfinished hashes fail. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #post(task: Task): void {
    this.#thread ??= this.#startThread();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#thread.postMessage(task);
  }

  #startThread(): Worker {
    // Options of the process, such as loaders and profilers, are not needed in the thread.
    const thread = new Worker(THREAD, { eval: true, execArgv: [], env: {}, name: 'storage-md5' });
    thread.unref();
    thread.on('message', ({ id, ...outcome }: Outcome & { id: number }) => this.#waiting.get(id)?.(outcome));
    let failure = 'the thread has ended';
    thread.on('error', (error) => (failure = errorMessage(error)));
    thread.on('exit', () => {
      this.#thread = undefined;
      for (const settle of this.#waiting.values()) settle({ error: failure });
    });
    return thread;
  }
}
