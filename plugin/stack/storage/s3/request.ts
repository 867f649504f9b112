import { decodePercent } from '../../http/percent.ts';
import { storageErrors } from '../errors.ts';
import { header, type Exchange } from '../http/exchange.ts';
import type { ObjectPath } from '../objects/copy.ts';
import type { ByteRange } from '../objects/range.ts';
import type { UserMetadata } from '../objects/row.ts';

/** A signed request to the S3 protocol. */
export interface S3Request extends Exchange {
  /** Empty for a request to the service itself. */
  readonly bucket: string;
  /** Empty for a request to the bucket itself. */
  readonly key: string;
  /** The bytes of the body, decoded if it is `aws-chunked`. */
  readonly content: AsyncIterable<Buffer>;
  /** Bytes of `content` as the client announced them. */
  readonly contentLength: number | undefined;
}

/** A query parameter; undefined if missing or empty. @throws StorageError InvalidRequest with Storage's message */
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
 * `x-amz-copy-source`: the source of a copy. S3 clients percent-encode it, Storage expects it plain; both work, because
 * no object name contains a percent sign.
 *
 * @throws StorageError
 */
export function copySource({ req }: Exchange): ObjectPath {
  const value = header(req, 'x-amz-copy-source') ?? '';
  const text = (decodePercent(value) ?? value).replace(/^\//, '');
  const [bucket = '', ...rest] = text.split('/');
  const name = rest.join('/').replace(/\?versionId=.*$/, '');
  if (bucket === '') throw storageErrors.invalidBucketName();
  if (name === '') throw storageErrors.invalidRequest('Missing Required Parameter CopySource');
  return { bucket, name };
}

/**
 * `x-amz-copy-source-range`: both ends are required and must be inside the source.
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

/** The `x-amz-meta-*` entries of headers or fields; undefined without any. */
export function readUserMetadata(entries: Iterable<[string, unknown]>): UserMetadata | undefined {
  const found = [...entries].filter(([name]) => name.startsWith(META));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(META.length), value]));
}

/** Metadata as headers; `x-amz-missing-meta` counts the entries that no header can carry. */
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
