import type { RequestScope } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { checkNewObjectName, isUuid } from '../names.ts';
import type { ObjectPath } from './copy.ts';
import { findObject } from './lookup.ts';
import { lockVersion, type ObjectStore } from './object-store.ts';

const MOVE = `update storage.objects set bucket_id = $3, name = $4, version = $7,
  owner = coalesce($5::uuid, owner), owner_id = coalesce($6, owner_id) where bucket_id = $1 and name = $2`;

/** Moves an object as the caller, who becomes its owner. @throws StorageError NoSuchKey, AccessDenied */
export async function moveObject(
  { database, blobs }: ObjectStore,
  scope: RequestScope,
  from: ObjectPath,
  to: ObjectPath,
): Promise<void> {
  checkNewObjectName(to.bucket, to.name);
  const { owner } = scope.caller;
  const values = [from.bucket, from.name, to.bucket, to.name, isUuid(owner) ? owner : null, owner ?? null];
  await database.probe(scope, async (transaction) => {
    await findObject(transaction, from.bucket, from.name);
    const { rowCount } = await transaction.query(`${MOVE} returning *`, [...values, '1']);
    if (rowCount === 0) throw storageErrors.noSuchKey();
  });
  if (from.bucket === to.bucket && from.name === to.name) return;
  // A blob does not depend on names, but the moved object gets a version of its own, as in Storage.
  let version: string | undefined;
  const old = await database
    .asService(scope, async (transaction) => {
      await lockVersion(transaction, to.bucket, to.name);
      const found = await lockVersion(transaction, from.bucket, from.name);
      if (found === undefined) throw storageErrors.noSuchKey();
      version = await blobs.copy(found ?? '');
      await transaction.query(MOVE, [...values, version]);
      return found;
    })
    .catch(async (error: unknown) => {
      await blobs.remove([version]);
      throw error;
    });
  await blobs.remove([old]);
}
