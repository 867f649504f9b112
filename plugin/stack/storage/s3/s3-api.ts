// Storage v1.70.6 src/http/plugins/signature-v4.ts, src/http/routes/s3/index.ts
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodePercent } from '../../http/percent.ts';
import { storageErrors } from '../errors.ts';
import { bodyOf } from '../http/body.ts';
import { header, isForm } from '../http/exchange.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { decodeChunkedBody, isChunkedBody, signatureMismatch } from './chunked-body.ts';
import type { S3Credentials } from './credentials.ts';
import { findOperation } from './operations.ts';
import { postForm } from './post-form.ts';
import type { S3Request } from './request.ts';
import { sendEmpty, sendS3Error } from './respond.ts';
import { isSignatureValid, readSignature, signChunk, type ClientSignature } from './signature.ts';

const S3_PATH = '/s3';
/** The gateway's prefix, which clients sign as part of the path. */
const PREFIX = '/storage/v1';

/** Whether a path belongs to the S3 protocol. */
export function isS3Path(path: string): boolean {
  return path === S3_PATH || path.startsWith(`${S3_PATH}/`);
}

/** The S3 protocol: verifies the signature, then runs the operation. */
export class S3Api {
  readonly #objects: ObjectStore;
  readonly #credentials: S3Credentials;

  constructor(objects: ObjectStore, credentials: S3Credentials) {
    this.#objects = objects;
    this.#credentials = credentials;
  }

  async handle(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    try {
      await this.#answer(req, res, url);
    } catch (error) {
      sendS3Error(req, res, url, error);
    }
  }

  async #answer(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    const { method = 'GET', headers } = req;
    const [path = ''] = url.split('?', 1);
    const query = new URLSearchParams(url.slice(path.length + 1));
    const [first = '', ...rest] = path.slice(S3_PATH.length + 1).split('/');
    const bucket = decode(first);
    const key = decode(rest.join('/'));
    if (method === 'POST' && isForm(req) && key === '')
      return postForm(this.#objects, this.#credentials, { req, res, url, bucket });
    const client = readSignature(headers, query);
    const secret = this.#credentials.secretOf(client);
    const signed = { method, path: `${PREFIX}${path}`, query, headers, host: hostOf(req) };
    if (!isSignatureValid(client, signed, secret)) throw signatureMismatch();
    const caller = await this.#credentials.callerOf(client, headers);
    const found = findOperation(req, { bucket, key }, query);
    if (!found) return sendEmpty({ res }, 404);
    const scope = { caller, operation: `storage.s3.${found.name}`, method, url, headers };
    await found.handle(this.#objects, {
      req,
      res,
      query,
      scope,
      bucket,
      key,
      ...contentOf(req, client, secret),
    });
  }
}

/** The body, decoded if it is sent in signed chunks. */
function contentOf(
  req: IncomingMessage,
  client: ClientSignature,
  secret: string,
): Pick<S3Request, 'content' | 'contentLength'> {
  const contentHash = header(req, 'x-amz-content-sha256') ?? '';
  const isChunked = isChunkedBody(contentHash);
  const length = header(req, isChunked ? 'x-amz-decoded-content-length' : 'content-length');
  const sign = (previous: string, hash: string): string => signChunk(client, secret, previous, hash);
  return {
    content: isChunked ? decodeChunkedBody(bodyOf(req), contentHash, sign, client.signature) : bodyOf(req),
    contentLength: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined,
  };
}

/** The host as the client signed it. */
function hostOf(req: IncomingMessage): string {
  const host = header(req, 'x-forwarded-host') ?? req.headers.host ?? '';
  const port = header(req, 'x-forwarded-port');
  if (host.includes(':') || port === undefined || port === '' || port === '80' || port === '443')
    return host.toLowerCase();
  return `${host.toLowerCase()}:${port}`;
}

function decode(text: string): string {
  const decoded = decodePercent(text);
  if (decoded === undefined) throw storageErrors.invalidRequest('Invalid URL encoding');
  return decoded;
}
