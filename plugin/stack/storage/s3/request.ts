import { storageErrors } from '../errors.ts';
import { header, type Exchange } from '../http/exchange.ts';
import type { ByteRange } from '../objects/range.ts';
import type { UserMetadata } from '../objects/row.ts';
import { formatXml, type XmlElement } from './xml.ts';

/** A signed request to the S3 protocol. */
export interface S3Request extends Exchange {
  readonly bucket: string;
  /** Empty for a request to the bucket itself. */
  readonly key: string;
  /** The body's own bytes, decoded if it came in signed pieces. */
  readonly content: AsyncIterable<Buffer>;
  /** Bytes of `content` as the client announced them. */
  readonly contentLength: number | undefined;
}

export function sendXml({ res }: Exchange, root: string, children: readonly XmlElement[] | string): void {
  const text = Buffer.from(formatXml(root, children));
  res.writeHead(200, { 'content-type': 'application/xml; charset=utf-8', 'content-length': text.length });
  res.end(text);
}

export function sendEmpty({ res }: Exchange, status: number, headers: Record<string, string> = {}): void {
  res.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': 0 });
  res.end();
}

/** @throws StorageError InvalidRequest with the text of the original's schema check */
export function integerParameter(
  { query }: Exchange,
  name: string,
  limits: { min?: number; max?: number } = {},
): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  const fail = (what: string): never => {
    throw storageErrors.invalidRequest(`Querystring, ${name} must be ${what}`);
  };
  if (!Number.isInteger(value)) return fail('integer');
  if (limits.min !== undefined && value < limits.min) return fail(`>= ${limits.min}`);
  if (limits.max !== undefined && value > limits.max) return fail(`<= ${limits.max}`);
  return value;
}

/** `encoding-type`: whether names in a listing are percent-encoded. @throws StorageError */
export function encodingType({ query }: Exchange): 'url' | undefined {
  const value = query.get('encoding-type');
  if (value === null || value === 'url') return value ?? undefined;
  throw storageErrors.invalidRequest('Querystring, encoding-type must be equal to one of the allowed values');
}

/**
 * `x-amz-copy-source`: where a copy comes from, percent-encoded as clients of S3 write it or not, as the original
 * wants it (no key of an object holds a percent sign).
 *
 * @throws StorageError
 */
export function copySource({ req }: Exchange): { bucket: string; key: string } {
  const text = decodeLoosely(header(req, 'x-amz-copy-source') ?? '').replace(/^\//, '');
  const [bucket = '', ...rest] = text.split('/');
  const key = rest.join('/').replace(/\?versionId=.*$/, '');
  if (bucket === '') throw storageErrors.invalidBucketName();
  if (key === '') throw storageErrors.invalidRequest('Missing Required Parameter CopySource');
  return { bucket, key };
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * `x-amz-copy-source-range`: both ends must be given and lie inside the source.
 *
 * @param size bytes of the source
 * @throws StorageError InvalidRange
 */
export function copySourceRange({ req }: Exchange, size: number): ByteRange | undefined {
  const text = header(req, 'x-amz-copy-source-range');
  if (text === undefined) return undefined;
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(text)?.map(Number) ?? [];
  if (start === undefined || end === undefined || start > end || end >= size)
    throw storageErrors.invalidCopyRange();
  return { start, end };
}

const META = 'x-amz-meta-';
const NAME = /^[\w!#$%&'*+.^`|~-]{1,8000}$/;
const VALUE = /^[\t\x20-\x7e]{0,8192}$/;

export function readUserMetadata({ req }: Exchange): UserMetadata | undefined {
  const entries = Object.entries(req.headers).filter(([name]) => name.startsWith(META));
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(META.length), value]));
}

/** What a header can carry as a header, and how much it cannot. */
export function userMetadataHeaders(metadata: UserMetadata | null): Record<string, string> {
  const headers: Record<string, string> = {};
  let missing = 0;
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (typeof value === 'string' && VALUE.test(value) && NAME.test(name))
      headers[`${META}${name.toLowerCase()}`] = value;
    else missing += 1;
  }
  return missing === 0 ? headers : { ...headers, 'x-amz-missing-meta': String(missing) };
}
