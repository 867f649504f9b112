import { createHash, type Hash } from 'node:crypto';
import { rm, type FileHandle } from 'node:fs/promises';
import { storageErrors } from '../errors.ts';

/** What was stored, measured on the way to the disk. */
export interface StoredBlob {
  readonly version: string;
  readonly size: number;
  /** MD5 in hex, the ETag without its quotes. */
  readonly md5: string;
  readonly lastModified: Date;
  /** Resolves once the bytes are safe on the disk; to be awaited before a row that names them is committed. */
  readonly flushed: Promise<unknown>;
}

// Chunks of a socket are 64 KiB at most: fewer, larger writes cost less.
const WRITE_SIZE = 256 * 1024;

/** Writes one blob to a temporary file, measuring it on the way. */
export class BlobWriter {
  readonly version: string;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('md5');
  #open = true;
  #size = 0;

  /** @param file the temporary file at `path`, new and empty */
  constructor(version: string, path: string, file: FileHandle) {
    this.version = version;
    this.#path = path;
    this.#file = file;
  }

  /**
   * Writes everything that `source` yields; memory stays at about two `WRITE_SIZE` whatever its length.
   *
   * @param limit bytes
   * @throws StorageError EntityTooLarge; whatever `source` throws, such as a connection reset
   */
  async writeAll(source: AsyncIterable<Buffer>, limit: number): Promise<void> {
    let pending: Buffer[] = [];
    let length = 0;
    let writing: Promise<unknown> = Promise.resolve();
    try {
      for await (const chunk of source) {
        this.#size += chunk.length;
        if (this.#size > limit) throw storageErrors.tooLarge();
        pending.push(chunk);
        length += chunk.length;
        if (length < WRITE_SIZE) continue;
        // The disk works on the last piece while this one is read and hashed.
        await writing;
        writing = this.#write(pending);
        pending = [];
        length = 0;
      }
      await writing;
      if (length > 0) await this.#write(pending);
    } finally {
      await writing.catch(() => {});
    }
  }

  /** What was written; nothing may be written afterwards. */
  measured(): Omit<StoredBlob, 'flushed'> {
    const md5 = this.#hash.digest('hex');
    return { version: this.version, size: this.#size, md5, lastModified: new Date() };
  }

  /** Closes the file, flushed to the disk itself if `durable`. */
  async flush(durable: boolean): Promise<void> {
    try {
      if (durable && this.#open) await this.#file.sync();
    } finally {
      await this.#close();
    }
  }

  /** Gives up: the temporary file is deleted. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #write(chunks: Buffer[]): Promise<void> {
    const written = writeFully(this.#file, chunks);
    // An error comes out at `await`; until then nobody listens.
    written.catch(() => {});
    for (const chunk of chunks) this.#hash.update(chunk);
    await written;
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

/** `writev` may write less than it was given. */
async function writeFully(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  let rest = [...chunks];
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    let index = 0;
    for (const chunk of rest) {
      if (bytesWritten < chunk.length) break;
      bytesWritten -= chunk.length;
      index += 1;
    }
    const partial = rest[index];
    rest = rest.slice(index);
    if (partial && bytesWritten > 0) rest[0] = partial.subarray(bytesWritten);
  }
}
