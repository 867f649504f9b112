// Storage v1.70.6 src/http/routes/s3/commands/*object*.ts, src/storage/protocols/s3/s3-handler.ts
import { openCurrent } from '../disk/open-current.ts';
import { storageErrors } from '../errors.ts';
import { DEFAULT_METADATA, planDelivery } from '../http/conditional.ts';
import { header } from '../http/exchange.ts';
import { isActiveType } from '../http/inert.ts';
import { NOT_IN_HEADERS, setHeader } from '../http/respond.ts';
import type { Schema } from '../http/schema.ts';
import { sendBlob } from '../http/send-blob.ts';
import { checkBucketName } from '../names.ts';
import { copyObject as copy } from '../objects/copy.ts';
import { existingNames, findVisible } from '../objects/lookup.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { removeObjects } from '../objects/remove.ts';
import type { ObjectRow } from '../objects/row.ts';
import { readXml } from './read-xml.ts';
import { copySource, readUserMetadata, userMetadataHeaders, type S3Request } from './request.ts';
import { sendEmpty, sendXml, type XmlElement } from './respond.ts';
import { storeContent } from './store-content.ts';

export async function putObject(objects: ObjectStore, request: S3Request): Promise<void> {
  const { req } = request;
  const row = await storeContent(objects, request, {
    name: folderFile(request.key, request.contentLength),
    mimeType: header(req, 'content-type') ?? 'application/octet-stream',
    cacheControl: header(req, 'cache-control') ?? 'no-cache',
    userMetadata: readUserMetadata(Object.entries(req.headers)) ?? {},
  });
  sendEmpty(request, 200, { etag: row.metadata?.eTag ?? '' });
}

export async function getObject(objects: ObjectStore, request: S3Request): Promise<void> {
  const { req, res } = request;
  const { row, blob } = await openCurrent(objects.blobs, () => find(objects, request));
  const metadata = row.metadata ?? {};
  try {
    const delivery = planDelivery(req, metadata, blob.size);
    setObjectHeaders(request, { ...row, metadata: { ...DEFAULT_METADATA, ...metadata } });
    setHeader(res, 'content-range', delivery.contentRange);
    setOverrides(request);
    setHeader(res, 'content-length', String(delivery.length));
    res.statusCode = delivery.status;
    if (delivery.length === 0) res.end();
    else await sendBlob(res, blob, delivery.start, delivery.length);
  } finally {
    await blob.close();
  }
}

export async function headObject(objects: ObjectStore, request: S3Request): Promise<void> {
  const { res } = request;
  const row = await find(objects, request);
  setObjectHeaders(request, row);
  setHeader(res, 'last-modified', row.updated_at?.toUTCString());
  setHeader(res, 'created-at', row.created_at?.toString());
  setHeader(res, 'content-length', String(row.metadata?.size ?? 0));
  res.writeHead(200).end();
}

export async function getTagging(objects: ObjectStore, request: S3Request): Promise<void> {
  await find(objects, request);
  sendXml(request, 'Tagging', [['TagSet', []]]);
}

export async function copyObject(objects: ObjectStore, request: S3Request): Promise<void> {
  const { req, scope, bucket, key } = request;
  const from = copySource(request);
  checkBucketName(from.bucket);
  const replaces = header(req, 'x-amz-metadata-directive') === 'REPLACE';
  const row = await copy(objects, scope, {
    from,
    to: { bucket, name: key },
    upsert: true,
    metadata: replaces
      ? { cacheControl: header(req, 'cache-control'), mimetype: header(req, 'content-type') }
      : {},
    userMetadata: replaces ? readUserMetadata(Object.entries(req.headers)) : 'copy',
  });
  sendXml(request, 'CopyObjectResult', [
    ['ETag', row.metadata?.eTag],
    ['LastModified', row.metadata?.lastModified],
  ]);
}

export async function deleteObject(objects: ObjectStore, request: S3Request): Promise<void> {
  const { scope, bucket, key } = request;
  const removed = await removeObjects(objects, scope, bucket, [key]);
  if (removed.length === 0) {
    await objects.buckets.get(bucket);
    if ((await existingNames(objects.database, bucket, [key])).size > 0) throw storageErrors.accessDenied();
  }
  sendEmpty(request, 204);
}

export async function deleteObjects(objects: ObjectStore, request: S3Request): Promise<void> {
  const { scope, bucket } = request;
  const keys = await readDeleteList(request);
  await objects.buckets.get(bucket);
  const removed = new Set((await removeObjects(objects, scope, bucket, keys)).map((row) => row.name));
  const denied = await existingNames(
    objects.database,
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
}

async function find({ database }: ObjectStore, { scope, bucket, key }: S3Request): Promise<ObjectRow> {
  checkBucketName(bucket);
  return findVisible(database, scope, bucket, key);
}

/** An empty object whose key ends in a slash stands for a folder, which Supabase's dashboard keeps by this file. */
function folderFile(key: string, contentLength: number | undefined): string {
  return key.endsWith('/') && contentLength === 0 ? `${key}.emptyFolderPlaceholder` : key;
}

const OVERRIDES = [
  'content-disposition',
  'content-type',
  'cache-control',
  'content-encoding',
  'content-language',
];

/**
 * Response headers that a presigned URL sets (`response-*`), except values that no header can carry. A URL makes no page
 * of an object: a type in which scripts run becomes text.
 */
function setOverrides({ res, query }: S3Request): void {
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (!value || NOT_IN_HEADERS.test(value)) continue;
    res.setHeader(name, name === 'content-type' && isActiveType(value) ? 'text/plain' : value);
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

const DELETE_LIST = {
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
} as const satisfies Schema;

async function readDeleteList({ req }: S3Request): Promise<string[]> {
  const body = await readXml(req, DELETE_LIST, ['Delete.Object']);
  return body.Delete.Object.map((object) => object.Key);
}
