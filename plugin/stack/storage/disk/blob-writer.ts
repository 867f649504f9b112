import { createHash } from 'node:crypto';
import { rm, type FileHandle } from 'node:fs/promises';
import { storageErrors } from '../errors.ts';
import type { FileHash, FileHasher } from './file-hasher.ts';

/** A stored blob, measured while it was written. */
export interface StoredBlob {
  readonly version: string;
  readonly size: number;
  /** MD5 in hex, the ETag without its quotes. */
  readonly md5: string;
  readonly lastModified: Date;
  /** Resolves once the bytes are flushed to disk; await it before committing a row that refers to them. */
  readonly flushed: Promise<unknown>;
}

// Chunks of a socket have at most 64 KiB: fewer, larger writes cost less.
const WRITE_SIZE = 256 * 1024;
// Bytes to write between two messages to the hashing thread.
const HASHED_AT_ONCE = 1024 * 1024;

/** Writes one blob to a file, and measures it meanwhile. */
export class BlobWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hasher: FileHasher;
  #hash: FileHash | undefined;
  #md5: string | Promise<string> = '';
  #size = 0;
  #written = 0;
  #hashed = 0;

  /** @param file the file at `path`, new and empty, open for writing and reading */
  constructor(path: string, file: FileHandle, hasher: FileHasher) {
    this.#path = path;
    this.#file = file;
    this.#hasher = hasher;
  }

  /**
   * Writes everything that `source` yields; call it once. Uses about two `WRITE_SIZE` of memory for any length.
   *
   * @param limit bytes
   * @throws StorageError EntityTooLarge; whatever `source` throws, such as a connection reset
   */
  async writeAll(source: AsyncIterable<Buffer>, limit: number): Promise<void> {
    let pending: Buffer[] = [];
    let length = 0;
    let writing = Promise.resolve();
    try {
      for await (const chunk of source) {
        this.#size += chunk.length;
        if (this.#size > limit) throw storageErrors.tooLarge();
        pending.push(chunk);
        length += chunk.length;
        if (length < WRITE_SIZE) continue;
        // Writes the collected chunks while the next ones arrive.
        await writing;
        writing = this.#write(pending, length);
        // `await` reports an error; until then nothing handles it.
        writing.catch(() => {});
        pending = [];
        length = 0;
      }
      await writing;
      await this.#finish(pending);
    } finally {
      await writing.catch(() => {});
    }
  }

  /** Size, hash and time of what was written. */
  async measure(): Promise<Pick<StoredBlob, 'size' | 'md5' | 'lastModified'>> {
    return { size: this.#size, md5: await this.#md5, lastModified: new Date() };
  }

  /** Closes the file once it is hashed and, if `durable`, flushed to disk. */
  async flush(durable: boolean): Promise<void> {
    try {
      await Promise.all([durable ? this.#file.sync() : undefined, this.#md5]);
    } finally {
      await this.#file.close();
    }
  }

  /** Cancels: closes the file and deletes it. */
  async discard(): Promise<void> {
    this.#hash?.abandon();
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #write(chunks: readonly Buffer[], length: number): Promise<void> {
    await writeFully(this.#file, chunks);
    this.#written += length;
    if (this.#written - this.#hashed < HASHED_AT_ONCE) return;
    this.#hashed = this.#written;
    this.#openHash().advance(this.#written);
  }

  async #finish(rest: readonly Buffer[]): Promise<void> {
    const isWhole = this.#written === 0;
    const written = writeFully(this.#file, rest);
    // A blob of a single write is hashed here during the write: a thread would cost more.
    if (isWhole) this.#md5 = md5Of(rest);
    await written;
    if (!isWhole) this.#md5 = this.#openHash().finish(this.#size);
  }

  #openHash(): FileHash {
    return (this.#hash ??= this.#hasher.start(this.#file.fd));
  }
}

function md5Of(chunks: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Repeats `writev` until everything is written. */
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
