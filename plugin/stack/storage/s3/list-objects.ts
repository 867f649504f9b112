// Storage v1.70.6 src/http/routes/s3/commands/list-objects.ts, src/storage/protocols/s3/s3-handler.ts
import { decodeCursor, encodeCursor } from '../objects/cursor.ts';
import { listPage, type Page } from '../objects/list-page.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { encodingType, integerParameter, type S3Request } from './request.ts';
import { sendXml, type XmlElement } from './respond.ts';

const MAX_KEYS = 1000;

export async function listObjectsV2(objects: ObjectStore, request: S3Request): Promise<void> {
  const { query } = request;
  const token = query.get('continuation-token') ?? undefined;
  const cursor = token === undefined ? undefined : decodeCursor(token);
  const after = cursor?.last || (query.get('start-after') ?? '');
  const { page, limit } = await readPage(objects, request, after);
  const next = page.last && encodeCursor({ last: lastName(page, request), order: cursor?.order });
  sendXml(request, 'ListBucketResult', [
    ['Name', request.bucket],
    ['Prefix', query.get('prefix') ?? ''],
    ['ContinuationToken', token],
    ...contents(page, request),
    ['IsTruncated', page.last !== undefined],
    ['MaxKeys', limit],
    ['Delimiter', query.get('delimiter') || undefined],
    ['EncodingType', encodingType(request)],
    ['KeyCount', page.objects.length + page.folders.length],
    ...commonPrefixes(page, request),
    ['NextContinuationToken', next],
  ]);
}

export async function listObjectsV1(objects: ObjectStore, request: S3Request): Promise<void> {
  const { query } = request;
  const { page, limit } = await readPage(objects, request, query.get('marker') ?? '');
  const next = page.last && lastName(page, request);
  sendXml(request, 'ListBucketResult', [
    ['Name', request.bucket],
    ['Prefix', query.get('prefix') ?? ''],
    ['Marker', next],
    ['NextMarker', query.get('delimiter') ? next : undefined],
    ['MaxKeys', limit],
    ['IsTruncated', page.last !== undefined],
    ...contents(page, request),
    ...commonPrefixes(page, request),
    ['EncodingType', encodingType(request)],
  ]);
}

async function readPage(
  objects: ObjectStore,
  request: S3Request,
  after: string,
): Promise<{ page: Page; limit: number }> {
  const { scope, bucket, query } = request;
  encodingType(request);
  await objects.buckets.get(bucket);
  const limit = Math.min(integerParameter(request, 'max-keys', { min: 0 }) || MAX_KEYS, MAX_KEYS);
  const page = await listPage(objects.database, scope, {
    bucket,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') || undefined,
    limit,
    after,
    order: 'asc',
    column: 'name',
    afterTime: '',
  });
  return { page, limit };
}

/** The last name of a page. A folder's has its delimiter, so the next page skips the folder's objects as well. */
function lastName(page: Page, { query }: S3Request): string {
  const { name = '', id = null } = page.last ?? {};
  return id === null ? `${name}${query.get('delimiter')}` : name;
}

function contents(page: Page, request: S3Request): XmlElement[] {
  return page.objects.map((row) => [
    'Contents',
    [
      ['Key', encodeName(row.name, request)],
      ['LastModified', row.updated_at?.toISOString()],
      ['ETag', row.metadata?.eTag],
      ['Size', row.metadata?.size ?? 0],
      ['StorageClass', 'STANDARD'],
    ],
  ]);
}

function commonPrefixes(page: Page, request: S3Request): XmlElement[] {
  return page.folders.map((row) => ['CommonPrefixes', [['Prefix', encodeName(row.name, request)]]]);
}

function encodeName(name: string, { query }: S3Request): string {
  return query.get('encoding-type') === 'url' ? encodeURIComponent(name) : name;
}
