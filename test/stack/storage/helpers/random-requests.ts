import type { Random } from '../../../helpers/random.ts';
import { presign, signForm, type S3Keys } from './s3-signature.ts';

/** A hostile request; its path may hold any character that a request line can carry. */
export interface RandomRequest {
  readonly method: string;
  /** Absolute URL, percent-encoded or not. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Closes the connection in the middle of the body. */
  readonly aborts: boolean;
}

/** What requests are made of, besides chance. */
export interface Ingredients {
  /** Of the service. */
  readonly url: string;
  readonly tokens: readonly string[];
  readonly keys: readonly S3Keys[];
  /** URLs and ids that responses contained: signed URLs, resumable and multipart uploads, cursors. */
  readonly learned: string[];
}

const TEXTS = [
  ...words(`
  a a.txt open closed a/b .. ../x ./a / // é 😀 % %00 %zz %2500 %ED%A0%80 __proto__ constructor toString
  hasOwnProperty null undefined NaN -1 0 1 1e999 99999999999999999999 2147483648 true " <script> &lt; ]]> *
  */* text/html image/png a;b=c a,b = ? # .emptyFolderPlaceholder infinity 2026-01-01 bytes=0- bytes=-1
  bytes=5-1 name desc cover /9j/ { [ 00000000-0000-0000-0000-000000000000`),
  '',
  ' ',
  'a\0b',
  '\0',
  '\u0001',
  '\u007f',
  '\ufffe',
  '\ud800',
  '\u202e',
  "'",
  '\\',
  "'; select 1; --",
  '${x}',
  '\r\nx-injected: 1',
  '\n',
  '\t',
  'a'.repeat(300),
  'x/'.repeat(600),
  'l:a\0',
  'l:a\nc:updated_at\na:never',
];
const KEYS = words(`
  prefix prefixes limit offset sortBy column order search cursor with_delimiter expiresIn paths transform
  width height resize bucketId sourceKey destinationKey destinationBucket metadata mimetype cacheControl
  copyMetadata name id public file_size_limit allowed_mime_types type __proto__ constructor`);
const QUERIES = words(`
  token download width height resize format quality limit offset sortColumn sortOrder search list-type prefix
  delimiter max-keys continuation-token start-after marker encoding-type uploads uploadId partNumber
  part-number-marker max-parts max-uploads key-marker upload-id-marker delete location versioning tagging acl
  response-content-type response-content-disposition response-expires response-cache-control x-id gravity
  x_offset versionId __proto__ constructor`);
const HEADERS = words(`
  x-upsert x-metadata cache-control range if-none-match if-modified-since accept x-robots-tag x-signature
  x-client-info user-agent x-amz-acl x-amz-copy-source x-amz-copy-source-range x-amz-metadata-directive
  x-amz-content-sha256 x-amz-decoded-content-length x-amz-meta-a x-amz-date x-amz-security-token
  upload-metadata upload-length upload-offset upload-defer-length upload-concat tus-resumable
  x-http-method-override x-forwarded-host x-forwarded-port x-forwarded-prefix x-forwarded-proto
  content-encoding expect origin`);
const TYPES = [
  'application/json',
  'application/json; charset=x',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/offset+octet-stream',
  'image/png',
  'x',
  '',
  '*/*',
  'a/b;\t;;',
  'application/x-www-form-urlencoded',
  'text/html',
  'TEXT/HTML; a="\\"',
  'image/svg+xml,text/html',
];
const METHODS = words(`
  GET HEAD POST PUT PATCH DELETE OPTIONS`);
const REST = words(`
  /bucket /bucket/B /bucket/B/empty /object/B/N /object/B /object/public/B/N /object/authenticated/B/N
  /object/info/B/N /object/info/public/B/N /object/sign/B/N /object/sign/B /object/upload/sign/B/N
  /object/list/B /object/list-v2/B /object/copy /object/move /render/image/public/B/N
  /render/image/authenticated/B/N /render/image/sign/B/N /cdn/B/N /health /status /N /object/N`);
const TUS = words(`
  /upload/resumable /upload/resumable/sign /upload/resumable/N /upload/resumable/sign/N`);
const S3 = words(`
  /s3 /s3/B /s3/B/N /s3/B/N`);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** The next request of a sequence. */
export function randomRequest(random: Random, ingredients: Ingredients): RandomRequest {
  return new Generator(random, ingredients).next();
}

class Generator {
  readonly #random: Random;
  readonly #ingredients: Ingredients;

  constructor(random: Random, ingredients: Ingredients) {
    this.#random = random;
    this.#ingredients = ingredients;
  }

  next(): RandomRequest {
    const kind = this.#pick(['rest', 'rest', 's3', 'tus', 'form'] as const);
    const { url } = this.#ingredients;
    if (kind === 'form') return this.#form();
    const template = this.#pick({ rest: REST, s3: S3, tus: TUS }[kind]);
    const path = template
      .replace('B', () => this.#segment('open'))
      .replace('N', () => this.#segment('a.txt'));
    const query = this.#some(3).map(() => `${this.#pick(QUERIES)}=${encode(this.#text())}`);
    const target = `${url}${path}${query.length > 0 ? '?' : ''}${query.join('&')}`;
    const method = kind === 'tus' && this.#chance(0.5) ? this.#pick(['POST', 'PATCH']) : this.#pick(METHODS);
    const headers: Record<string, string> = {};
    for (const _ of this.#some(4)) headers[this.#pick(HEADERS)] = this.#headerValue();
    if (this.#chance(0.7)) headers['content-type'] = this.#pick(TYPES);
    if (kind !== 's3' && this.#chance(0.8)) headers.authorization = this.#pick(this.#ingredients.tokens);
    if (kind === 'tus') Object.assign(headers, this.#tusHeaders());
    if (headers.expect !== undefined) headers.expect = '100-continue';
    const body = ['GET', 'HEAD'].includes(method) ? Buffer.alloc(0) : this.#body(headers['content-type']);
    const signed =
      kind === 's3' && this.#chance(0.9)
        ? presign(method, target, this.#pick(this.#ingredients.keys))
        : target;
    return { method, url: signed, headers, body, aborts: body.length > 10 && this.#chance(0.03) };
  }

  /** A browser's form to the S3 protocol, or to an upload of the REST API. */
  #form(): RandomRequest {
    const { url, keys, tokens } = this.#ingredients;
    const fields: Record<string, string> = {};
    for (const _ of this.#some(4))
      fields[
        this.#pick([
          'key',
          'Content-Type',
          'cache-control',
          'x-amz-meta-a',
          'metadata',
          'cacheControl',
          'contentType',
        ])
      ] = this.#text();
    const bucket = this.#segment('open');
    const isS3 = this.#chance(0.5);
    const all = isS3 ? signForm(fields, decodeOr(bucket), this.#pick(keys), this.#json()) : fields;
    const name = this.#pick(['file', '', this.#text()]);
    const parts = Object.entries(all).map(([field, value]) => formPart(field, value));
    const body = this.#damage(
      `${parts.join('')}${formPart(`${name}"; filename="${this.#text()}`, this.#text())}--b--\r\n`,
    );
    return {
      method: 'POST',
      url: isS3 ? `${url}/s3/${bucket}` : `${url}/object/${bucket}/${this.#segment('a.txt')}`,
      headers: { 'content-type': 'multipart/form-data; boundary=b', authorization: this.#pick(tokens) },
      body,
      aborts: this.#chance(0.03),
    };
  }

  /** Of a small upload of one or no byte, often valid. */
  #tusHeaders(): Record<string, string> {
    const more = this.#some(2).map(() => this.#pick(['contentType', 'cacheControl', 'metadata', ...KEYS]));
    const names = [...new Set(['bucketName', 'objectName', ...more])];
    const metadata = names.map((name) => {
      const value =
        name === 'bucketName' ? 'open' : name === 'objectName' && this.#chance(0.7) ? 'a.txt' : this.#text();
      return `${name} ${this.#chance(0.9) ? Buffer.from(value).toString('base64') : this.#headerValue()}`;
    });
    const length = this.#chance(0.7) ? '1' : this.#pick(['0', '5', '-1', 'x', '1e3', '99999999999', '']);
    const offset = this.#chance(0.8) ? '0' : this.#pick(['1', '-1', 'x', '']);
    return {
      ...(this.#chance(0.95) && { 'tus-resumable': '1.0.0' }),
      ...(this.#chance(0.9) && { 'upload-length': length }),
      ...(this.#chance(0.5) && { 'upload-offset': offset }),
      ...(this.#chance(0.95) && { 'upload-metadata': metadata.join(this.#chance(0.95) ? ',' : ',,') }),
      ...(this.#chance(0.8) && { 'content-type': 'application/offset+octet-stream' }),
      ...(this.#chance(0.6) && { 'x-upsert': 'true', authorization: this.#ingredients.tokens[0] ?? '' }),
    };
  }

  #body(type = ''): Buffer {
    if (this.#chance(0.05))
      return Buffer.from('['.repeat(20_000) + (this.#chance(0.5) ? ']'.repeat(20_000) : ''));
    if (this.#chance(0.03)) return Buffer.from('<a>'.repeat(20_000));
    if (type.includes('json')) return this.#damage(JSON.stringify(this.#json()));
    if (type.includes('form-data')) return this.#damage(`${formPart(this.#text(), this.#text())}--b--`);
    if (this.#chance(0.4)) return this.#damage(this.#xml());
    if (this.#chance(0.2))
      return this.#damage(
        `1;chunk-signature=${'0'.repeat(64)}\r\nx\r\n0;chunk-signature=${'0'.repeat(64)}\r\n\r\n`,
      );
    return Buffer.from(this.#text());
  }

  #xml(): string {
    const text = (): string =>
      this.#chance(0.5) ? this.#text() : this.#pick(['&amp;', '&#0;', '&#xD800;', '&x;', '<![CDATA[x]]>']);
    const inner = this.#some(4).map(() =>
      this.#pick([
        `<Object><Key>${text()}</Key></Object>`,
        `<Part><PartNumber>${text()}</PartNumber><ETag>${text()}</ETag></Part>`,
        `<${this.#pick(KEYS)} a="${text()}">${text()}</${this.#pick(KEYS)}>`,
      ]),
    );
    const root = this.#pick(['Delete', 'CompleteMultipartUpload', '__proto__', 'constructor']);
    const head = this.#pick(['', '<?xml version="1.0"?>', '<!DOCTYPE a [<!ENTITY x "y">]>']);
    return `${head}<${root}>${inner.join('')}</${root}>`;
  }

  /** A document that often resembles a valid one. */
  #json(depth = 0): unknown {
    const kind = this.#random();
    if (depth < 3 && (depth === 0 || kind < 0.25))
      return Object.fromEntries(this.#some(6).map(() => [this.#pick(KEYS), this.#json(depth + 1)]));
    if (depth < 3 && kind < 0.4) return this.#some(4).map(() => this.#json(depth + 1));
    if (kind < 0.8) return this.#text();
    return this.#pick([0, 1, -1, 1.5, 1e308, 2 ** 53, true, false, null, { toString: 1, valueOf: null }]);
  }

  #damage(text: string): Buffer {
    const bytes = Buffer.from(text);
    if (bytes.length === 0 || this.#chance(0.7)) return bytes;
    const at = Math.floor(this.#random() * bytes.length);
    if (this.#chance(0.5)) return bytes.subarray(0, at);
    bytes[at] = Math.floor(this.#random() * 256);
    return bytes;
  }

  /** Part of a path: often a valid one, percent-encoded, or with anything that a request line can carry. */
  #segment(usual: string): string {
    if (this.#chance(0.6)) return usual;
    const text = this.#text();
    return this.#chance(0.8) ? encode(text) : text.replaceAll(/[^!-~]|[?#]/g, '%00');
  }

  #headerValue(): string {
    const text = this.#chance(0.3) ? Buffer.from(this.#text()).toString('base64') : this.#text();
    return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '\x80').trim();
  }

  #text(): string {
    const { learned } = this.#ingredients;
    if (learned.length > 0 && this.#chance(0.1)) return this.#pick(learned);
    return this.#chance(0.9) ? this.#pick(TEXTS) : this.#pick(TEXTS) + this.#pick(TEXTS);
  }

  #some(most: number): undefined[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) });
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

function formPart(name: string, value: string): string {
  return `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
