import { hash } from 'node:crypto';
import { rm, type FileHandle } from 'node:fs/promises';
import { storageErrors } from '../errors.ts';
import type { FileHash, FileHasher } from './file-hasher.ts';
import { givePiece, PIECE_SIZE, takePiece } from './pieces.ts';

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
   * Writes everything that `source` yields; to be called once. Memory stays at two pieces whatever its length.
   *
   * @param limit bytes
   * @throws StorageError EntityTooLarge; whatever `source` throws, such as a connection reset
   */
  async writeAll(source: AsyncIterable<Buffer>, limit: number): Promise<void> {
    let piece = takePiece();
    let filled = 0;
    let writing = Promise.resolve();
    try {
      for await (const chunk of source) {
        this.#size += chunk.length;
        if (this.#size > limit) throw storageErrors.tooLarge();
        for (let taken = 0; taken < chunk.length;) {
          const copied = chunk.copy(piece, filled, taken);
          taken += copied;
          filled += copied;
          if (filled < PIECE_SIZE) continue;
          // The disk works on the last piece while the next one arrives.
          await writing;
          writing = this.#write(piece);
          // An error comes out at `await`; until then nobody listens.
          writing.catch(() => {});
          piece = takePiece();
          filled = 0;
        }
      }
      await writing;
      await this.#finish(piece.subarray(0, filled));
    } finally {
      await writing.catch(() => {});
      givePiece(piece);
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

  async #write(piece: Buffer): Promise<void> {
    try {
      await writeFully(this.#file, piece, this.#written);
    } finally {
      givePiece(piece);
    }
    this.#written += piece.length;
    if (this.#written - this.#hashed < HASHED_AT_ONCE) return;
    this.#hashed = this.#written;
    this.#openHash().advance(this.#written);
  }

  async #finish(rest: Buffer): Promise<void> {
    const isWhole = this.#written === 0;
    const written = writeFully(this.#file, rest, this.#written);
    // What fits into one piece is hashed here, while it is being written: a thread would cost more.
    if (isWhole) this.#md5 = hash('md5', rest);
    await written;
    if (!isWhole) this.#md5 = this.#openHash().finish(this.#size);
  }

  #openHash(): FileHash {
    return (this.#hash ??= this.#hasher.start(this.#file.fd));
  }
}

/** A write may take less than it was given. */
async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
