// Storage v1.70.6 src/http/routes/tus/{index,lifecycle}.ts
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MemoryLocker, Metadata, type ServerOptions, type Upload } from '@tus/server';
import { parseJson } from '../../../shared/json.ts';
import type { JwtVerifier } from '../../jwt.ts';
import { ANONYMOUS, type RequestScope } from '../database/request-scope.ts';
import { StorageError, storageErrors, toStorageError } from '../errors.ts';
import { authenticate } from '../http/authenticate.ts';
import { header } from '../http/exchange.ts';
import { checkBucketName, checkMimeType, checkNewObjectName } from '../names.ts';
import type { ObjectDraft, ObjectStore } from '../objects/object-store.ts';
import type { UserMetadata } from '../objects/row.ts';
import type { SignedTokens } from '../objects/signed-token.ts';
import { TUS_PATH } from './kept-uploads.ts';
import { TusServer } from './tus-server.ts';
import { UploadFiles } from './upload-files.ts';
import { formatUploadId, parseUploadId } from './upload-id.ts';

const SIGNED_PATH = `${TUS_PATH}/sign`;
const ALLOWED_HEADERS = ['Authorization', 'X-Upsert', 'Upload-Expires', 'ApiKey', 'x-signature'];
const OPERATIONS = new Map([
  ['POST', 'create'],
  ['PUT', 'part'],
  ['PATCH', 'part'],
  ['HEAD', 'get'],
  ['DELETE', 'delete'],
  ['OPTIONS', 'options'],
]);

/** A request while the library handles it. */
interface UploadRequest {
  readonly req: IncomingMessage;
  readonly scope: RequestScope;
  /** A signed URL sets these two, once its token is verified. */
  upsert: boolean;
  owner: string | undefined;
}

type WebRequest = Parameters<NonNullable<ServerOptions['generateUrl']>>[0];

/** Resumable uploads (TUS 1.0.0). The library implements the protocol; this class authorizes and stores the uploads. */
export class TusApi {
  readonly #objects: ObjectStore;
  readonly #verifier: JwtVerifier;
  readonly #tokens: SignedTokens;
  readonly #files: UploadFiles;
  readonly #server: TusServer;
  readonly #requests = new WeakMap<IncomingMessage, UploadRequest>();

  constructor(objects: ObjectStore, verifier: JwtVerifier, tokens: SignedTokens, globalLimit: number) {
    this.#objects = objects;
    this.#verifier = verifier;
    this.#tokens = tokens;
    this.#files = new UploadFiles(objects.blobs.uploadsDir);
    this.#server = new TusServer({
      path: TUS_PATH,
      datastore: this.#files,
      locker: new MemoryLocker(),
      disableTerminationForFinishedUploads: true,
      respectForwardedHeaders: true,
      allowedHeaders: ALLOWED_HEADERS,
      // The gateway alone decides which origins may read responses.
      allowedOrigins: () => false,
      namingFunction: (_request, metadata) => nameUpload(metadata),
      generateUrl: (request, { proto, host, id }) => this.#url(request, proto, host, id),
      getFileIdFromRequest: (request) => fileId(nodeRequest(request)),
      maxSize: async (_request, id) => (id === null ? globalLimit : this.#maxSize(id)),
      onIncomingRequest: (request, id) => this.#authorize(this.#request(request), id),
      onUploadCreate: (_request, upload) => this.#prepare(upload),
      onUploadFinish: (request, upload) => this.#finish(this.#request(request), upload),
      onResponseError: (_request, error) => presentError(error),
    });
  }

  async handle(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    const isSigned = isSignedUrl(url);
    // Browsers send preflight requests without a token.
    const isOpen = isSigned || req.method === 'OPTIONS';
    const caller = isOpen ? ANONYMOUS : await authenticate(this.#verifier, req);
    const operation = `storage.tus.upload.${OPERATIONS.get(req.method ?? '') ?? 'get'}${isSigned ? '_signed' : ''}`;
    const upsert = header(req, 'x-upsert') === 'true';
    const { method = '', headers } = req;
    const scope = { caller, operation, method, url, headers };
    this.#requests.set(req, { req, scope, upsert, owner: caller.owner });
    // The library waits for the end of the response, which never comes if the client closed the connection.
    if (req.destroyed) return;
    const closed = new Promise((resolve) => res.once('close', resolve));
    await Promise.race([this.#server.handle(req, res), closed]);
  }

  /** Runs before the library reads or changes an upload. @throws StorageError unless the request may continue it */
  async #authorize(request: UploadRequest, id: string): Promise<void> {
    const { req } = request;
    const { bucket, name } = parseUploadId(id);
    if (isSignedUrl(request.scope.url)) {
      const token = header(req, 'x-signature');
      if (!token) throw storageErrors.invalidSignature('Missing x-signature header');
      const claims = await this.#tokens.verify(token, `${bucket}/${name}`, 'upload');
      request.owner = typeof claims.owner === 'string' ? claims.owner : undefined;
      request.upsert = claims.upsert === true;
      return;
    }
    if (req.method === 'OPTIONS' || req.method === 'HEAD') return;
    const stored = req.method === 'POST' ? undefined : await this.#files.getUpload(id);
    const metadata = stored ? stored.metadata : Metadata.parse(header(req, 'upload-metadata') ?? '');
    const length = stored ? stored.size : Number(header(req, 'upload-length') ?? NaN);
    await this.#objects.checkWrite(request.scope, draftOf(request, bucket, name, metadata), {
      mimetype: metadata?.contentType ?? undefined,
      contentLength: length !== undefined && Number.isFinite(length) ? length : undefined,
    });
  }

  async #prepare(upload: Upload): Promise<{ metadata: Record<string, string | null> }> {
    const bucket = await this.#objects.buckets.get(parseUploadId(upload.id).bucket);
    const metadata = { ...upload.metadata };
    const seconds = metadata.cacheControl ?? '';
    metadata.cacheControl = /^-?\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache';
    if (metadata.contentType) checkMimeType(metadata.contentType, bucket.allowedMimeTypes);
    return { metadata };
  }

  /** Turns a complete upload into an object. */
  async #finish(request: UploadRequest, upload: Upload): Promise<{ headers: Record<string, string> }> {
    const { bucket, name, version } = parseUploadId(upload.id);
    const { metadata } = upload;
    const blob = await this.#objects.blobs.adopt(this.#files.partPath(upload.id), version);
    await this.#objects.save(request.scope, draftOf(request, bucket, name, metadata), {
      blob,
      mimeType: metadata?.contentType || 'application/octet-stream',
      cacheControl: metadata?.cacheControl || 'no-cache',
    });
    // A crash before this point leaves the upload as it was, so the client can finish it again.
    await this.#files.finish(upload.id);
    return { headers: { 'Tus-Complete': '1' } };
  }

  async #maxSize(id: string): Promise<number> {
    const { bucket, name } = parseUploadId(id);
    return this.#objects.sizeLimit(await this.#objects.buckets.get(bucket), name);
  }

  /** The absolute URL of an upload, on the origin that the client uses. */
  #url(request: WebRequest, proto: string, host: string, id: string): string {
    const req = nodeRequest(request);
    const port = header(req, 'x-forwarded-port');
    const isDefaultPort = port === undefined || port === '' || port === '80' || port === '443';
    const origin = isDefaultPort || host.includes(':') ? host : `${host}:${port}`;
    const prefix = (header(req, 'x-forwarded-prefix') ?? '/storage/v1').replace(/\/+$/, '');
    const path = isSignedUrl(this.#request(request).scope.url) ? SIGNED_PATH : TUS_PATH;
    return `${proto}://${origin}${prefix}${path}/${Buffer.from(id).toString('base64url')}`;
  }

  #request(request: WebRequest): UploadRequest {
    const found = this.#requests.get(nodeRequest(request));
    if (!found) throw storageErrors.internal('a resumable upload without a request');
    return found;
  }
}

function nodeRequest(request: WebRequest): IncomingMessage {
  const req = request.runtime?.node?.req;
  if (!req) throw storageErrors.internal('a resumable upload without a request');
  return req as IncomingMessage;
}

function isSignedUrl(url: string): boolean {
  return url === SIGNED_PATH || url.startsWith(`${SIGNED_PATH}/`) || url.startsWith(`${SIGNED_PATH}?`);
}

function nameUpload(metadata: Record<string, string | null> | undefined): string {
  if (!metadata) throw storageErrors.invalidRequest('Metadata header is required');
  const { bucketName, objectName } = metadata;
  // Checked before they are joined: a slash in the bucket's name would shift the boundary between bucket and object.
  checkBucketName(bucketName ?? '');
  checkNewObjectName(bucketName ?? '', objectName ?? '');
  return formatUploadId({ bucket: bucketName ?? '', name: objectName ?? '', version: randomUUID() });
}

function fileId(req: IncomingMessage): string | undefined {
  const last = /([^/]+)\/?$/.exec(req.url?.split('?', 1)[0] ?? '')?.[1];
  if (last === undefined || TUS_PATH.includes(last) || last === 'sign') return undefined;
  return Buffer.from(last, 'base64url').toString('utf8');
}

function draftOf(
  request: UploadRequest,
  bucket: string,
  name: string,
  metadata: Record<string, string | null> | undefined,
): ObjectDraft {
  const { owner, upsert } = request;
  return { bucket, name, owner, upsert, userMetadata: parseMetadata(metadata?.metadata) };
}

function parseMetadata(text: string | null | undefined): UserMetadata | undefined {
  const value = text ? parseJson(text) : undefined;
  // Storage accepts arrays here.
  return typeof value === 'object' && value !== null ? (value as UserMetadata) : undefined;
}

/** Storage's errors with their true status; the library's own stay as they are. */
function presentError(
  error: Error | { status_code: number; body: string },
): { status_code: number; body: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('status_code' in error && !(error instanceof StorageError)) return undefined;
  const { statusCode, message } = toStorageError(error);
  return { status_code: statusCode, body: message };
}
