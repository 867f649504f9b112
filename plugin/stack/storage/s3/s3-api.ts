import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StackContext } from '../../context.ts';
import { JwtVerifyError } from '../../jwt.ts';
import { callerOf, verifyInTime, type Caller } from '../http/authenticate.ts';
import { StorageError, storageErrors, toStorageError } from '../errors.ts';
import { header, startErrorAnswer, type Exchange } from '../http/exchange.ts';
import { bodyOf } from '../http/body.ts';
import { readForm } from '../http/form.ts';
import { decodeChunkedBody, isChunkedBody, signatureMismatch } from './chunked-body.ts';
import { checkPostPolicy } from './post-policy.ts';
import {
  isPolicySignatureGood,
  isSignatureGood,
  readFormSignature,
  readSignature,
  signChunk,
  type ClientSignature,
} from './signature.ts';
import type { S3Buckets } from './buckets.ts';
import type { S3Listing } from './listing.ts';
import type { S3Multipart } from './multipart.ts';
import type { S3Objects } from './objects.ts';
import { sendEmpty, type S3Request } from './request.ts';
import { formatXml } from './xml.ts';

/** The Supabase CLI's well-known local S3 credentials. */
export const S3_ACCESS_KEY = '625729a08b95bf1b7ff351a663f3a23c';
export const S3_SECRET_KEY = '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907';
const S3_PATH = '/s3';

/** Id of the one project of the CLI's Storage: the access key of requests with a session token. */
const TENANT = 'stub';
const PREFIX = '/storage/v1';
/** A form signed by an SDK has eight fields before those of the application. */
const MAX_FORM_FIELDS = 20;
/** Sub-resources that are not there: the original would overwrite the object, or delete it. */
const UNSUPPORTED = ['acl', 'tagging', 'retention', 'legal-hold', 'torrent', 'restore', 'select'];

type Handler = (request: S3Request) => Promise<void>;

/** The parts of the S3 protocol. */
export interface S3Parts {
  readonly buckets: S3Buckets;
  readonly objects: S3Objects;
  readonly multipart: S3Multipart;
  readonly listing: S3Listing;
}

/** The S3 protocol: signatures, then the operation that method, path and query name. */
export class S3Api {
  readonly #parts: S3Parts;
  readonly #context: StackContext;

  constructor(parts: S3Parts, context: StackContext) {
    this.#parts = parts;
    this.#context = context;
  }

  static owns(path: string): boolean {
    return path === S3_PATH || path.startsWith(`${S3_PATH}/`);
  }

  async handle(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    try {
      await this.#answer(req, res, url);
    } catch (error) {
      sendS3Error(req, res, url, toStorageError(error));
    }
  }

  async #answer(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    const [path = ''] = url.split('?', 1);
    const query = new URLSearchParams(url.slice(path.length + 1));
    const [bucket = '', ...rest] = path.slice(S3_PATH.length + 1).split('/');
    const names = { bucket: decode(bucket), key: decode(rest.join('/')) };
    const exchange = { req, res, url, query, params: {}, body: undefined };
    const isForm = req.headers['content-type']?.startsWith('multipart/form-data') === true;
    if (req.method === 'POST' && isForm && names.key === '') return this.#postForm(exchange, names.bucket);
    const client = readSignature(req.headers, query);
    const secret = this.#secretOf(client);
    const signed = { method: req.method ?? 'GET', path: `${PREFIX}${path}`, query, headers: req.headers };
    if (!isSignatureGood(client, { ...signed, host: hostOf(req) }, secret)) throw signatureMismatch();
    const caller = await this.#caller(client);
    const found = this.#operation(req, names, query);
    if (!found) return sendEmpty(exchange as Exchange, 404);
    const [operation, handler] = found;
    const contentHash = header(req, 'x-amz-content-sha256') ?? '';
    const isChunked = isChunkedBody(contentHash);
    const length = header(req, isChunked ? 'x-amz-decoded-content-length' : 'content-length');
    const content = isChunked
      ? decodeChunkedBody(
          bodyOf(req),
          contentHash,
          (previous, hash) => signChunk(client, secret, previous, hash),
          client.signature,
        )
      : bodyOf(req);
    await handler({
      ...exchange,
      ...names,
      caller,
      operation: `storage.s3.${operation}`,
      content,
      contentLength: length === undefined ? undefined : Number(length),
    });
  }

  /** Which operation a request is, as S3 tells them apart; undefined for none. @throws StorageError NotImplemented */
  #operation(
    req: IncomingMessage,
    { bucket, key }: { bucket: string; key: string },
    query: URLSearchParams,
  ): [operation: string, handler: Handler] | undefined {
    const { buckets, objects, multipart, listing } = this.#parts;
    const isCopy = req.headers['x-amz-copy-source'] !== undefined;
    const isPart = query.has('uploadId');
    switch (`${req.method} ${bucket === '' ? 'service' : key === '' ? 'bucket' : 'object'}`) {
      case 'GET service':
        return ['bucket.list', buckets.list];
      case 'PUT bucket':
        return ['bucket.create', buckets.create];
      case 'HEAD bucket':
        return ['bucket.head', buckets.head];
      case 'DELETE bucket':
        return ['bucket.delete', buckets.remove];
      case 'GET bucket':
        if (query.has('location')) return ['bucket.get_location', buckets.location];
        if (query.has('versioning')) return ['bucket.get_versioning', buckets.versioning];
        if (query.has('uploads')) return ['upload.list_multipart', multipart.listUploads];
        return ['object.list', query.get('list-type') === '2' ? listing.version2 : listing.version1];
      case 'POST bucket':
        if (query.has('delete')) return ['object.delete_many', objects.removeMany];
        break;
      case 'HEAD object':
        return ['object.info', objects.head];
      case 'GET object':
        if (isPart) return ['upload.list_parts', multipart.listParts];
        if (query.has('tagging')) return ['object.get_tagging', objects.tagging];
        return ['object.get', objects.get];
      case 'PUT object':
        if (UNSUPPORTED.some((name) => query.has(name))) throw notImplemented();
        if (isPart && isCopy) return ['upload.part_copy', multipart.copyPart];
        if (isPart) return ['upload.part', multipart.uploadPart];
        return isCopy ? ['object.copy', objects.copy] : ['upload', objects.put];
      case 'POST object':
        if (query.has('uploads')) return ['upload.create_multipart', multipart.create];
        if (isPart) return ['upload.complete_multipart', multipart.complete];
        break;
      case 'DELETE object':
        if (isPart) return ['upload.abort_multipart', multipart.abort];
        if (UNSUPPORTED.some((name) => query.has(name))) throw notImplemented();
        return ['object.delete', objects.remove];
    }
    return undefined;
  }

  /** @throws StorageError AccessDenied for keys that are not this stack's */
  #secretOf({ accessKey, service, sessionToken }: ClientSignature): string {
    const isSession = sessionToken !== undefined;
    const isKnown = isSession
      ? accessKey === TENANT || accessKey === this.#context.config.projectId
      : accessKey === S3_ACCESS_KEY;
    if (!isKnown) throw storageErrors.accessDenied('Invalid Access Key');
    if (service !== 's3') throw storageErrors.accessDenied('Invalid Service');
    return isSession ? this.#context.keys.anonKey : S3_SECRET_KEY;
  }

  /** A session token's user, else the service role. */
  async #caller({ sessionToken }: ClientSignature): Promise<Caller> {
    const token = sessionToken ?? this.#context.keys.serviceRoleKey;
    try {
      return callerOf(await verifyInTime(this.#context.jwt, token), token);
    } catch (error) {
      throw error instanceof JwtVerifyError ? storageErrors.accessDenied(error.message) : error;
    }
  }

  /** A browser's upload by a form, whose fields stand before the file and carry a signed policy. */
  async #postForm(exchange: Omit<Exchange, 'caller' | 'operation'>, bucket: string): Promise<void> {
    let etag: string | undefined;
    await readForm(
      exchange.req,
      async (file, partType, early) => {
        const fields = new Map([...early].map(([name, value]) => [name.toLowerCase(), value]));
        const client = readFormSignature(fields);
        const policy = fields.get('policy');
        if (policy === undefined) throw storageErrors.invalidSignature('Invalid signature format');
        if (!isPolicySignatureGood(client, policy, this.#secretOf(client))) throw signatureMismatch();
        const sizes = checkPostPolicy(policy, fields, bucket);
        const caller = await this.#caller(client);
        const key = fields.get('key') ?? '';
        const request = { ...exchange, caller, operation: 'storage.s3.upload', bucket, key };
        const metadata = [...fields].filter(([name]) => name.startsWith('x-amz-meta-'));
        const row = await this.#parts.objects.store(
          { ...request, content: atLeast(sizes.minSize, file), contentLength: undefined },
          {
            name: key,
            mimeType: fields.get('content-type') ?? partType,
            cacheControl: fields.get('cache-control') ?? 'no-cache',
            userMetadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(11), value])),
          },
          sizes.maxSize,
        );
        etag = row.metadata?.eTag;
      },
      MAX_FORM_FIELDS,
    );
    sendEmpty(exchange as Exchange, 200, etag === undefined ? {} : { etag });
  }
}

/** @throws StorageError EntityTooSmall, with the text of Amazon's: the original forgets the sizes of a policy */
async function* atLeast(size: number, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = size;
  for await (const chunk of source) {
    left -= chunk.length;
    yield chunk;
  }
  const message = 'Your proposed upload is smaller than the minimum allowed size';
  if (left > 0) throw new StorageError(400, 'EntityTooSmall', message);
}

function notImplemented(): StorageError {
  return new StorageError(
    501,
    'NotImplemented',
    'A header or query you provided implies functionality that is not implemented',
  );
}

/** What the client wrote into its signature as the host. */
function hostOf(req: IncomingMessage): string {
  const host = header(req, 'x-forwarded-host') ?? req.headers.host ?? '';
  const port = header(req, 'x-forwarded-port');
  if (host.includes(':') || port === undefined || port === '' || port === '80' || port === '443')
    return host.toLowerCase();
  return `${host.toLowerCase()}:${port}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw storageErrors.invalidRequest('Invalid URL encoding');
  }
}

/** Errors have their true status here, and name what was asked for. */
function sendS3Error(req: IncomingMessage, res: ServerResponse, url: string, error: StorageError): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  startErrorAnswer(req, res);
  const resource = (url.split('?', 1)[0] ?? '').split('/').filter(Boolean).slice(1).join('/');
  const text = Buffer.from(
    formatXml('Error', [
      ['Resource', resource],
      ['Code', error.code],
      ['Message', error.message],
    ]),
  );
  res.writeHead(error.statusCode, {
    'content-type': 'application/xml; charset=utf-8',
    'content-length': text.length,
  });
  res.end(text);
}
