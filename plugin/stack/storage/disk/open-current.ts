import { hasErrorCode } from '../../../shared/errors.ts';
import type { BlobStore } from './blob-store.ts';
import type { OpenBlob } from './open-blob.ts';

/**
 * Opens the bytes of an object that may be replaced at any time: if its blob is gone, the row is read again, and only a
 * row that still refers to the missing blob is an error.
 *
 * @throws Error ENOENT for a row without bytes; whatever `find` throws
 */
export async function openCurrent<R extends { readonly version: string | null }>(
  blobs: BlobStore,
  find: () => Promise<R>,
): Promise<{ row: R; blob: OpenBlob }> {
  let row = await find();
  for (;;) {
    try {
      return { row, blob: await blobs.read(row.version) };
    } catch (error) {
      if (!hasErrorCode(error, 'ENOENT')) throw error;
      const newer = await find();
      if (newer.version === row.version) throw error;
      row = newer;
    }
  }
}
