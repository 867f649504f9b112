import type { ObjectStore } from '../objects/object-store.ts';
import { decodeCursor, encodeCursor } from '../rest/list.ts';
import { listPage, type Page } from '../objects/list-page.ts';
import { encodingType, integerParameter, sendXml, type S3Request } from './request.ts';
import type { XmlElement } from './xml.ts';

const MAX_KEYS = 1000;

/** Listing objects over the S3 protocol, versions 1 and 2. */
export class S3Listing {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  version2 = async (request: S3Request): Promise<void> => {
    const { query } = request;
    const token = query.get('continuation-token') ?? undefined;
    const cursor = token === undefined ? undefined : decodeCursor(token);
    const { page, limit } = await this.#page(request, cursor?.last || (query.get('start-after') ?? ''));
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
  };

  version1 = async (request: S3Request): Promise<void> => {
    const { query } = request;
    const { page, limit } = await this.#page(request, query.get('marker') ?? '');
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
  };

  async #page(request: S3Request, after: string): Promise<{ page: Page; limit: number }> {
    const { bucket, query } = request;
    encodingType(request);
    await this.#objects.buckets.get(bucket);
    const limit = Math.min(integerParameter(request, 'max-keys', { min: 0 }) || MAX_KEYS, MAX_KEYS);
    const page = await this.#objects.database.asCaller(request, (transaction) =>
      listPage(transaction, {
        bucket,
        prefix: query.get('prefix') ?? '',
        delimiter: query.get('delimiter') || undefined,
        limit,
        after,
        order: 'asc',
        column: 'name',
        afterTime: '',
      }),
    );
    return { page, limit };
  }
}

/** A folder's name with its delimiter, so that going on from it cannot be mistaken for going on from an object. */
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
