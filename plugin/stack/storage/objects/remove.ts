import type { RequestScope } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { existingNames } from './lookup.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectRow } from './row.ts';

/** Deletes one object as the caller. @throws StorageError NoSuchKey, AccessDenied */
export async function removeObject(
  objects: ObjectStore,
  scope: RequestScope,
  bucket: string,
  name: string,
): Promise<void> {
  if ((await existingNames(objects.database, bucket, [name])).size === 0) throw storageErrors.noSuchKey();
  if ((await removeObjects(objects, scope, bucket, [name])).length === 0) throw storageErrors.accessDenied();
}

/** Deletes those of these objects that the caller may delete, rows first, then bytes; returns their rows. */
export async function removeObjects(
  { database, blobs }: ObjectStore,
  scope: RequestScope,
  bucket: string,
  names: readonly string[],
): Promise<ObjectRow[]> {
  const { rows } = await database.asCaller(scope, (transaction) =>
    transaction.query<ObjectRow>(
      'delete from storage.objects where bucket_id = $1 and name = any($2::text[]) returning *',
      [bucket, names],
    ),
  );
  await blobs.remove(rows.map((row) => row.version));
  return rows;
}
