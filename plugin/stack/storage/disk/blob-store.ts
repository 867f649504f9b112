import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsync, openSync } from 'node:fs';
import { constants, copyFile, link, mkdir, open, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../../shared/errors.ts';
import { isUuid } from '../names.ts';
import { SharedCalls } from '../shared-calls.ts';
import { BlobWriter, type StoredBlob } from './blob-writer.ts';
import { FileHasher } from './file-hasher.ts';
import { BlobReader, type OpenBlob } from './open-blob.ts';
import { collectOrphans } from './orphans.ts';
import { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-folder.ts';

const sync = promisify(fsync);
const VERSIONS_A_FOLDER = 256;

/**
 * The bytes of objects: immutable files named by version, a random UUID, below `objects/`.
 *
 * No name chosen by a client becomes part of a path, so none can escape the folder, collide with another one on a
 * case-insensitive file system, or be too long. Only the row in `storage.objects` links a version to its object.
 */
export class BlobStore {
  readonly #dir: string;
  readonly #objects: string;
  readonly #uploads: string;
  readonly #durable: boolean;
  readonly #folders = new Set<string>();
  readonly #reader = new BlobReader();
  readonly #hasher = new FileHasher();
  readonly #folderSyncs = new SharedCalls(syncFolder);
  #versions = 0;
  #prefix = '';

  /** @param durable whether stored bytes must survive a power failure, like the database's */
  constructor(dir: string, durable: boolean) {
    this.#dir = dir;
    this.#objects = join(dir, 'objects');
    this.#uploads = join(dir, 'uploads');
    this.#durable = durable;
  }

  /** Folder of unfinished uploads; `open` deletes files in it that belong to no known upload. */
  get uploadsDir(): string {
    return this.#uploads;
  }

  /**
   * Creates the folders, and deletes files without a row, which a crash leaves.
   *
   * @param isKnown returns the subset of versions that have a row in the database
   * @param keepUpload whether a file in the folder of unfinished uploads is still needed
   */
  async open(
    isKnown: (versions: string[]) => Promise<Set<string>>,
    keepUpload: (name: string) => Promise<boolean>,
  ): Promise<void> {
    await makePrivateFolder(this.#dir);
    await mkdir(this.#objects, { recursive: true, mode: PRIVATE_FOLDER });
    await mkdir(this.#uploads, { recursive: true, mode: PRIVATE_FOLDER });
    await collectOrphans(this.#objects, this.#uploads, isKnown, keepUpload);
  }

  /** Stores what `fill` writes as a new blob; if it throws, nothing remains. */
  async store<T>(fill: (writer: BlobWriter) => Promise<T>): Promise<{ blob: StoredBlob; result: T }> {
    const version = this.#newVersion();
    return this.#write(version, await this.#makeFolder(version), fill);
  }

  /** Stores what `fill` writes as a file with this new name in the folder of unfinished uploads. */
  async stage(name: string, fill: (writer: BlobWriter) => Promise<void>): Promise<StoredBlob> {
    const { blob } = await this.#write(randomUUID(), join(this.#uploads, name), fill);
    await blob.flushed;
    return blob;
  }

  /** Writes a file in its place: no row refers to it before it is complete, and the next start deletes one without a row. */
  async #write<T>(
    version: string,
    path: string,
    fill: (writer: BlobWriter) => Promise<T>,
  ): Promise<{ blob: StoredBlob; result: T }> {
    const writer = new BlobWriter(path, await open(path, 'wx+', PRIVATE_FILE), this.#hasher);
    try {
      const result = await fill(writer);
      // Flushing may overlap with hashing and with queries.
      const flushed = this.#flush(writer, dirname(path));
      flushed.catch(() => {});
      return { blob: { version, ...(await writer.measure()), flushed }, result };
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  /** The file first: on most file systems its sync includes the new name, which makes that of the folder cheap. */
  async #flush(writer: BlobWriter, folder: string): Promise<void> {
    await writer.flush(this.#durable);
    await this.#syncFolder(folder);
  }

  /** A random UUID. Its first byte, which names its folder, stays for a while: uploads at a time share their syncs. */
  #newVersion(): string {
    if (this.#versions % VERSIONS_A_FOLDER === 0) this.#prefix = randomBytes(1).toString('hex');
    this.#versions += 1;
    return `${this.#prefix}${randomUUID().slice(2)}`;
  }

  /** Stops the hashing thread. */
  close(): Promise<void> {
    return this.#hasher.close();
  }

  /** Makes the file of a finished upload the blob of this version; the file itself stays in place. */
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

  /** Stores the same bytes under a new version, which it returns. @throws Error ENOENT */
  async copy(version: string): Promise<string> {
    const source = this.#path(version);
    if (source === undefined) throw missing(version);
    const copied = this.#newVersion();
    await this.#share(source, copied);
    return copied;
  }

  /** Opens a blob for reading. @throws Error ENOENT */
  async read(version: string | null): Promise<OpenBlob> {
    return this.#reader.open(this.path(version));
  }

  /** Path of a blob, for readers that need one. @throws Error ENOENT for a malformed version */
  path(version: string | null): string {
    const path = this.#path(version);
    if (path === undefined) throw missing(version);
    return path;
  }

  /** Deletes blobs; missing ones are no error, and those that cannot be deleted are collected at the next start. */
  async remove(versions: Iterable<string | null | undefined>): Promise<void> {
    for (const version of versions) {
      const path = this.#path(version);
      if (path === undefined) continue;
      this.#reader.forget(path);
      await unlink(path).catch(() => {});
    }
  }

  /** Blobs never change, so two versions can be hard links to one file; file systems without links copy it. */
  async #share(source: string, version: string): Promise<void> {
    const target = await this.#makeFolder(version);
    await rm(target, { force: true });
    await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
    await this.#syncFolder(dirname(target));
  }

  /** Checks the version: it comes from the database, where SQL clients may have written anything. */
  #path(version: string | null | undefined): string | undefined {
    if (!isUuid(version)) return undefined;
    return join(this.#objects, version.slice(0, 2).toLowerCase(), version.toLowerCase());
  }

  async #makeFolder(version: string): Promise<string> {
    const folder = join(this.#objects, version.slice(0, 2));
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
      await this.#syncFolder(this.#objects);
      this.#folders.add(folder);
    }
    return join(folder, version);
  }

  /** Makes a new name in a folder durable; Windows cannot sync folders and does not need to. */
  async #syncFolder(path: string): Promise<void> {
    if (this.#durable && process.platform !== 'win32') await this.#folderSyncs.call(path);
  }
}

async function syncFolder(path: string): Promise<void> {
  // The kernel has just changed this folder, so opening it does not block; a thread would take longer.
  const fd = openSync(path, 'r');
  try {
    await sync(fd);
  } catch (error) {
    if (!hasErrorCode(error, 'EINVAL') && !hasErrorCode(error, 'ENOTSUP')) throw error;
  } finally {
    closeSync(fd);
  }
}

function missing(version: string | null): Error {
  return Object.assign(new Error(`no blob of version ${version ?? 'null'}`), { code: 'ENOENT' });
}
