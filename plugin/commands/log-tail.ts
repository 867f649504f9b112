import { open } from 'node:fs/promises';

// Enough for the last lines; a log may have grown for months.
const LAST_BYTES = 64 * 1024;

/** Reads what is appended to a file, from its last lines on. */
export class LogTail {
  readonly #file: string;
  #offset: number | undefined;
  /** The beginning of a line whose end is not written yet. */
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** The lines since the last call; none when there is no such file. */
  async read(): Promise<string[]> {
    const handle = await open(this.#file).catch(() => undefined);
    if (!handle) return [];
    try {
      const { size } = await handle.stat();
      const isFirst = this.#offset === undefined;
      const last = this.#offset ?? Math.max(size - LAST_BYTES, 0);
      // A file that has become shorter was replaced.
      const from = last > size ? 0 : last;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      this.#offset = from + bytesRead;
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      return isFirst && from > 0 ? lines.slice(1) : lines;
    } finally {
      await handle.close();
    }
  }
}
