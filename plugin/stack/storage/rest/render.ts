// Storage v1.70.6 src/http/routes/render/*.ts, src/storage/renderer/image.ts
import { access, readFile } from 'node:fs/promises';
import { header } from '../http/exchange.ts';
import { setHeader } from '../http/respond.ts';
import type { ValueOf } from '../http/schema.ts';
import { findPublic, findReadable, findSigned } from '../objects/lookup.ts';
import type { StoredObject } from '../objects/row.ts';
import { invalidImage, renderImage } from '../render/image.ts';
import {
  describeTransformation,
  parseTransformation,
  type Transformation,
} from '../render/transformation.ts';
import type { TOKEN_QUERY } from './download.ts';
import type { RestContext, RestExchange } from './route.ts';
import { setAssetHeaders, setDisposition, setLifetime } from './send-asset.ts';
import { verifySignedUrl } from './signed-url.ts';
import type { TRANSFORMATION } from './transformation-schema.ts';

// Bytes, from the CLI's settings of imgproxy.
const MAX_FILE_SIZE = 25_000_000;

export async function renderPublic(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TRANSFORMATION>>,
): Promise<void> {
  const { bucket, name, input } = exchange;
  const row = await findPublic(context.objects.database, bucket, name);
  await sendImage(context, exchange, row, input);
}

export async function render(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TRANSFORMATION>>,
): Promise<void> {
  const { scope, bucket, name, input } = exchange;
  const row = await findReadable(context.objects.database, scope, bucket, name);
  await sendImage(context, exchange, row, input);
}

/** The token determines the transformation: no other one can be requested with it. */
export async function renderSigned(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TOKEN_QUERY>>,
): Promise<void> {
  const { bucket, name, input } = exchange;
  const { claims, expires } = await verifySignedUrl(context.tokens, exchange, input.token);
  const row = await findSigned(context.objects.database, bucket, name);
  const transformations = typeof claims.transformations === 'string' ? claims.transformations : '';
  await sendImage(context, exchange, row, parseTransformation(transformations), expires);
}

async function sendImage(
  { objects }: RestContext,
  { req, res, query }: RestExchange,
  row: StoredObject,
  transformation: Transformation,
  expires?: Date,
): Promise<void> {
  const metadata = row.metadata ?? {};
  const applied = describeTransformation(transformation);
  if ((metadata.size ?? 0) > MAX_FILE_SIZE) throw invalidImage();
  const path = objects.blobs.path(row.version);
  await access(path);
  const image = await renderImage(path, transformation, header(req, 'accept') ?? '');
  const bytes = image?.bytes ?? (await readFile(path));
  setAssetHeaders(res, { ...metadata, mimetype: image?.contentType ?? 'image/svg+xml' });
  // The response was rendered just now, and imgproxy does not pass on the source's time.
  res.removeHeader('last-modified');
  setLifetime(req, res, metadata, expires);
  if (applied !== '') setHeader(res, 'x-transformations', applied);
  setDisposition(res, query);
  setHeader(res, 'content-length', String(bytes.length));
  res.writeHead(200).end(bytes);
}
