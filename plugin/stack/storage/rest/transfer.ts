// Storage v1.70.6 src/http/routes/object/{copyObject,moveObject}.ts
import { header } from '../http/exchange.ts';
import { sendJson } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { copyObject, type ObjectPath } from '../objects/copy.ts';
import { moveObject } from '../objects/move.ts';
import { parseMetadataHeader } from '../objects/user-metadata.ts';
import { presentObject } from './present-object.ts';
import type { RestContext, RestExchange } from './route.ts';

const ENDS = {
  bucketId: { type: 'string' },
  sourceKey: { type: 'string' },
  destinationBucket: { type: 'string' },
  destinationKey: { type: 'string' },
} as const;

export const COPY = {
  type: 'object',
  properties: {
    ...ENDS,
    metadata: {
      type: 'object',
      properties: { cacheControl: { type: 'string' }, mimetype: { type: 'string' } },
    },
    copyMetadata: { type: 'boolean' },
  },
  required: ['sourceKey', 'bucketId', 'destinationKey'],
} as const satisfies Schema;

export const MOVE = {
  type: 'object',
  properties: ENDS,
  required: ['bucketId', 'sourceKey', 'destinationKey'],
} as const satisfies Schema;

export async function copy(
  { objects }: RestContext,
  { req, res, scope, input }: RestExchange<ValueOf<typeof COPY>>,
): Promise<void> {
  const { from, to } = endsOf(input);
  const { copyMetadata: keepsMetadata = true, metadata = {} } = input;
  checkBucketName(from.bucket);
  const row = await copyObject(objects, scope, {
    from,
    to,
    upsert: header(req, 'x-upsert') === 'true',
    metadata: keepsMetadata ? {} : pickGiven(metadata),
    userMetadata: keepsMetadata ? 'copy' : parseMetadataHeader(header(req, 'x-metadata')),
  });
  sendJson(res, 200, { Id: row.id, Key: `${to.bucket}/${to.name}`, ...presentObject(row) });
}

export async function move(
  { objects }: RestContext,
  { res, scope, input }: RestExchange<ValueOf<typeof MOVE>>,
): Promise<void> {
  const { from, to } = endsOf(input);
  checkBucketName(from.bucket);
  await moveObject(objects, scope, from, to);
  sendJson(res, 200, { message: 'Successfully moved' });
}

function endsOf(input: ValueOf<typeof MOVE>): { from: ObjectPath; to: ObjectPath } {
  return {
    from: { bucket: input.bucketId, name: input.sourceKey },
    to: { bucket: input.destinationBucket || input.bucketId, name: input.destinationKey },
  };
}

type GivenMetadata = NonNullable<ValueOf<typeof COPY>['metadata']>;

/** Without properties that are missing: they must not replace those of the source. */
function pickGiven({ cacheControl, mimetype }: GivenMetadata): GivenMetadata {
  return {
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(mimetype === undefined ? {} : { mimetype }),
  };
}
