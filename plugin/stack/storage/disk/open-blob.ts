import { open, type FileHandle } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';

/** The bytes of one version, to be read and then closed. */
export interface OpenBlob {
  readonly size: number;
  /** Few bytes are in memory, many in an open file. */
  readonly content: Buffer | FileHandle;
  close(): Promise<void>;
}

const SMALL = 64 * 1024;
const MEMORY = 16 * 1024 * 1024;

/**
 * Opens blobs, and keeps small ones in memory. Opening, reading and closing a file are four turns through libuv's
 * threads, far more than all the rest of a download of a few KiB; and the bytes of a version never change.
 */
export class BlobReader {
  readonly #small = new LRUCache<string, Buffer>({
    maxSize: MEMORY,
    // An empty blob counts as well: the cache asks for a positive size.
    sizeCalculation: (bytes) => bytes.length + 1,
  });

  /** @throws Error ENOENT */
  async open(path: string): Promise<OpenBlob> {
    const kept = this.#small.get(path);
    if (kept) return inMemory(kept);
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > SMALL) return { size, content: file, close: () => file.close() };
      const bytes = Buffer.allocUnsafeSlow(size);
      const { bytesRead } = await file.read(bytes, 0, size, 0);
      if (bytesRead < size) throw new Error('a blob is shorter than it was');
      this.#small.set(path, bytes);
      await file.close();
      return inMemory(bytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** To be called when a blob is deleted. */
  forget(path: string): void {
    this.#small.delete(path);
  }
}

function inMemory(bytes: Buffer): OpenBlob {
  return { size: bytes.length, content: bytes, close: async () => {} };
}
