import pg from 'pg';
import type { Buckets, Bucket } from '../buckets.ts';
import type { RequestScope, StorageDatabase, Transaction } from '../database.ts';
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

/** Bytes on the disk with what the row is to say about them. */
export interface StoredContent {
  readonly blob: StoredBlob;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly robotsTag?: string | undefined;
}

const VALUES = `(bucket_id, name, owner, owner_id, metadata, user_metadata, version)
  values ($1, $2, $3, $4, $5, $6, $7)`;
const INSERT = `insert into storage.objects ${VALUES}`;
const UPSERT = `insert into storage.objects as old ${VALUES}
  on conflict (name, bucket_id) do update set metadata = excluded.metadata, version = excluded.version,
    user_metadata = coalesce(excluded.user_metadata, old.user_metadata),
    owner = coalesce(excluded.owner, old.owner), owner_id = coalesce(excluded.owner_id, old.owner_id)
  returning *`;

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
   * @param known what is known of the content before it arrives
   * @throws StorageError AccessDenied, KeyAlreadyExists
   */
  async checkWrite(
    scope: RequestScope,
    draft: ObjectDraft,
    known: { mimetype?: string | undefined; contentLength?: number | undefined } | ObjectMetadata,
  ): Promise<void> {
    await this.database.probe(scope, (transaction) => write(transaction, draft, known, '1'));
  }

  /**
   * Commits a row for bytes that are already on the disk, then deletes the bytes that it replaces. On failure the new
   * bytes are deleted, so either both are there or neither.
   *
   * @throws StorageError KeyAlreadyExists when another upload came first
   */
  async save(scope: RequestScope, draft: ObjectDraft, content: StoredContent): Promise<ObjectRow> {
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
    return this.saveRow(scope, draft, metadata, blob.version, blob.flushed);
  }

  /** As `save`, with metadata as it is to stand in the row. */
  async saveRow(
    scope: RequestScope,
    draft: ObjectDraft,
    metadata: ObjectMetadata,
    version: string,
    flushed: Promise<unknown> = Promise.resolve(),
  ): Promise<ObjectRow> {
    try {
      const { row, replaced } = await this.database.asService(scope, async (transaction) => {
        const replaced = draft.upsert ? await lockVersion(transaction, draft.bucket, draft.name) : undefined;
        const row = await write(transaction, draft, metadata, version);
        await flushed;
        return { row, replaced };
      });
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

async function write(
  transaction: Transaction,
  draft: ObjectDraft,
  metadata: object,
  version: string,
): Promise<ObjectRow> {
  const values = [
    draft.bucket,
    draft.name,
    isUuid(draft.owner) ? draft.owner : null,
    draft.owner ?? null,
    JSON.stringify(metadata),
    draft.userMetadata === undefined ? null : JSON.stringify(draft.userMetadata),
    version,
  ];
  // An insert that returns its row needs a policy for select as well; a first upload must do without. The check that
  // a caller may write is therefore an insert alone, and the row is read only by who wrote it past the policies.
  const insert = version === '1' ? INSERT : `${INSERT} returning *`;
  try {
    const { rows } = await transaction.query<ObjectRow>(
      draft.upsert
        ? { name: 'upsert-object', text: UPSERT, values }
        : { name: `insert-object-${version === '1' ? 'check' : 'row'}`, text: insert, values },
    );
    return rows[0] as ObjectRow;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '23505')
      throw storageErrors.alreadyExists('KeyAlreadyExists');
    throw error;
  }
}
