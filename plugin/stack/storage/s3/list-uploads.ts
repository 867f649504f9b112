// Storage v1.70.6 src/http/routes/s3/commands/list-multipart-uploads.ts
import type { ObjectStore } from '../objects/object-store.ts';
import { encodingType, integerParameter, type S3Request } from './request.ts';
import { sendXml, type XmlElement } from './respond.ts';

const MAX_LISTED = 1000;

interface ListedUpload {
  /** Key of an upload, or a folder with its delimiter. */
  readonly name: string;
  readonly id: string;
  readonly created_at: Date;
  readonly is_folder: boolean;
}

// A folder appears once, with a rank below every id, so that continuing after any of its uploads skips it.
const LIST_UPLOADS = `select * from (
    select distinct on (name collate "C", rank) name, rank, id, created_at, is_folder from (
      select coalesce(folder, key) as name, case when folder is null then id else '' end as rank,
        id, created_at, folder is not null as is_folder
      from (
        select id, key, created_at, storage.get_common_prefix(key, $2, $3) as folder
        from storage.s3_multipart_uploads where bucket_id = $1 and starts_with(key, $2)
      ) uploads
    ) named
    order by name collate "C", rank, id
  ) listed
  where case
    when $4 = '' then true
    when $5 = '' then name collate "C" > $4
    else (name collate "C", rank) > ($4, $5)
  end
  order by name collate "C", rank limit $6`;

/** The unfinished uploads of a bucket, by page. @throws StorageError */
export async function listMultipartUploads(objects: ObjectStore, request: S3Request): Promise<void> {
  const { bucket, query } = request;
  const limit = integerParameter(request, 'max-uploads', { min: 1, max: MAX_LISTED }) ?? MAX_LISTED;
  const encoding = encodingType(request);
  await objects.buckets.get(bucket);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') || null;
  const [keyMarker, idMarker] = [query.get('key-marker'), query.get('upload-id-marker')];
  const after = [decodeMarker(keyMarker), decodeMarker(idMarker)];
  const { rows } = await objects.database.asCaller(request.scope, (transaction) =>
    transaction.query<ListedUpload>(LIST_UPLOADS, [bucket, prefix, delimiter, ...after, limit + 1]),
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const encode = (name: string): string => (encoding === 'url' ? encodeURIComponent(name) : name);
  sendXml(request, 'ListMultipartUploadsResult', [
    ['Name', bucket],
    ['Prefix', prefix],
    ['KeyMarker', keyMarker ?? undefined],
    ['UploadIdMarker', idMarker ?? undefined],
    ['NextKeyMarker', last && encodeMarker(last.name)],
    ['NextUploadIdMarker', last && encodeMarker(last.id)],
    ...shown
      .filter((row) => !row.is_folder)
      .map((row): XmlElement => [
        'Upload',
        [
          ['Key', encode(row.name)],
          ['Initiated', row.created_at.toISOString()],
          ['UploadId', row.id],
          ['StorageClass', 'STANDARD'],
        ],
      ]),
    ['IsTruncated', last !== undefined],
    ['MaxUploads', limit],
    ['Delimiter', delimiter ?? undefined],
    ['EncodingType', encoding],
    ['KeyCount', shown.length],
    ...shown
      .filter((row) => row.is_folder)
      .map((row): XmlElement => ['CommonPrefixes', [['Prefix', encode(row.name)]]]),
  ]);
}

/** An opaque marker of a listing, in Storage's format. */
function encodeMarker(text: string): string {
  return Buffer.from(`l:${text}`).toString('base64');
}

/** Accepts a marker of `encodeMarker`, or a plain name as in S3's documentation. */
function decodeMarker(marker: string | null): string {
  const text = Buffer.from(marker ?? '', 'base64').toString();
  return text.startsWith('l:') ? text.slice(2) : (marker ?? '');
}
