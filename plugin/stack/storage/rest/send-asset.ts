import type { ServerResponse } from 'node:http';
import type { BlobStore } from '../disk/blob-store.ts';
import { openCurrent } from '../disk/open-current.ts';
import { StorageError } from '../errors.ts';
import { header, type Exchange } from '../http/exchange.ts';
import { sendBlob } from '../http/send-blob.ts';
import { parseRange } from '../objects/range.ts';
import type { ObjectMetadata, ObjectRow } from '../objects/row.ts';

export interface AssetOptions {
  /** Instead of Cache-Control, for signed URLs: when they end. */
  readonly expires?: Date;
}

/** What the original says of bytes whose row does not: an S3 copy that replaces the metadata may leave it out. */
export const UNKNOWN: ObjectMetadata = { mimetype: 'application/octet-stream', cacheControl: 'no-cache' };

/** Answers with the bytes of the object that `find` finds: whole, a range, or 304, with the Storage API's headers. */
export async function sendAsset(
  exchange: Exchange,
  blobs: BlobStore,
  find: () => Promise<Pick<ObjectRow, 'version' | 'metadata'>>,
  options: AssetOptions = {},
): Promise<void> {
  const { req, res } = exchange;
  const { row, blob } = await openCurrent(blobs, find);
  const metadata = { ...UNKNOWN, ...row.metadata };
  try {
    const { size } = blob;
    const notModified = isNotModified(exchange, metadata);
    const wanted = header(req, 'range');
    const range = wanted === undefined || notModified ? undefined : parseRange(wanted, size);
    setAssetHeaders(res, metadata);
    if (options.expires) setHeader(res, 'expires', options.expires.toUTCString());
    else setHeader(res, 'cache-control', cacheControl(exchange, metadata, 'stale-while-revalidate=30'));
    if (range) setHeader(res, 'content-range', `bytes ${range.start}-${range.end}/${size}`);
    setDisposition(exchange);
    const length = notModified ? 0 : range ? range.end - range.start + 1 : size;
    setHeader(res, 'content-length', String(length));
    res.statusCode = notModified ? 304 : range ? 206 : 200;
    if (length === 0 || req.method === 'HEAD') res.end();
    else await sendBlob(res, blob, range?.start ?? 0, length);
  } finally {
    await blob.close();
  }
}

/** Answers HEAD from the row alone. */
export function sendAssetHead(exchange: Exchange, row: Pick<ObjectRow, 'metadata'>): void {
  const { res } = exchange;
  const metadata = row.metadata ?? {};
  setAssetHeaders(res, metadata);
  setHeader(res, 'cache-control', cacheControl(exchange, metadata, 'must-revalidate'));
  setHeader(res, 'content-length', metadata.contentLength?.toString());
  res.statusCode = 200;
  res.end();
}

/** ETag and times, which an object's information has too. */
export function setVersionHeaders(res: ServerResponse, metadata: ObjectMetadata): void {
  setHeader(res, 'etag', metadata.eTag ?? '');
  if (metadata.lastModified) setHeader(res, 'last-modified', new Date(metadata.lastModified).toUTCString());
}

export function setAssetHeaders(res: ServerResponse, metadata: ObjectMetadata): void {
  setHeader(res, 'accept-ranges', 'bytes');
  // Pages from a bucket must not run scripts on the origin that serves it.
  const isPage = metadata.mimetype?.toLowerCase().includes('text/html') === true;
  setHeader(res, 'content-type', isPage ? 'text/plain' : metadata.mimetype);
  setHeader(res, 'x-robots-tag', metadata.xRobotsTag ?? 'none');
  setVersionHeaders(res, metadata);
}

/** `?download` and `?download=name` ask for a file to be saved. */
export function setDisposition({ res, query }: Exchange): void {
  const name = query.get('download');
  if (name === null) return;
  const encoded = encodeURIComponent(name);
  const value = name === '' ? 'attachment;' : `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`;
  setHeader(res, 'content-disposition', value);
}

/** What Node refuses to send in a header. */
// oxlint-disable-next-line no-control-regex -- control characters are among it
export const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

/** @throws StorageError for what an uploader wrote and no header can carry */
export function setHeader(res: ServerResponse, name: string, value: string | undefined): void {
  if (value === undefined) return;
  if (NOT_IN_HEADERS.test(value)) {
    const message = `Invalid character in response header "${name}": ${value.slice(0, 50)}`;
    throw new StorageError(400, 'InvalidRequest', message, { error: 'invalid_header_char' });
  }
  res.setHeader(name, value);
}

/** The object's, with what a client is told that asked whether its copy is still good, and whose is not. */
export function cacheControl(
  { req }: Exchange,
  metadata: ObjectMetadata,
  onMiss: string,
): string | undefined {
  const known = header(req, 'if-none-match');
  if (known === undefined || known === metadata.eTag) return metadata.cacheControl;
  return [metadata.cacheControl, onMiss].filter(Boolean).join(', ');
}

/** As the original: the ETag must be the very same text, and either of the two headers suffices. */
export function isNotModified({ req }: Exchange, metadata: ObjectMetadata): boolean {
  const known = header(req, 'if-none-match');
  if (known !== undefined && known === metadata.eTag) return true;
  const since = Date.parse(header(req, 'if-modified-since') ?? '');
  return metadata.lastModified !== undefined && since >= Date.parse(metadata.lastModified);
}
