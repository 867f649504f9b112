// Storage v1.70.6 src/storage/renderer/asset.ts, src/storage/backend/file.ts
import type { IncomingMessage } from 'node:http';
import { parseRange, type ByteRange } from '../objects/range.ts';
import type { ObjectMetadata } from '../objects/row.ts';
import { header } from './exchange.ts';

/** What Storage reports for bytes whose row has no metadata, such as those of an S3 copy that replaced it. */
export const DEFAULT_METADATA: ObjectMetadata = {
  mimetype: 'application/octet-stream',
  cacheControl: 'no-cache',
};

/** How much of an object a request gets. */
export interface Delivery {
  readonly status: 200 | 206 | 304;
  /** Offset of the first byte. */
  readonly start: number;
  /** Bytes to send. */
  readonly length: number;
  /** Header Content-Range, for a part. */
  readonly contentRange: string | undefined;
}

/**
 * Evaluates the conditions and the range of a download.
 *
 * @param size bytes of the object
 * @throws StorageError InvalidRange
 */
export function planDelivery(req: IncomingMessage, metadata: ObjectMetadata, size: number): Delivery {
  if (isNotModified(req, metadata)) return { status: 304, start: 0, length: 0, contentRange: undefined };
  const wanted = header(req, 'range');
  if (wanted === undefined) return { status: 200, start: 0, length: size, contentRange: undefined };
  const { start, end }: ByteRange = parseRange(wanted, size);
  return { status: 206, start, length: end - start + 1, contentRange: `bytes ${start}-${end}/${size}` };
}

/** Storage compares ETags as text, and either of the two headers suffices. */
function isNotModified(req: IncomingMessage, metadata: ObjectMetadata): boolean {
  const known = header(req, 'if-none-match');
  if (known !== undefined && known === metadata.eTag) return true;
  const since = Date.parse(header(req, 'if-modified-since') ?? '');
  return metadata.lastModified !== undefined && since >= Date.parse(metadata.lastModified);
}
