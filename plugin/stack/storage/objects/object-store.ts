import pg from 'pg';
import type { Bucket, Buckets } from '../buckets/buckets.ts';
import type { StorageDatabase, Transaction } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import type { BlobStore } from '../disk/blob-store.ts';
import type { StoredBlob } from '../disk/blob-writer.ts';
import { storageErrors } from '../errors.ts';
import { isEmptyFolderFile, isUuid } from '../names.ts';
import type { ObjectMetadata, ObjectRow, UserMetadata } from './row.ts';

/** An object to be written. */
export interface ObjectDraft {
  readonly bucket: string;
  readonly name: string;
  /** `sub` of the writer; undefined keeps the owner of a replaced object. */
  readonly owner: string | undefined;
  /** Whether an object of this name may be replaced. */
  readonly upsert: boolean;
  /** Undefined keeps that of a replaced object. */
  readonly userMetadata: UserMetadata | undefined;
}

/** Metadata known before the content arrives, which the policies see. */
export type KnownMetadata =
  | { mimetype?: string | undefined; contentLength?: number | undefined }
  | ObjectMetadata;

/** Bytes on disk, and the metadata for their row. */
export interface StoredContent {
  readonly blob: StoredBlob;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly robotsTag?: string | undefined;
}

const INSERT = `(bucket_id, name, owner, owner_id, user_metadata, metadata, version)
  values ($1, $2, $3, $4, $5, $6, '1')`;
const CHECK = {
  // Without returning, which would need a policy for select as well: a first upload must work without one.
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
const STORE = { name: 'store-object', text: 'select * from _stack.store_object($1, $2)' };

/** Keeps rows and blobs of objects consistent; REST, TUS and S3 write through it. */
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

  /** The largest object, in bytes, that may be stored under a name of this bucket. */
  sizeLimit(bucket: Bucket, name: string): number {
    if (isEmptyFolderFile(name)) return 0;
    return Math.min(this.#globalLimit, bucket.fileSizeLimit ?? Infinity);
  }

  /**
   * Checks that the policies allow the caller to write this, by writing it and rolling back.
   *
   * @throws StorageError AccessDenied, KeyAlreadyExists
   */
  async checkWrite(scope: RequestScope, draft: ObjectDraft, known: KnownMetadata): Promise<void> {
    const { name, text } = draft.upsert ? CHECK.upsert : CHECK.insert;
    const { bucket, name: objectName, owner, owner_id, user_metadata } = draftColumns(draft);
    const values = [
      bucket,
      objectName,
      owner,
      owner_id,
      user_metadata === undefined ? null : JSON.stringify(user_metadata),
      JSON.stringify(known),
    ];
    await this.database
      .probe(scope, (transaction) => transaction.query({ name, text, values }))
      .catch(rethrowConflict);
  }

  /**
   * Commits a row for bytes that are already on disk, then deletes the bytes that it replaces. On failure the new bytes
   * are deleted, so either both exist or neither.
   *
   * @param check checks the policies as `checkWrite` does, unless that was done before
   * @throws StorageError AccessDenied; KeyAlreadyExists when another upload was first
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

  /** Like `save`, with the metadata exactly as the row gets it. */
  async saveRow(
    scope: RequestScope,
    draft: ObjectDraft,
    metadata: ObjectMetadata,
    version: string,
    options: { readonly flushed?: Promise<unknown>; readonly check?: KnownMetadata | undefined } = {},
  ): Promise<ObjectRow> {
    const { flushed, check } = options;
    const argument = { ...draftColumns(draft), upsert: draft.upsert, metadata, version, check };
    try {
      await flushed;
      const [stored] = await this.database
        .withScopes<ObjectRow & { replaced: string | null }>(scope, { ...STORE, argument })
        .catch(rethrowConflict);
      if (!stored) throw storageErrors.internal('store_object returned no row');
      const { replaced, ...row } = stored;
      await this.blobs.remove([replaced]);
      return row;
    } catch (error) {
      await this.#removeUnlessKnown(version);
      throw error;
    }
  }

  /** An error at commit does not prove that the row is missing, so the bytes go only if no row refers to them. */
  async #removeUnlessKnown(version: string): Promise<void> {
    const known = await this.database
      .read('version-is-known', 'select from storage.objects where version = $1', [version])
      .catch(() => undefined);
    if (known?.length === 0) await this.blobs.remove([version]);
  }
}

/** Waits for other writers of the same name; returns the version that will be replaced, undefined without a row. */
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

/** The columns of a draft; `owner` is the older one, which holds only UUIDs. */
function draftColumns({ bucket, name, owner, userMetadata }: ObjectDraft) {
  return {
    bucket,
    name,
    owner: isUuid(owner) ? owner : null,
    owner_id: owner ?? null,
    user_metadata: userMetadata,
  };
}

function rethrowConflict(error: unknown): never {
  if (error instanceof pg.DatabaseError && error.code === '23505')
    throw storageErrors.alreadyExists('KeyAlreadyExists');
  throw error;
}
