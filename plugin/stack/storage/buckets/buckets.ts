// Storage v1.70.6 src/storage/storage.ts, src/storage/database/pg.ts
import pg from 'pg';
import type { StorageDatabase, Transaction } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import type { BlobStore } from '../disk/blob-store.ts';
import { fromDatabaseError, storageErrors } from '../errors.ts';
import { checkAllowedMimeTypes, checkBucketName, isUuid, parseSizeLimit } from '../names.ts';
import { SharedCalls } from '../shared-calls.ts';
import { COLUMNS, orderBy, type BucketListOptions, type BucketRow } from './bucket-row.ts';

/** What decides about an upload or a download. */
export interface Bucket {
  readonly id: string;
  readonly public: boolean;
  /** Bytes; null is the global limit. */
  readonly fileSizeLimit: number | null;
  readonly allowedMimeTypes: readonly string[] | null;
}

/** The settings of a bucket as clients write them. */
export interface BucketChanges {
  readonly public?: boolean;
  /** Bytes, or text such as "5MB"; null removes the limit. */
  readonly file_size_limit?: number | string | null;
  /** Null allows every type. */
  readonly allowed_mime_types?: string[] | null;
}

export interface NewBucket extends BucketChanges {
  /** The name, if it is missing or empty. */
  readonly id?: string;
  readonly name: string;
  readonly type?: 'STANDARD' | 'ANALYTICS';
}

// Marks the tables of Storage's Iceberg catalog.
const RESERVED_SUFFIX = '--table-s3';

/** Buckets, as rows of `storage.buckets`. */
export class Buckets {
  readonly #database: StorageDatabase;
  readonly #blobs: BlobStore;
  readonly #globalLimit: number;
  readonly #lookups = new SharedCalls((id) => this.#read(id));

  /** @param globalLimit bytes; no bucket may allow more */
  constructor(database: StorageDatabase, blobs: BlobStore, globalLimit: number) {
    this.#database = database;
    this.#blobs = blobs;
    this.#globalLimit = globalLimit;
  }

  /**
   * Bypasses row level security: the policies on a bucket's objects decide who may use it. Every upload needs it, so
   * uploads at a time share a query.
   */
  find(id: string): Promise<Bucket | undefined> {
    return this.#lookups.call(id);
  }

  async #read(id: string): Promise<Bucket | undefined> {
    const [row] = await this.#database.read<
      Pick<BucketRow, 'id' | 'public' | 'file_size_limit' | 'allowed_mime_types'>
    >(
      'find-bucket',
      'select id, public, file_size_limit, allowed_mime_types from storage.buckets where id = $1',
      [id],
    );
    return (
      row && {
        id: row.id,
        public: row.public === true,
        fileSizeLimit: row.file_size_limit === null ? null : Number(row.file_size_limit),
        allowedMimeTypes: row.allowed_mime_types,
      }
    );
  }

  /** Like `find`. @throws StorageError NoSuchBucket */
  async get(id: string): Promise<Bucket> {
    const bucket = await this.find(id);
    if (!bucket) throw storageErrors.noSuchBucket();
    return bucket;
  }

  /** A bucket that row level security lets the caller see. @throws StorageError NoSuchBucket */
  async getVisible(scope: RequestScope, id: string): Promise<BucketRow> {
    const { rows } = await this.#database.asCaller(scope, (transaction) =>
      transaction.query<BucketRow>(`select ${COLUMNS} from storage.buckets where id = $1`, [id]),
    );
    if (!rows[0]) throw storageErrors.noSuchBucket();
    return rows[0];
  }

  /** The buckets that row level security lets the caller see. */
  async listVisible(scope: RequestScope, options: BucketListOptions = {}): Promise<BucketRow[]> {
    const { search = '', limit = null, offset = 0 } = options;
    const { rows } = await this.#database.asCaller(scope, (transaction) =>
      transaction.query<BucketRow>(
        `select ${COLUMNS} from storage.buckets
         where $1 = '' or strpos(lower(name), lower($1)) > 0 ${orderBy(options)} limit $2 offset $3`,
        [search, limit, offset],
      ),
    );
    return rows;
  }

  /** Creates a bucket as the caller, who owns it. @throws StorageError */
  async create(scope: RequestScope, bucket: NewBucket): Promise<void> {
    await this.#database.asCaller(scope, (transaction) =>
      this.insert(transaction, bucket, scope.caller.owner),
    );
  }

  /** Creates a bucket inside a transaction. @throws StorageError */
  async insert(transaction: Transaction, bucket: NewBucket, owner: string | undefined): Promise<void> {
    const { id, name } = bucket;
    if (name.trim() !== name) throw storageErrors.invalidBucketName();
    checkBucketName(name);
    if (name.endsWith(RESERVED_SUFFIX)) throw storageErrors.invalidBucketName();
    if (bucket.type === 'ANALYTICS') return insertAnalytics(transaction, name);
    const limit = this.#sizeLimit(bucket.file_size_limit);
    const types = mimeTypes(bucket.allowed_mime_types);
    try {
      await transaction.query(
        `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          id || name,
          name,
          isUuid(owner) ? owner : null,
          owner ?? null,
          bucket.public ?? false,
          limit ?? null,
          types ?? null,
        ],
      );
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '23505')
        throw storageErrors.alreadyExists('BucketAlreadyExists');
      throw error;
    }
  }

  /** Changes the given settings of a bucket, at least one, as the caller. @throws StorageError NoSuchBucket */
  async update(scope: RequestScope, id: string, changes: BucketChanges): Promise<void> {
    checkBucketName(id);
    const fields: [string, unknown][] = [
      ['public', changes.public],
      ['file_size_limit', this.#sizeLimit(changes.file_size_limit)],
      ['allowed_mime_types', mimeTypes(changes.allowed_mime_types)],
    ];
    const set = fields.filter(([, value]) => value !== undefined);
    const { rowCount } = await this.#database.asCaller(scope, (transaction) =>
      transaction.query(
        `update storage.buckets set ${set.map(([name], index) => `${name} = $${index + 2}`).join(', ')} where id = $1`,
        [id, ...set.map(([, value]) => value)],
      ),
    );
    if (rowCount === 0) throw storageErrors.noSuchBucket();
  }

  /** Deletes an empty bucket as the caller. @throws StorageError ResourceNotEmpty, NoSuchBucket */
  async delete(scope: RequestScope, id: string): Promise<void> {
    await this.get(id);
    const used = await this.#database.read(
      'bucket-is-used',
      'select from storage.objects where bucket_id = $1 limit 1',
      [id],
    );
    if (used.length > 0) throw storageErrors.bucketNotEmpty();
    const deleted = await this.#database
      .asCaller(scope, (transaction) => transaction.query('delete from storage.buckets where id = $1', [id]))
      .catch((error: unknown) => {
        // An upload was stored since the check above.
        if (error instanceof pg.DatabaseError && error.constraint === 'objects_bucketId_fkey')
          throw storageErrors.bucketNotEmpty();
        throw error instanceof pg.DatabaseError ? fromDatabaseError(error) : error;
      });
    if (deleted.rowCount === 0) throw storageErrors.noSuchBucket();
  }

  /** Deletes all objects of a bucket; only the service role may. @throws StorageError AccessDenied, NoSuchBucket */
  async empty(scope: RequestScope, id: string): Promise<void> {
    if (scope.caller.role !== 'service_role')
      throw storageErrors.accessDenied('Access denied: Invalid role', 403);
    await this.get(id);
    const { rows } = await this.#database.asService(scope, (transaction) =>
      transaction.query<{ version: string | null }>(
        'delete from storage.objects where bucket_id = $1 returning version',
        [id],
      ),
    );
    await this.#blobs.remove(rows.map((row) => row.version));
  }

  #sizeLimit(value: number | string | null | undefined): number | null | undefined {
    if (value === undefined || value === null) return value;
    const limit = parseSizeLimit(value);
    if (limit > this.#globalLimit) throw storageErrors.tooLarge();
    return limit;
  }
}

/** Only records the name: the CLI's stack has no Iceberg catalog either, so nothing reads such a bucket. */
async function insertAnalytics(transaction: Transaction, name: string): Promise<void> {
  const { rowCount } = await transaction.query(
    `insert into storage.buckets_analytics (name) values ($1)
     on conflict (name) where deleted_at is null do nothing returning id`,
    [name],
  );
  if (rowCount === 0) throw storageErrors.alreadyExists('ResourceAlreadyExists');
}

function mimeTypes(types: string[] | null | undefined): string[] | null | undefined {
  const named = types?.filter((type) => type !== '');
  if (named) checkAllowedMimeTypes(named);
  return named ?? types;
}
