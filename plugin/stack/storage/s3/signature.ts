// Storage v1.70.6 src/storage/protocols/s3/signature-v4.ts
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { StorageError, storageErrors } from '../errors.ts';

/** A client's signature, from the Authorization header, the query of a presigned URL or a form. */
export interface ClientSignature {
  readonly accessKey: string;
  /** `20261122` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `20261122T154133Z` */
  readonly longDate: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** SHA-256 of the body as the client states it, or a constant such as UNSIGNED-PAYLOAD. */
  readonly contentHash: string | undefined;
  /** Access token of the user whose policies apply to the request. */
  readonly sessionToken: string | undefined;
}

/** The request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** As the client wrote it, with the gateway's prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Host, and port unless it is the default one, as the client used them. */
  readonly host: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** The region of the Supabase CLI's stack. */
export const REGION = 'local';
/** Regions that clients use when none is configured. */
const ANY_REGION = new Set(['auto', 'us-east-1', '']);
const NEVER_SIGNED = new Set(
  'authorization connection expect from keep-alive max-forwards pragma referer te trailer transfer-encoding upgrade user-agent x-amzn-trace-id'.split(
    ' ',
  ),
);

/** @throws StorageError AccessDenied without a signature, InvalidSignature, ExpiredToken */
export function readSignature(headers: IncomingHttpHeaders, query: URLSearchParams): ClientSignature {
  const { authorization } = headers;
  if (authorization?.startsWith(`${ALGORITHM} `)) return fromHeader(authorization, headers);
  if (query.has('X-Amz-Credential')) return fromQuery(query);
  throw storageErrors.accessDenied('Missing signature');
}

function fromHeader(authorization: string, headers: IncomingHttpHeaders): ClientSignature {
  const parts = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim().split('=', 2) as [string, string | undefined]),
  );
  return makeSignature({
    credential: parts.get('Credential'),
    signedHeaders: parts.get('SignedHeaders'),
    signature: parts.get('Signature'),
    longDate: single(headers['x-amz-date']),
    contentHash: single(headers['x-amz-content-sha256']),
    sessionToken: single(headers['x-amz-security-token']),
  });
}

function fromQuery(query: URLSearchParams): ClientSignature {
  const get = (name: string): string | undefined => query.get(`X-Amz-${name}`) ?? undefined;
  const signature = makeSignature({
    credential: get('Credential'),
    signedHeaders: get('SignedHeaders'),
    signature: get('Signature'),
    longDate: get('Date'),
    contentHash: get('Content-Sha256'),
    sessionToken: get('Security-Token'),
  });
  const expires = get('Expires');
  if (expires !== undefined) checkExpiry(signature.longDate, expires);
  return signature;
}

/** The signature of a browser's form, which covers only the form's policy. @throws StorageError InvalidSignature */
export function readFormSignature(fields: ReadonlyMap<string, string>): ClientSignature {
  return makeSignature({
    credential: fields.get('x-amz-credential'),
    signedHeaders: '',
    signature: fields.get('x-amz-signature'),
    longDate: fields.get('x-amz-date'),
    contentHash: undefined,
    sessionToken: fields.get('x-amz-security-token'),
  });
}

function makeSignature(parts: {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  longDate: string | undefined;
  contentHash: string | undefined;
  sessionToken: string | undefined;
}): ClientSignature {
  const { credential, signedHeaders, signature, longDate, contentHash, sessionToken } = parts;
  if (
    credential === undefined ||
    signedHeaders === undefined ||
    signature === undefined ||
    longDate === undefined
  )
    throw storageErrors.invalidSignature('Invalid signature format');
  const scope = credential.split('/');
  if (scope.length !== 5) throw storageErrors.invalidSignature('Invalid credentials');
  const [accessKey = '', date = '', region = '', service = ''] = scope;
  const names = signedHeaders.split(';').filter(Boolean);
  return {
    accessKey,
    date,
    // Like Storage, replaces other regions, so that a signature made with one is not valid.
    region: ANY_REGION.has(region) ? region : REGION,
    service,
    longDate,
    signature,
    contentHash,
    sessionToken,
    signedHeaders: names,
  };
}

function checkExpiry(longDate: string, expires: string): void {
  const seconds = Number(expires);
  if (!Number.isFinite(seconds) || seconds < 0) throw storageErrors.invalidSignature('Invalid expiration');
  const iso = longDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const end = Date.parse(iso) + seconds * 1000;
  if (Number.isNaN(end) || end < Date.now())
    throw new StorageError(400, 'ExpiredToken', 'The provided token has expired.');
}

/** Whether the request was signed with this secret (AWS Signature Version 4). */
export function isSignatureValid(client: ClientSignature, request: SignedRequest, secret: string): boolean {
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    canonicalHeaders(client.signedHeaders, request),
    client.signedHeaders.toSorted().join(';'),
    payloadHash(client, request),
  ].join('\n');
  const scope = `${client.date}/${client.region}/${client.service}/aws4_request`;
  const text = [ALGORITHM, client.longDate, scope, sha256(canonical)].join('\n');
  return isSameText(hmac(signingKey(client, secret), text).toString('hex'), client.signature);
}

/** Whether a form's policy was signed with this secret. */
export function isPolicySignatureValid(client: ClientSignature, policy: string, secret: string): boolean {
  return isSameText(hmac(signingKey(client, secret), policy).toString('hex'), client.signature);
}

/** The signature of a chunk of a streamed body, which covers that of the chunk before. */
export function signChunk(client: ClientSignature, secret: string, previous: string, hash: string): string {
  const scope = `${client.date}/${client.region}/${client.service}/aws4_request`;
  const text = [`${ALGORITHM}-PAYLOAD`, client.longDate, scope, previous, sha256(''), hash].join('\n');
  return hmac(signingKey(client, secret), text).toString('hex');
}

export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalHeaders(names: readonly string[], { headers, host }: SignedRequest): string {
  const lines = names.toSorted().flatMap((name) => {
    if (name === 'host') return [`host:${host}`];
    if (NEVER_SIGNED.has(name)) return [];
    const sent = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const value = name === 'content-length' ? (sent ?? '0') : sent;
    return value === undefined ? [] : [`${name}:${single(value)}`];
  });
  return `${lines.join('\n')}\n`;
}

function payloadHash(client: ClientSignature, { method, query }: SignedRequest): string {
  if (query.has('X-Amz-Signature') && method === 'GET') return 'UNSIGNED-PAYLOAD';
  return client.contentHash ?? 'UNSIGNED-PAYLOAD';
}

function signingKey({ date, region, service }: ClientSignature, secret: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
}

/** Percent-encoding of RFC 3986, which has fewer unreserved characters than `encodeURIComponent`. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
