import type { Transaction } from '../database/database.ts';
import { storageErrors } from '../errors.ts';
import { checkObjectName } from '../names.ts';
import type { ObjectRow } from './row.ts';

/**
 * The row that the transaction's role may see.
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
  if (!rows[0]) throw storageErrors.noSuchKey();
  return rows[0];
}
