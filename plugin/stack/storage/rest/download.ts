// Storage v1.70.6 src/http/routes/object/{getObject,getPublicObject,getSignedObject,getObjectInfo}.ts
import { findById, findPublic, findReadable, findSigned } from '../objects/lookup.ts';
import type { StoredObject } from '../objects/row.ts';
import { sendJson, setHeader } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import type { RestContext, RestExchange } from './route.ts';
import { sendAsset, sendAssetHead, setVersionHeaders } from './send-asset.ts';
import { verifySignedUrl } from './signed-url.ts';

/** Query of a signed URL. */
export const TOKEN_QUERY = {
  type: 'object',
  properties: { token: { type: 'string' } },
  required: ['token'],
} as const satisfies Schema;

export async function downloadPublic({ objects }: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name } = exchange;
  await sendAsset(exchange, objects.blobs, () => findPublic(objects.database, bucket, name));
}

export async function download({ objects }: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name, scope } = exchange;
  await sendAsset(exchange, objects.blobs, () => findReadable(objects.database, scope, bucket, name));
}

export async function downloadSigned(
  { objects, tokens }: RestContext,
  exchange: RestExchange<ValueOf<typeof TOKEN_QUERY>>,
): Promise<void> {
  const { bucket, name, input } = exchange;
  const { expires } = await verifySignedUrl(tokens, exchange, input.token);
  await sendAsset(exchange, objects.blobs, () => findSigned(objects.database, bucket, name), expires);
}

export async function headPublic({ objects }: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name } = exchange;
  sendAssetHead(exchange, await findPublic(objects.database, bucket, name, true));
}

export async function head({ objects }: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name, scope } = exchange;
  sendAssetHead(exchange, await findReadable(objects.database, scope, bucket, name));
}

export async function infoPublic(context: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name } = exchange;
  await sendInfo(context, exchange, await findPublic(context.objects.database, bucket, name, true));
}

export async function info(context: RestContext, exchange: RestExchange): Promise<void> {
  const { bucket, name, scope } = exchange;
  await sendInfo(context, exchange, await findReadable(context.objects.database, scope, bucket, name));
}

async function sendInfo(
  { objects }: RestContext,
  { res }: RestExchange,
  { id }: StoredObject,
): Promise<void> {
  const row = await findById(objects.database, id);
  const metadata = row.metadata ?? {};
  setVersionHeaders(res, metadata);
  setHeader(res, 'cache-control', metadata.cacheControl);
  sendJson(res, 200, {
    id: row.id,
    name: row.name,
    version: row.version,
    bucket_id: row.bucket_id,
    size: metadata.size ?? null,
    content_type: metadata.mimetype ?? null,
    cache_control: metadata.cacheControl ?? null,
    etag: metadata.eTag ?? null,
    metadata: row.user_metadata,
    last_modified: row.updated_at,
    created_at: row.created_at,
  });
}
