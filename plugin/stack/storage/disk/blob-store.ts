import { randomUUID } from 'node:crypto';
import { closeSync, fsync, openSync } from 'node:fs';
import { constants, copyFile, link, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../../shared/errors.ts';
import { isUuid } from '../names.ts';
import { BlobWriter, type StoredBlob } from './blob-writer.ts';
import { FileHasher } from './file-hasher.ts';
import { BlobReader, type OpenBlob } from './open-blob.ts';
import { collectOrphans } from './orphans.ts';

const sync = promisify(fsync);

/**
 * The bytes of objects: immutable files named by version, a random UUID, below `objects/`.
 *
 * No name that a client chooses becomes a path, so none can lead out of the folder, collide with another one on a
 * file system that ignores case, or be too long. What a version belongs to, only its row in `storage.objects` says.
 */
export class BlobStore {
  readonly #objects: string;
  readonly #uploads: string;
  readonly #durable: boolean;
  readonly #folders = new Set<string>();
  readonly #reader = new BlobReader();
  readonly #hasher = new FileHasher();

  /** @param durable whether stored bytes must survive a power cut, as the database's do */
  constructor(dir: string, durable: boolean) {
    this.#objects = join(dir, 'objects');
    this.#uploads = join(dir, 'uploads');
    this.#durable = durable;
  }

  /** Folder of unfinished uploads; all that is in it and belongs to no known upload is deleted at start. */
  get uploadsDir(): string {
    return this.#uploads;
  }

  /**
   * Deletes what a crash left behind: files without a row.
   *
   * @param isKnown which of these versions a row of the database names
   * @param keepUpload whether a file of the folder of unfinished uploads is still needed
   */
  async open(
    isKnown: (versions: string[]) => Promise<Set<string>>,
    keepUpload: (name: string) => Promise<boolean>,
  ): Promise<void> {
    await mkdir(this.#objects, { recursive: true });
    await mkdir(this.#uploads, { recursive: true });
    await collectOrphans(this.#objects, this.#uploads, isKnown, keepUpload);
  }

  /** Stores what `fill` writes as a new blob; when it throws nothing is left. */
  store<T>(fill: (writer: BlobWriter) => Promise<T>): Promise<{ blob: StoredBlob; result: T }> {
    return this.#write(fill, (version) => this.#makeFolder(version));
  }

  /** Stores what `fill` writes as a file of this name in the folder of unfinished uploads. */
  async stage(name: string, fill: (writer: BlobWriter) => Promise<void>): Promise<StoredBlob> {
    const { blob } = await this.#write(fill, () => join(this.#uploads, name));
    await blob.flushed;
    return blob;
  }

  async #write<T>(
    fill: (writer: BlobWriter) => Promise<T>,
    choosePath: (version: string) => Promise<string> | string,
  ): Promise<{ blob: StoredBlob; result: T }> {
    const version = randomUUID();
    const temporary = join(this.#uploads, `${version}.tmp`);
    const writer = new BlobWriter(temporary, await open(temporary, 'wx+'), this.#hasher);
    let path = temporary;
    try {
      const result = await fill(writer);
      const target = await choosePath(version);
      // Windows renames no open file.
      if (process.platform === 'win32') await writer.flush(this.#durable);
      await rename(temporary, target);
      path = target;
      // No row names the blob yet: the disk may still be busy with it while it is hashed and the database asked.
      const flushed = this.#flush(writer, dirname(target));
      flushed.catch(() => {});
      return { blob: { version, ...(await writer.measure()), flushed }, result };
    } catch (error) {
      await writer.discard(path);
      throw error;
    }
  }

  /** First the file, whose sync takes its new name along on most file systems; the folder's is then a short one. */
  async #flush(writer: BlobWriter, folder: string): Promise<void> {
    if (process.platform !== 'win32') await writer.flush(this.#durable);
    await this.#syncFolder(folder);
  }

  /** Ends the thread that hashes. */
  close(): Promise<void> {
    return this.#hasher.close();
  }

  /** Makes the bytes of a finished upload, which stays where it is, the blob of this version. */
  async adopt(path: string, version: string): Promise<StoredBlob> {
    const file = await open(path, 'r+');
    const hash = this.#hasher.start(file.fd);
    try {
      const { size } = await file.stat();
      const [md5] = await Promise.all([hash.finish(size), this.#durable ? file.sync() : undefined]);
      await this.#share(path, version);
      return { version, size, md5, lastModified: new Date(), flushed: Promise.resolve() };
    } finally {
      hash.abandon();
      await file.close();
    }
  }

  /** The same bytes under a new version. */
  async copy(version: string): Promise<string> {
    const source = this.#path(version);
    if (source === undefined) throw missing(version);
    const copied = randomUUID();
    await this.#share(source, copied);
    return copied;
  }

  /** Opens a blob for reading. @throws Error ENOENT */
  async read(version: string | null): Promise<OpenBlob> {
    return this.#reader.open(this.path(version));
  }

  /** Path of a blob, for readers that need one. @throws Error ENOENT for what is no version */
  path(version: string | null): string {
    const path = this.#path(version);
    if (path === undefined) throw missing(version);
    return path;
  }

  /** Deletes blobs; what is not there is no error, and what cannot be deleted now is collected at the next start. */
  async remove(versions: Iterable<string | null | undefined>): Promise<void> {
    for (const version of versions) {
      const path = this.#path(version);
      if (path === undefined) continue;
      this.#reader.forget(path);
      await unlink(path).catch(() => {});
    }
  }

  /** Bytes that are stored never change, so two names may stand for one file; not every file system can. */
  async #share(source: string, version: string): Promise<void> {
    const target = await this.#makeFolder(version);
    await rm(target, { force: true });
    await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
    await this.#syncFolder(dirname(target));
  }

  /** A version comes from the database, where anyone with enough rights may have written anything. */
  #path(version: string | null | undefined): string | undefined {
    if (!isUuid(version)) return undefined;
    return join(this.#objects, version.slice(0, 2).toLowerCase(), version.toLowerCase());
  }

  async #makeFolder(version: string): Promise<string> {
    const folder = join(this.#objects, version.slice(0, 2));
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true });
      await this.#syncFolder(this.#objects);
      this.#folders.add(folder);
    }
    return join(folder, version);
  }

  /** Makes a new name in a folder durable; Windows has no such thing and needs none. */
  async #syncFolder(path: string): Promise<void> {
    if (!this.#durable || process.platform === 'win32') return;
    // The kernel has a folder at hand into which it has just put a file: to wait for a thread would take longer.
    const fd = openSync(path, 'r');
    try {
      await sync(fd);
    } catch (error) {
      if (!hasErrorCode(error, 'EINVAL') && !hasErrorCode(error, 'ENOTSUP')) throw error;
    } finally {
      closeSync(fd);
    }
  }
}

function missing(version: string | null): Error {
  return Object.assign(new Error(`no blob of version ${version ?? 'null'}`), { code: 'ENOENT' });
}
