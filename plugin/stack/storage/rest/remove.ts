// Storage v1.70.6 src/http/routes/object/{deleteObject,deleteObjects}.ts
import { sendJson } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { removeObject, removeObjects } from '../objects/remove.ts';
import { presentObject } from './present-object.ts';
import type { RestContext, RestExchange } from './route.ts';

export const REMOVE_MANY = {
  type: 'object',
  properties: { prefixes: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  required: ['prefixes'],
} as const satisfies Schema;

export async function removeOne(
  { objects }: RestContext,
  { res, scope, bucket, name }: RestExchange,
): Promise<void> {
  checkBucketName(bucket);
  await removeObject(objects, scope, bucket, name);
  sendJson(res, 200, { message: 'Successfully deleted' });
}

export async function removeMany(
  { objects }: RestContext,
  { res, scope, bucket, input }: RestExchange<ValueOf<typeof REMOVE_MANY>>,
): Promise<void> {
  checkBucketName(bucket);
  // The field is called prefixes, but holds whole names.
  const rows = await removeObjects(objects, scope, bucket, input.prefixes);
  sendJson(res, 200, rows.map(presentObject));
}
