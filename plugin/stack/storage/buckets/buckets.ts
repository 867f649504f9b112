import pg from 'pg';
import type { StorageDatabase, Transaction } from '../database/database.ts';
import { fromDatabaseError, storageErrors } from '../errors.ts';
import type { BlobStore } from '../disk/blob-store.ts';
import { sendJson, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkAllowedMimeTypes, checkBucketName, isUuid, parseSizeLimit } from '../names.ts';

/** What decides about an upload or a download. */
export interface Bucket {
  readonly id: string;
  readonly public: boolean;
  /** Bytes; null is the global limit. */
  readonly fileSizeLimit: number | null;
  readonly allowedMimeTypes: readonly string[] | null;
}

/** By which the original knows the tables of its Iceberg catalog. */
const RESERVED_SUFFIX = '--table-s3';

const SIZE_LIMIT: Schema = {
  anyOf: [
    { type: 'integer', finite: true, nullable: true, minimum: 0 },
    {
      type: 'string',
      pattern: '^[0-9]+(?:\\.[0-9]+)?(?:[gG][bB]|[mM][bB]|[kK][bB]|[bB])$',
      nullable: true,
    },
  ],
};
const MIME_TYPES: Schema = { type: 'array', nullable: true, items: { type: 'string' } };

export const CREATE_BUCKET: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    id: { type: 'string' },
    public: { type: 'boolean' },
    type: { type: 'string', enum: ['STANDARD', 'ANALYTICS'] },
    file_size_limit: SIZE_LIMIT,
    allowed_mime_types: MIME_TYPES,
  },
  required: ['name'],
};

export const UPDATE_BUCKET: Schema = {
  type: 'object',
  properties: { public: { type: 'boolean' }, file_size_limit: SIZE_LIMIT, allowed_mime_types: MIME_TYPES },
  anyOf: [{ required: ['public'] }, { required: ['file_size_limit'] }, { required: ['allowed_mime_types'] }],
};

export const LIST_BUCKETS: Schema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', finite: true, minimum: 1 },
    offset: { type: 'integer', finite: true, minimum: 0 },
    sortColumn: { type: 'string', enum: ['id', 'name', 'created_at', 'updated_at'] },
    sortOrder: { type: 'string', enum: ['asc', 'desc'] },
    search: { type: 'string' },
  },
};

interface BucketBody {
  readonly id?: string;
  readonly name: string;
  readonly public?: boolean;
  readonly type?: string;
  readonly file_size_limit?: number | string | null;
  readonly allowed_mime_types?: string[] | null;
}

interface BucketRow {
  id: string;
  name: string;
  owner: string | null;
  public: boolean | null;
  type: string;
  file_size_limit: string | null;
  allowed_mime_types: string[] | null;
  created_at: Date | null;
  updated_at: Date | null;
}

const COLUMNS = 'id, name, owner, public, type, file_size_limit, allowed_mime_types, created_at, updated_at';

/** The routes under `/bucket`. */
export class Buckets {
  readonly #database: StorageDatabase;
  readonly #blobs: BlobStore;
  readonly #globalLimit: number;

  /** @param globalLimit bytes; no bucket may allow more */
  constructor(database: StorageDatabase, blobs: BlobStore, globalLimit: number) {
    this.#database = database;
    this.#blobs = blobs;
    this.#globalLimit = globalLimit;
  }

  /** Whatever row level security says: who may use the bucket is decided on its objects. */
  async find(id: string): Promise<Bucket | undefined> {
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

  /** @throws StorageError NoSuchBucket */
  async get(id: string): Promise<Bucket> {
    const bucket = await this.find(id);
    if (!bucket) throw storageErrors.noSuchBucket();
    return bucket;
  }

  create = async (exchange: Exchange): Promise<void> => {
    const body = exchange.body as BucketBody;
    await this.#database.asCaller(exchange, (transaction) =>
      this.insert(transaction, body, exchange.caller.owner),
    );
    sendJson(exchange.res, 200, { name: body.name });
  };

  /** Makes a bucket inside a transaction. @throws StorageError */
  async insert(transaction: Transaction, body: BucketBody, owner: string | undefined): Promise<void> {
    if (body.name.trim() !== body.name) throw storageErrors.invalidBucketName();
    checkBucketName(body.name);
    if (body.name.endsWith(RESERVED_SUFFIX)) throw storageErrors.invalidBucketName();
    if (body.type === 'ANALYTICS') return insertAnalytics(transaction, body.name);
    const limit = this.#sizeLimit(body.file_size_limit);
    const types = mimeTypes(body.allowed_mime_types);
    try {
      await transaction.query(
        `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          body.id || body.name,
          body.name,
          isUuid(owner) ? owner : null,
          owner ?? null,
          body.public ?? false,
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

  show = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    const rows = await this.#database.asCaller(exchange, (transaction) =>
      transaction.query<BucketRow>(`select ${COLUMNS} from storage.buckets where id = $1`, [bucket]),
    );
    const row = rows.rows[0];
    if (!row) throw storageErrors.noSuchBucket();
    sendJson(exchange.res, 200, presentBucket(row, false));
  };

  list = async (exchange: Exchange): Promise<void> => {
    const options = exchange.body as {
      limit?: number;
      offset?: number;
      sortColumn?: string;
      sortOrder?: string;
      search?: string;
    };
    const order = options.sortColumn
      ? `order by ${options.sortColumn} ${options.sortOrder === 'desc' ? 'desc' : 'asc'}`
      : '';
    const { rows } = await this.#database.asCaller(exchange, (transaction) =>
      transaction.query<BucketRow>(
        `select ${COLUMNS} from storage.buckets
         where $1 = '' or strpos(lower(name), lower($1)) > 0 ${order} limit $2 offset $3`,
        [options.search ?? '', options.limit ?? null, options.offset ?? 0],
      ),
    );
    const withType = !isOldPythonClient(exchange);
    sendJson(
      exchange.res,
      200,
      rows.map((row) => presentBucket(row, withType)),
    );
  };

  update = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    checkBucketName(bucket);
    const body = exchange.body as Omit<BucketBody, 'name'>;
    const fields: [string, unknown][] = [
      ['public', body.public],
      ['file_size_limit', this.#sizeLimit(body.file_size_limit)],
      ['allowed_mime_types', mimeTypes(body.allowed_mime_types)],
    ];
    const set = fields.filter(([, value]) => value !== undefined);
    const { rowCount } = await this.#database.asCaller(exchange, (transaction) =>
      transaction.query(
        `update storage.buckets set ${set.map(([name], index) => `${name} = $${index + 2}`).join(', ')} where id = $1`,
        [bucket, ...set.map(([, value]) => value)],
      ),
    );
    if (rowCount === 0) throw storageErrors.noSuchBucket();
    sendJson(exchange.res, 200, { message: 'Successfully updated' });
  };

  remove = async (exchange: Exchange): Promise<void> => {
    await this.delete(exchange, exchange.params.bucket ?? '');
    sendJson(exchange.res, 200, { message: 'Successfully deleted' });
  };

  /** Deletes an empty bucket as the caller. @throws StorageError ResourceNotEmpty, NoSuchBucket */
  async delete(exchange: Exchange, id: string): Promise<void> {
    await this.get(id);
    const used = await this.#database.read(
      'bucket-is-used',
      'select from storage.objects where bucket_id = $1 limit 1',
      [id],
    );
    if (used.length > 0) throw storageErrors.bucketNotEmpty();
    const deleted = await this.#database
      .asCaller(exchange, (transaction) =>
        transaction.query('delete from storage.buckets where id = $1', [id]),
      )
      .catch((error: unknown) => {
        // An upload came in between.
        if (error instanceof pg.DatabaseError && error.constraint === 'objects_bucketId_fkey')
          throw storageErrors.bucketNotEmpty();
        throw error instanceof pg.DatabaseError ? fromDatabaseError(error) : error;
      });
    if (deleted.rowCount === 0) throw storageErrors.noSuchBucket();
  }

  empty = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    if (exchange.caller.role !== 'service_role')
      throw storageErrors.accessDenied('Access denied: Invalid role', 403);
    await this.get(bucket);
    const { rows } = await this.#database.asService(exchange, (transaction) =>
      transaction.query<{ version: string | null }>(
        'delete from storage.objects where bucket_id = $1 returning version',
        [bucket],
      ),
    );
    await this.#blobs.remove(rows.map((row) => row.version));
    const message = 'Empty bucket has been queued. Completion may take up to an hour.';
    sendJson(exchange.res, 200, { message });
  };

  #sizeLimit(value: number | string | null | undefined): number | null | undefined {
    if (value === undefined || value === null) return value;
    const limit = parseSizeLimit(value);
    if (limit > this.#globalLimit) throw storageErrors.tooLarge();
    return limit;
  }
}

/** Noted and no more: without the Iceberg catalog, which the CLI's stack has not, nothing asks for such a bucket. */
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

function presentBucket(row: BucketRow, withType: boolean): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner ?? '',
    public: row.public,
    ...(withType ? { type: row.type } : {}),
    file_size_limit: row.file_size_limit === null ? null : Number(row.file_size_limit),
    allowed_mime_types: row.allowed_mime_types,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** Clients that fail on the property `type`: supabase-py before 2.18, storage3 before 0.12.1. */
function isOldPythonClient({ req }: Exchange): boolean {
  const supabasePy = /supabase-py\/(\d+)\.(\d+)\.\d+/i.exec(String(req.headers['x-client-info'] ?? ''));
  if (supabasePy) return Number(supabasePy[1]) < 2 || (supabasePy[1] === '2' && Number(supabasePy[2]) < 18);
  const storage3 = /supabase-py\/storage3 v(\d+)\.(\d+)\.(\d+)/i.exec(req.headers['user-agent'] ?? '');
  if (!storage3) return false;
  const [major = 0, minor = 0, patch = 0] = storage3.slice(1).map(Number);
  return major === 0 && (minor < 12 || (minor === 12 && patch < 1));
}
