// Storage v1.70.6 src/storage/object.ts
import type { StorageDatabase, Transaction } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { checkBucketName, checkObjectName } from '../names.ts';
import type { ObjectRow, StoredObject } from './row.ts';

/**
 * An object that the role of the transaction may see.
 *
 * @throws StorageError InvalidKey, NoSuchKey
 */
export async function findObject(transaction: Transaction, bucket: string, name: string): Promise<ObjectRow> {
  checkObjectName(name);
  const { rows } = await transaction.query<ObjectRow>({
    name: 'find-object',
    text: 'select * from storage.objects where name = $1 and bucket_id = $2',
    values: [name, bucket],
  });
  return rows[0] ?? missing();
}

/** An object that row level security lets the caller see. @throws StorageError InvalidKey, NoSuchKey */
export function findVisible(
  database: StorageDatabase,
  scope: RequestScope,
  bucket: string,
  name: string,
): Promise<ObjectRow> {
  return database.asCaller(scope, (transaction) => findObject(transaction, bucket, name));
}

/**
 * An object of a public bucket.
 *
 * @param bucketFirst whether a missing bucket is reported as such, instead of as a missing object
 * @throws StorageError InvalidBucketName, InvalidKey, NoSuchBucket, NoSuchKey
 */
export async function findPublic(
  database: StorageDatabase,
  bucket: string,
  name: string,
  bucketFirst = false,
): Promise<StoredObject> {
  checkBucketName(bucket);
  checkObjectName(name);
  const found = await findWithBucket(database, bucket, name);
  if (found.public === false || (bucketFirst && found.public === undefined))
    throw storageErrors.noSuchBucket();
  return found.object ?? missing();
}

/**
 * An object of a public bucket, or one that row level security lets the caller see.
 *
 * @throws StorageError InvalidBucketName, InvalidKey, NoSuchBucket, NoSuchKey
 */
export async function findReadable(
  database: StorageDatabase,
  scope: RequestScope,
  bucket: string,
  name: string,
): Promise<StoredObject> {
  checkBucketName(bucket);
  const found = await findWithBucket(database, bucket, name);
  if (found.public === undefined || (!found.public && !scope.caller.authenticated))
    throw storageErrors.noSuchBucket();
  checkObjectName(name);
  if (found.public) return found.object ?? missing();
  return findVisible(database, scope, bucket, name);
}

/** An object past row level security, for a signed URL that was verified. @throws StorageError NoSuchKey */
export async function findSigned(
  database: StorageDatabase,
  bucket: string,
  name: string,
): Promise<StoredObject> {
  return (await findWithBucket(database, bucket, name)).object ?? missing();
}

/** The whole row of an object that was found before. @throws StorageError NoSuchKey */
export async function findById(database: StorageDatabase, id: string): Promise<ObjectRow> {
  const [row] = await database.read<ObjectRow>(
    'object-by-id',
    'select * from storage.objects where id = $1',
    [id],
  );
  return row ?? missing();
}

/** The names among these that exist, past row level security. */
export async function existingNames(
  database: StorageDatabase,
  bucket: string,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await database.read<{ name: string }>(
    'existing-names',
    'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
    [bucket, names],
  );
  return new Set(rows.map((row) => row.name));
}

/** The names among these that row level security lets the caller see. */
export async function visibleNames(
  database: StorageDatabase,
  scope: RequestScope,
  bucket: string,
  names: readonly string[],
): Promise<Set<string>> {
  const { rows } = await database.asCaller(scope, (transaction) =>
    transaction.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
      [bucket, names],
    ),
  );
  return new Set(rows.map((row) => row.name));
}

/** Bucket and object in one query, past row level security; `public` is undefined when there is no bucket. */
async function findWithBucket(
  database: StorageDatabase,
  bucket: string,
  name: string,
): Promise<{ public?: boolean; object?: StoredObject }> {
  const [row] = await database.read<StoredObject & { is_public: boolean | null }>(
    'find-object-and-bucket',
    `select b.public as is_public, o.id, o.version, o.metadata from storage.buckets b
     left join storage.objects o on o.bucket_id = b.id and o.name = $2 where b.id = $1`,
    [bucket, name],
  );
  if (!row) return {};
  return { public: row.is_public === true, ...(row.id === null ? {} : { object: row }) };
}

function missing(): never {
  throw storageErrors.noSuchKey();
}
