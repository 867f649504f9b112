// Storage v1.70.6 src/http/routes/render/*.ts, src/storage/renderer/image.ts
import type { OpenBlob } from '../disk/open-blob.ts';
import { openCurrent } from '../disk/open-current.ts';
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
  await sendImage(context, exchange, () => findPublic(context.objects.database, bucket, name), input);
}

export async function render(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TRANSFORMATION>>,
): Promise<void> {
  const { scope, bucket, name, input } = exchange;
  const find = (): Promise<StoredObject> => findReadable(context.objects.database, scope, bucket, name);
  await sendImage(context, exchange, find, input);
}

/** The token determines the transformation: no other one can be requested with it. */
export async function renderSigned(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TOKEN_QUERY>>,
): Promise<void> {
  const { bucket, name, input } = exchange;
  const { claims, expires } = await verifySignedUrl(context.tokens, exchange, input.token);
  const find = (): Promise<StoredObject> => findSigned(context.objects.database, bucket, name);
  const transformations = typeof claims.transformations === 'string' ? claims.transformations : '';
  await sendImage(context, exchange, find, parseTransformation(transformations), expires);
}

async function sendImage(
  { objects }: RestContext,
  { req, res, query }: RestExchange,
  find: () => Promise<StoredObject>,
  transformation: Transformation,
  expires?: Date,
): Promise<void> {
  const applied = describeTransformation(transformation);
  const { row, blob } = await openCurrent(objects.blobs, find);
  const source = await readWhole(blob);
  const metadata = row.metadata ?? {};
  const image = await renderImage(source, transformation, header(req, 'accept') ?? '');
  const bytes = image?.bytes ?? source;
  setAssetHeaders(res, { ...metadata, mimetype: image?.contentType ?? 'image/svg+xml' });
  // The response was rendered just now, and imgproxy does not pass on the source's time.
  res.removeHeader('last-modified');
  setLifetime(req, res, metadata, expires);
  if (applied !== '') setHeader(res, 'x-transformations', applied);
  setDisposition(res, query);
  setHeader(res, 'content-length', String(bytes.length));
  res.writeHead(200).end(bytes);
}

/** The bytes of a blob, which is closed then. @throws StorageError above `MAX_FILE_SIZE` */
async function readWhole(blob: OpenBlob): Promise<Buffer> {
  const { size, content } = blob;
  try {
    if (size > MAX_FILE_SIZE) throw invalidImage();
    return Buffer.isBuffer(content) ? content : await content.readFile();
  } finally {
    await blob.close();
  }
}
