import { createHash } from 'node:crypto';
import { rm, type FileHandle } from 'node:fs/promises';
import { storageErrors } from '../errors.ts';
import type { FileHash, FileHasher } from './file-hasher.ts';

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
// How much is written before the thread that hashes is told to go on.
const HASHED_AT_ONCE = 1024 * 1024;

/** Writes one blob to a temporary file, measuring it on the way. */
export class BlobWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hasher: FileHasher;
  #hash: FileHash | undefined;
  #md5: string | Promise<string> = '';
  #size = 0;
  #written = 0;
  #hashed = 0;

  /** @param file the temporary file at `path`, new and empty, open for writing and reading */
  constructor(path: string, file: FileHandle, hasher: FileHasher) {
    this.#path = path;
    this.#file = file;
    this.#hasher = hasher;
  }

  /**
   * Writes everything that `source` yields; to be called once. Memory stays at about two `WRITE_SIZE`,
   * whatever its length.
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
        // The disk works on the last chunks while the next ones arrive.
        await writing;
        writing = this.#write(pending, length);
        // An error comes out at `await`; until then nobody listens.
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

  /** What was written. */
  async measure(): Promise<Pick<StoredBlob, 'size' | 'md5' | 'lastModified'>> {
    return { size: this.#size, md5: await this.#md5, lastModified: new Date() };
  }

  /** Closes the file once it is hashed, and flushed to the disk itself if `durable`. */
  async flush(durable: boolean): Promise<void> {
    try {
      await Promise.all([durable ? this.#file.sync() : undefined, this.#md5]);
    } finally {
      await this.#file.close();
    }
  }

  /** Gives up: the file is deleted, wherever it is now. */
  async discard(path = this.#path): Promise<void> {
    this.#hash?.abandon();
    await this.#file.close();
    await rm(path, { force: true });
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
    // What is written at once is hashed here meanwhile: a thread would cost more.
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
