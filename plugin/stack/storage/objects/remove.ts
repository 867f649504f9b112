import { storageErrors } from '../errors.ts';
import { sendJson, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import type { ObjectStore } from './object-store.ts';
import { presentObject, type ObjectRow } from './row.ts';

export const REMOVE_MANY: Schema = {
  type: 'object',
  properties: { prefixes: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  required: ['prefixes'],
};

/** Deleting objects: rows first, then their bytes. */
export class Removals {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  removeOne = async (exchange: Exchange): Promise<void> => {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const known = await this.#objects.database.read(
      'object-exists',
      'select from storage.objects where bucket_id = $1 and name = $2',
      [bucket, name],
    );
    if (known.length === 0) throw storageErrors.noSuchKey();
    if ((await this.remove(exchange, bucket, [name])).length === 0) throw storageErrors.accessDenied();
    sendJson(exchange.res, 200, { message: 'Successfully deleted' });
  };

  removeMany = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    checkBucketName(bucket);
    const { prefixes } = exchange.body as { prefixes: string[] };
    const rows = await this.remove(exchange, bucket, prefixes);
    sendJson(exchange.res, 200, rows.map(presentObject));
  };

  /** Deletes what the caller may delete, and returns it. */
  async remove(exchange: Exchange, bucket: string, names: readonly string[]): Promise<ObjectRow[]> {
    const { rows } = await this.#objects.database.asCaller(exchange, (transaction) =>
      transaction.query<ObjectRow>(
        'delete from storage.objects where bucket_id = $1 and name = any($2::text[]) returning *',
        [bucket, names],
      ),
    );
    await this.#objects.blobs.remove(rows.map((row) => row.version));
    return rows;
  }
}
