import pg from 'pg';
import type { Buckets, Bucket } from '../buckets/buckets.ts';
import type { RequestScope, StorageDatabase, Transaction } from '../database/database.ts';
import type { BlobStore } from '../disk/blob-store.ts';
import type { StoredBlob } from '../disk/blob-writer.ts';
import { storageErrors } from '../errors.ts';
import { isEmptyFolderFile, isUuid } from '../names.ts';
import type { ObjectMetadata, ObjectRow, UserMetadata } from './row.ts';

/** An object to be written. */
export interface ObjectDraft {
  readonly bucket: string;
  readonly name: string;
  /** `sub` of who writes; undefined keeps the owner that a replaced object has. */
  readonly owner: string | undefined;
  /** Whether an object of this name may be replaced. */
  readonly upsert: boolean;
  /** Undefined keeps what a replaced object has. */
  readonly userMetadata: UserMetadata | undefined;
}

/** What is known of the content before it arrives: the metadata that policies see. */
export type KnownMetadata =
  | { mimetype?: string | undefined; contentLength?: number | undefined }
  | ObjectMetadata;

/** Bytes on the disk with what the row is to say about them. */
export interface StoredContent {
  readonly blob: StoredBlob;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly robotsTag?: string | undefined;
}

const INSERT = `(bucket_id, name, owner, owner_id, user_metadata, metadata, version)
  values ($1, $2, $3, $4, $5, $6, '1')`;
const CHECK = {
  // An insert that returns its row needs a policy for select as well; a first upload must do without.
  insert: { name: 'check-insert', text: `insert into storage.objects ${INSERT}` },
  upsert: {
    name: 'check-upsert',
    text: `insert into storage.objects as old ${INSERT}
      on conflict (name, bucket_id) do update set metadata = excluded.metadata, version = excluded.version,
        user_metadata = coalesce(excluded.user_metadata, old.user_metadata),
        owner = coalesce(excluded.owner, old.owner), owner_id = coalesce(excluded.owner_id, old.owner_id)
      returning *`,
  },
};
const STORE = {
  name: 'store-object',
  text: `select * from _stack.store_object(
    ${Array.from({ length: 21 }, (_, index) => `$${index + 1}`).join(', ')})`,
};

/** Rows and blobs of objects as one thing; REST, TUS and S3 write through it. */
export class ObjectStore {
  readonly database: StorageDatabase;
  readonly blobs: BlobStore;
  readonly buckets: Buckets;
  readonly #globalLimit: number;

  constructor(database: StorageDatabase, blobs: BlobStore, buckets: Buckets, globalLimit: number) {
    this.database = database;
    this.blobs = blobs;
    this.buckets = buckets;
    this.#globalLimit = globalLimit;
  }

  /** Most bytes that may be stored under a name of this bucket. */
  sizeLimit(bucket: Bucket, name: string): number {
    if (isEmptyFolderFile(name)) return 0;
    return Math.min(this.#globalLimit, bucket.fileSizeLimit ?? Infinity);
  }

  /**
   * Asks the policies whether the caller may write this: the write itself, taken back.
   *
   * @throws StorageError AccessDenied, KeyAlreadyExists
   */
  async checkWrite(scope: RequestScope, draft: ObjectDraft, known: KnownMetadata): Promise<void> {
    const { name, text } = draft.upsert ? CHECK.upsert : CHECK.insert;
    const values = [...draftValues(draft), JSON.stringify(known)];
    await this.database
      .probe(scope, (transaction) => transaction.query({ name, text, values }))
      .catch(rethrowConflict);
  }

  /**
   * Commits a row for bytes that are already on the disk, then deletes the bytes that it replaces. On failure the new
   * bytes are deleted, so either both are there or neither.
   *
   * @param check asks the policies as `checkWrite` does, where they were not asked before
   * @throws StorageError AccessDenied; KeyAlreadyExists when another upload came first
   */
  async save(
    scope: RequestScope,
    draft: ObjectDraft,
    content: StoredContent,
    check?: KnownMetadata,
  ): Promise<ObjectRow> {
    const { blob } = content;
    const metadata: ObjectMetadata = {
      eTag: `"${blob.md5}"`,
      size: blob.size,
      mimetype: content.mimeType,
      cacheControl: content.cacheControl,
      lastModified: blob.lastModified.toISOString(),
      contentLength: blob.size,
      httpStatusCode: 200,
      ...(content.robotsTag === undefined ? {} : { xRobotsTag: content.robotsTag }),
    };
    return this.saveRow(scope, draft, metadata, blob.version, { flushed: blob.flushed, check });
  }

  /** As `save`, with metadata as it is to stand in the row. */
  async saveRow(
    scope: RequestScope,
    draft: ObjectDraft,
    metadata: ObjectMetadata,
    version: string,
    options: { readonly flushed?: Promise<unknown>; readonly check?: KnownMetadata | undefined } = {},
  ): Promise<ObjectRow> {
    const { flushed, check } = options;
    const values = [
      check === undefined ? null : JSON.stringify(check),
      draft.upsert,
      JSON.stringify(metadata),
      version,
      ...draftValues(draft),
    ];
    try {
      await flushed;
      const [stored] = await this.database
        .withScopes<ObjectRow & { replaced: string | null }>(scope, { ...STORE, values })
        .catch(rethrowConflict);
      if (!stored) throw storageErrors.internal('an upload without a row');
      const { replaced, ...row } = stored;
      await this.blobs.remove([replaced]);
      return row;
    } catch (error) {
      await this.#removeUnlessKnown(version);
      throw error;
    }
  }

  /** After an error at commit the row may be there all the same: only what no row names may go. */
  async #removeUnlessKnown(version: string): Promise<void> {
    const known = await this.database
      .read('version-is-known', 'select from storage.objects where version = $1', [version])
      .catch(() => undefined);
    if (known?.length === 0) await this.blobs.remove([version]);
  }
}

/** Waits for other writers of the same name, and gives the version that will be replaced. */
export async function lockVersion(
  transaction: Transaction,
  bucket: string,
  name: string,
): Promise<string | null | undefined> {
  await transaction.query({
    name: 'lock-object',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [`${bucket}/${name}`],
  });
  const { rows } = await transaction.query<{ version: string | null }>({
    name: 'lock-version',
    text: 'select version from storage.objects where bucket_id = $1 and name = $2 for update',
    values: [bucket, name],
  });
  return rows[0]?.version;
}

/** Bucket, name, owner, owner_id and user_metadata. */
function draftValues(draft: ObjectDraft): (string | null)[] {
  const { bucket, name, owner, userMetadata } = draft;
  const ownerId = isUuid(owner) ? owner : null;
  return [
    bucket,
    name,
    ownerId,
    owner ?? null,
    userMetadata === undefined ? null : JSON.stringify(userMetadata),
  ];
}

function rethrowConflict(error: unknown): never {
  if (error instanceof pg.DatabaseError && error.code === '23505')
    throw storageErrors.alreadyExists('KeyAlreadyExists');
  throw error;
}
