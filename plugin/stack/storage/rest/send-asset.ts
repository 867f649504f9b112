// Storage v1.70.6 src/storage/renderer/{asset,head,renderer}.ts
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlobStore } from '../disk/blob-store.ts';
import { openCurrent } from '../disk/open-current.ts';
import { DEFAULT_METADATA, planDelivery } from '../http/conditional.ts';
import { header, type Exchange } from '../http/exchange.ts';
import { setHeader } from '../http/respond.ts';
import { sendBlob } from '../http/send-blob.ts';
import type { ObjectMetadata, ObjectRow } from '../objects/row.ts';

/**
 * Answers with the bytes of an object: all of them, a range, or 304.
 *
 * @param find looks up the object, again if its bytes are replaced meanwhile
 * @param expires when the signed URL expires; the response then has Expires instead of Cache-Control
 */
export async function sendAsset(
  { req, res, query }: Exchange,
  blobs: BlobStore,
  find: () => Promise<Pick<ObjectRow, 'version' | 'metadata'>>,
  expires?: Date,
): Promise<void> {
  const { row, blob } = await openCurrent(blobs, find);
  const metadata = { ...DEFAULT_METADATA, ...row.metadata };
  try {
    const delivery = planDelivery(req, metadata, blob.size);
    setAssetHeaders(res, metadata);
    setLifetime(req, res, metadata, expires);
    setHeader(res, 'content-range', delivery.contentRange);
    setDisposition(res, query);
    setHeader(res, 'content-length', String(delivery.length));
    res.statusCode = delivery.status;
    if (delivery.length === 0 || req.method === 'HEAD') res.end();
    else await sendBlob(res, blob, delivery.start, delivery.length);
  } finally {
    await blob.close();
  }
}

/** Answers HEAD from the row alone. */
export function sendAssetHead({ req, res }: Exchange, row: Pick<ObjectRow, 'metadata'>): void {
  const metadata = row.metadata ?? {};
  setAssetHeaders(res, metadata);
  setHeader(res, 'cache-control', cacheControl(req, metadata, 'must-revalidate'));
  setHeader(res, 'content-length', metadata.contentLength?.toString());
  res.statusCode = 200;
  res.end();
}

/** ETag and Last-Modified. */
export function setVersionHeaders(res: ServerResponse, metadata: ObjectMetadata): void {
  setHeader(res, 'etag', metadata.eTag ?? '');
  if (metadata.lastModified) setHeader(res, 'last-modified', new Date(metadata.lastModified).toUTCString());
}

export function setAssetHeaders(res: ServerResponse, metadata: ObjectMetadata): void {
  setHeader(res, 'accept-ranges', 'bytes');
  // Storage serves HTML as text: pages from a bucket must not run scripts on the origin that serves it.
  const isPage = metadata.mimetype?.toLowerCase().includes('text/html') === true;
  setHeader(res, 'content-type', isPage ? 'text/plain' : metadata.mimetype);
  setHeader(res, 'x-robots-tag', metadata.xRobotsTag ?? 'none');
  setVersionHeaders(res, metadata);
}

/** Expires for a signed URL, else Cache-Control. */
export function setLifetime(
  req: IncomingMessage,
  res: ServerResponse,
  metadata: ObjectMetadata,
  expires: Date | undefined,
): void {
  if (expires) setHeader(res, 'expires', expires.toUTCString());
  else setHeader(res, 'cache-control', cacheControl(req, metadata, 'stale-while-revalidate=30'));
}

/** `?download` and `?download=name` make browsers save the file. */
export function setDisposition(res: ServerResponse, query: URLSearchParams): void {
  const name = query.get('download');
  if (name === null) return;
  const encoded = encodeURIComponent(name);
  const value = name === '' ? 'attachment;' : `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`;
  setHeader(res, 'content-disposition', value);
}

/** The object's Cache-Control, with a directive added for a client whose If-None-Match does not match. */
function cacheControl(
  req: IncomingMessage,
  metadata: ObjectMetadata,
  onMismatch: string,
): string | undefined {
  const known = header(req, 'if-none-match');
  if (known === undefined || known === metadata.eTag) return metadata.cacheControl;
  return [metadata.cacheControl, onMismatch].filter(Boolean).join(', ');
}
