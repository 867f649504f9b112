import { openCurrent } from '../disk/open-current.ts';
import { storageErrors } from '../errors.ts';
import { header } from '../http/exchange.ts';
import { sendBlob } from '../http/send-blob.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName, checkMimeType, checkNewObjectName, isEmptyFolderFile } from '../names.ts';
import { isNotModified, NOT_IN_HEADERS, setHeader, UNKNOWN } from '../rest/send-asset.ts';
import { findObject } from '../objects/find.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { parseRange } from '../objects/range.ts';
import type { Removals } from '../objects/remove.ts';
import type { ObjectRow, UserMetadata } from '../objects/row.ts';
import type { Transfers } from '../objects/transfer.ts';
import {
  copySource,
  readUserMetadata,
  sendEmpty,
  sendXml,
  userMetadataHeaders,
  type S3Request,
} from './request.ts';
import { readXml, type XmlElement } from './xml.ts';

const OVERRIDES = [
  'content-disposition',
  'content-type',
  'cache-control',
  'content-encoding',
  'content-language',
];

/** Objects over the S3 protocol. */
export class S3Objects {
  readonly #objects: ObjectStore;
  readonly #transfers: Transfers;
  readonly #removals: Removals;

  constructor(objects: ObjectStore, transfers: Transfers, removals: Removals) {
    this.#objects = objects;
    this.#transfers = transfers;
    this.#removals = removals;
  }

  put = async (request: S3Request): Promise<void> => {
    const { req } = request;
    const row = await this.store(request, {
      name: folderFile(request.key, request.contentLength),
      mimeType: header(req, 'content-type') ?? 'application/octet-stream',
      cacheControl: header(req, 'cache-control') ?? 'no-cache',
      userMetadata: readUserMetadata(request) ?? {},
    });
    sendEmpty(request, 200, { etag: row.metadata?.eTag ?? '' });
  };

  /** Stores the request's content as an object. @throws StorageError */
  async store(
    request: S3Request,
    what: { name: string; mimeType: string; cacheControl: string; userMetadata: UserMetadata },
    maxSize = Infinity,
  ): Promise<ObjectRow> {
    const { bucket, caller, content, contentLength } = request;
    const { name, mimeType, cacheControl, userMetadata } = what;
    const found = await this.#objects.buckets.get(bucket);
    if (!isEmptyFolderFile(name)) checkMimeType(mimeType, found.allowedMimeTypes);
    const limit = Math.min(maxSize, this.#objects.sizeLimit(found, name));
    if (contentLength !== undefined && contentLength > limit) throw storageErrors.tooLarge();
    checkNewObjectName(bucket, name);
    const draft = { bucket, name, owner: caller.owner, upsert: true, userMetadata };
    await this.#objects.checkWrite(request, draft, { mimetype: mimeType, contentLength });
    const { blob } = await this.#objects.blobs.store((writer) => writer.writeAll(content, limit));
    return this.#objects.save(request, draft, { blob, mimeType, cacheControl });
  }

  get = async (request: S3Request): Promise<void> => {
    const { req, res } = request;
    const { row, blob } = await openCurrent(this.#objects.blobs, () => this.#find(request));
    const metadata = row.metadata ?? {};
    try {
      const { size } = blob;
      const notModified = isNotModified(request, metadata);
      const wanted = header(req, 'range');
      const range = wanted === undefined || notModified ? undefined : parseRange(wanted, size);
      const length = notModified ? 0 : range ? range.end - range.start + 1 : size;
      setObjectHeaders(request, { ...row, metadata: { ...UNKNOWN, ...metadata } });
      if (range) setHeader(res, 'content-range', `bytes ${range.start}-${range.end}/${size}`);
      setOverrides(request);
      setHeader(res, 'content-length', String(length));
      res.statusCode = notModified ? 304 : range ? 206 : 200;
      if (length === 0) res.end();
      else await sendBlob(res, blob, range?.start ?? 0, length);
    } finally {
      await blob.close();
    }
  };

  head = async (request: S3Request): Promise<void> => {
    const { res } = request;
    const row = await this.#find(request);
    setObjectHeaders(request, row);
    setHeader(res, 'last-modified', row.updated_at?.toUTCString());
    setHeader(res, 'created-at', row.created_at?.toString());
    setHeader(res, 'content-length', String(row.metadata?.size ?? 0));
    res.writeHead(200).end();
  };

  tagging = async (request: S3Request): Promise<void> => {
    await this.#find(request);
    sendXml(request, 'Tagging', [['TagSet', []]]);
  };

  copy = async (request: S3Request): Promise<void> => {
    const { req, bucket, key } = request;
    const source = copySource(request);
    checkBucketName(source.bucket);
    const replace = header(req, 'x-amz-metadata-directive') === 'REPLACE';
    const row = await this.#transfers.copy(request, {
      bucket: source.bucket,
      name: source.key,
      toBucket: bucket,
      toName: key,
      upsert: true,
      metadata: replace
        ? { cacheControl: header(req, 'cache-control'), mimetype: header(req, 'content-type') }
        : {},
      userMetadata: replace ? readUserMetadata(request) : 'copy',
    });
    sendXml(request, 'CopyObjectResult', [
      ['ETag', row.metadata?.eTag],
      ['LastModified', row.metadata?.lastModified],
    ]);
  };

  remove = async (request: S3Request): Promise<void> => {
    const { bucket, key } = request;
    const removed = await this.#removals.remove(request, bucket, [key]);
    if (removed.length === 0) {
      await this.#objects.buckets.get(bucket);
      if ((await this.#existing(bucket, [key])).size > 0) throw storageErrors.accessDenied();
    }
    sendEmpty(request, 204);
  };

  removeMany = async (request: S3Request): Promise<void> => {
    const { bucket } = request;
    const keys = await readDeleteList(request);
    await this.#objects.buckets.get(bucket);
    const removed = new Set((await this.#removals.remove(request, bucket, keys)).map((row) => row.name));
    const denied = await this.#existing(
      bucket,
      keys.filter((key) => !removed.has(key)),
    );
    const deleted = keys
      .filter((key) => !denied.has(key))
      .map((key): XmlElement => ['Deleted', [['Key', key]]]);
    const errors = [...denied].map((key): XmlElement => [
      'Error',
      [
        ['Key', key],
        ['Code', 'AccessDenied'],
        ['Message', 'Access Denied'],
      ],
    ]);
    sendXml(request, 'DeleteResult', [...deleted, ...errors]);
  };

  async #find(request: S3Request): Promise<ObjectRow> {
    checkBucketName(request.bucket);
    return this.#objects.database.asCaller(request, (transaction) =>
      findObject(transaction, request.bucket, request.key),
    );
  }

  async #existing(bucket: string, keys: readonly string[]): Promise<Set<string>> {
    const rows = await this.#objects.database.read<{ name: string }>(
      'existing-names',
      'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
      [bucket, keys],
    );
    return new Set(rows.map((row) => row.name));
  }
}

/** A folder is kept by an empty file in it, as dashboards keep it. */
function folderFile(key: string, contentLength: number | undefined): string {
  return key.endsWith('/') && contentLength === 0 ? `${key}.emptyFolderPlaceholder` : key;
}

/** What a presigned URL says the answer's headers are to be; what no header can carry is left out. */
function setOverrides({ res, query }: S3Request): void {
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value && !NOT_IN_HEADERS.test(value)) res.setHeader(name, value);
  }
  const expires = query.get('response-expires');
  if (!expires) return;
  const date = new Date(expires);
  if (Number.isNaN(date.getTime())) throw storageErrors.invalidParameter('response-expires');
  res.setHeader('expires', date.toUTCString());
}

function setObjectHeaders({ res }: S3Request, row: ObjectRow): void {
  const metadata = row.metadata ?? {};
  setHeader(res, 'cache-control', metadata.cacheControl);
  setHeader(res, 'content-type', metadata.mimetype);
  setHeader(res, 'etag', metadata.eTag);
  if (metadata.lastModified) setHeader(res, 'last-modified', new Date(metadata.lastModified).toUTCString());
  for (const [name, value] of Object.entries(userMetadataHeaders(row.user_metadata)))
    setHeader(res, name, value);
}

const DELETE_LIST: Schema = {
  type: 'object',
  properties: {
    Delete: {
      type: 'object',
      properties: {
        Object: {
          type: 'array',
          items: { type: 'object', properties: { Key: { type: 'string' } }, required: ['Key'] },
        },
      },
      required: ['Object'],
    },
  },
  required: ['Delete'],
};

async function readDeleteList({ req }: S3Request): Promise<string[]> {
  const body = (await readXml(req, DELETE_LIST, ['Delete.Object'])) as {
    Delete: { Object: { Key: string }[] };
  };
  return body.Delete.Object.map((object) => object.Key);
}
