import { open, type FileHandle } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';

/** The bytes of one version, to be read and then closed. */
export interface OpenBlob {
  readonly size: number;
  /** A buffer for a small blob, an open file for a large one. */
  readonly content: Buffer | FileHandle;
  close(): Promise<void>;
}

const SMALL = 64 * 1024;
const MEMORY = 16 * 1024 * 1024;

/**
 * Opens blobs and caches small ones, which never change. Opening, reading and closing a file takes four round trips
 * through libuv's thread pool, far more than the rest of a download of a few KiB.
 */
export class BlobReader {
  readonly #small = new LRUCache<string, Buffer>({
    maxSize: MEMORY,
    // The cache requires positive sizes, and a blob may be empty.
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

  /** Drops a deleted blob from the cache. */
  forget(path: string): void {
    this.#small.delete(path);
  }
}

function inMemory(bytes: Buffer): OpenBlob {
  return { size: bytes.length, content: bytes, close: async () => {} };
}
