// Storage v1.70.6 src/storage/protocols/tus/file-store.ts
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DataStore, ERRORS, Upload } from '@tus/server';
import { hasErrorCode } from '../../../shared/errors.ts';
import { PRIVATE_FILE } from '../disk/private-folder.ts';
import { isFresh, isUploadFile } from './kept-uploads.ts';
import { formatUploadId, parseUploadId } from './upload-id.ts';

const HOUR = 60 * 60 * 1000;

/** The JSON file beside an upload's bytes. */
interface UploadRecord {
  readonly id: string;
  readonly size?: number | undefined;
  readonly metadata?: Record<string, string | null> | undefined;
  readonly creation_date?: string | undefined;
  /** Its bytes have become an object. */
  readonly finished?: boolean;
}

/**
 * Unfinished uploads on disk: `tus-<version>.part` has the bytes, and its length is the offset to continue from;
 * `tus-<version>.json` has the client's metadata. They survive a restart and are deleted a day after their last change.
 */
export class UploadFiles extends DataStore {
  override extensions: string[] = [
    'creation',
    'creation-with-upload',
    'creation-defer-length',
    'termination',
    'expiration',
  ];
  readonly #dir: string;
  #sweptAt = Date.now();

  constructor(dir: string) {
    super();
    this.#dir = dir;
  }

  override async create(upload: Upload): Promise<Upload> {
    await this.#sweep();
    upload.creation_date = new Date().toISOString();
    await writeFile(this.partPath(upload.id), '', { flag: 'wx', mode: PRIVATE_FILE });
    await this.#save(upload);
    return upload;
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const file = await open(this.partPath(id), 'r+');
    let end = offset;
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        const { bytesWritten } = await file.write(chunk, 0, chunk.length, end);
        end += bytesWritten;
      }
    } finally {
      await file.close();
    }
    return end;
  }

  override async getUpload(id: string): Promise<Upload> {
    const record = await this.#load(id);
    const offset = record.finished ? (record.size ?? 0) : (await stat(this.partPath(id))).size;
    const { size, metadata, creation_date } = record;
    return new Upload({
      id,
      offset,
      ...(size === undefined ? {} : { size }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(creation_date === undefined ? {} : { creation_date }),
    });
  }

  override async declareUploadLength(id: string, size: number): Promise<void> {
    await this.#save({ ...(await this.#load(id)), size });
  }

  override async remove(id: string): Promise<void> {
    await this.#load(id);
    await rm(this.partPath(id), { force: true });
    await rm(this.#recordPath(id), { force: true });
  }

  /** Records that the bytes are an object now; clients can still request the upload's offset. */
  async finish(id: string): Promise<void> {
    await this.#save({ ...(await this.#load(id)), finished: true });
    await rm(this.partPath(id), { force: true });
  }

  /** Path of the bytes received so far. */
  partPath(id: string): string {
    return join(this.#dir, `tus-${parseUploadId(id).version}.part`);
  }

  // The library would send Upload-Expires, which Storage does not.
  override getExpiration(): number {
    return 0;
  }

  async #load(id: string): Promise<UploadRecord> {
    try {
      const record = JSON.parse(await readFile(this.#recordPath(id), 'utf8')) as UploadRecord;
      // Files are found by the version alone, so an id that names another object is refused.
      if (record.id === formatUploadId(parseUploadId(id))) return record;
    } catch (error) {
      if (!hasErrorCode(error, 'ENOENT')) throw error;
    }
    throw ERRORS.FILE_NOT_FOUND;
  }

  async #save(record: UploadRecord): Promise<void> {
    const { id, size, metadata, creation_date, finished } = record;
    const path = this.#recordPath(id);
    const text = JSON.stringify({ id, size, metadata, creation_date, finished });
    await writeFile(`${path}.tmp`, text, { mode: PRIVATE_FILE });
    await rename(`${path}.tmp`, path);
  }

  #recordPath(id: string): string {
    return join(this.#dir, `tus-${parseUploadId(id).version}.json`);
  }

  /** Deletes old uploads; at most once an hour, when a new one is created, so no timer is needed. */
  async #sweep(): Promise<void> {
    if (Date.now() - this.#sweptAt < HOUR) return;
    this.#sweptAt = Date.now();
    for (const name of await readdir(this.#dir))
      if (isUploadFile(name) && !(await isFresh(this.#dir, name)))
        await rm(join(this.#dir, name), { force: true });
  }
}
