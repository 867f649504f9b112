// Storage v1.70.6 src/http/routes/s3/commands/*upload*.ts
import { createReadStream } from 'node:fs';
import { StorageError, storageErrors } from '../errors.ts';
import { header } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkMimeType, checkNewObjectName } from '../names.ts';
import { findVisible } from '../objects/lookup.ts';
import type { ObjectDraft, ObjectStore } from '../objects/object-store.ts';
import type { UserMetadata } from '../objects/row.ts';
import {
  createUpload,
  deleteUpload,
  findUpload,
  listParts,
  readParts,
  storePart,
  type MultipartUpload,
  type Part,
} from './multipart-uploads.ts';
import {
  copySource,
  copySourceRange,
  integerParameter,
  readUserMetadata,
  type S3Request,
} from './request.ts';
import { readXml } from './read-xml.ts';
import { sendEmpty, sendXml, type XmlElement } from './respond.ts';

const MAX_PARTS = 10_000;
const MAX_LISTED = 1000;

export async function createMultipartUpload(objects: ObjectStore, request: S3Request): Promise<void> {
  const { bucket, key, req, scope } = request;
  checkNewObjectName(bucket, key);
  const { allowedMimeTypes } = await objects.buckets.get(bucket);
  const mimetype = header(req, 'content-type');
  if (mimetype !== undefined) checkMimeType(mimetype, allowedMimeTypes);
  const userMetadata = readUserMetadata(Object.entries(req.headers));
  await objects.checkWrite(scope, draftOf(request, userMetadata), { mimetype });
  const metadata = { mimetype, cacheControl: header(req, 'cache-control') };
  const id = await createUpload(objects, scope, { bucket, key, userMetadata, metadata });
  sendXml(request, 'InitiateMultipartUploadResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['UploadId', id],
  ]);
}

export async function uploadPart(objects: ObjectStore, request: S3Request): Promise<void> {
  const number = partNumber(request);
  const { scope, content, contentLength: length } = request;
  if (length === undefined) throw storageErrors.missingContentLength();
  const upload = await findWritable(objects, request);
  const md5 = await storePart(objects, scope, upload, { number, content, length });
  sendEmpty(request, 200, { etag: md5, 'access-control-expose-headers': 'etag' });
}

export async function copyPart(objects: ObjectStore, request: S3Request): Promise<void> {
  const number = partNumber(request);
  const source = copySource(request);
  const row = await findVisible(objects.database, request.scope, source.bucket, source.name);
  const size = row.metadata?.size ?? 0;
  const range = copySourceRange(request, size);
  const upload = await findWritable(objects, request);
  const content = createReadStream(objects.blobs.path(row.version), range);
  const length = range ? range.end - range.start + 1 : size;
  const md5 = await storePart(objects, request.scope, upload, { number, content, length });
  sendXml(request, 'CopyPartResult', [
    ['ETag', md5],
    ['LastModified', new Date().toISOString()],
  ]);
}

export async function completeMultipartUpload(objects: ObjectStore, request: S3Request): Promise<void> {
  const { bucket, key, scope } = request;
  const named = await readPartList(request);
  const upload = await findWritable(objects, request);
  const numbers = chooseParts(upload, named, await listParts(objects, upload.id));
  const limit = objects.sizeLimit(await objects.buckets.get(bucket), key);
  const { blob } = await objects.blobs.store((writer) =>
    writer.writeAll(readParts(objects, upload.id, numbers), limit),
  );
  const row = await objects.save(scope, draftOf(request, upload.user_metadata ?? undefined), {
    blob,
    mimeType: upload.metadata?.mimetype || 'application/octet-stream',
    cacheControl: upload.metadata?.cacheControl || 'no-cache',
  });
  await deleteUpload(objects, scope, upload.id);
  sendXml(request, 'CompleteMultipartUploadResult', [
    ['Location', `${bucket}/${key}`],
    ['Bucket', bucket],
    ['Key', key],
    ['ETag', row.metadata?.eTag],
  ]);
}

export async function abortMultipartUpload(objects: ObjectStore, request: S3Request): Promise<void> {
  const upload = await findWritable(objects, request);
  await deleteUpload(objects, request.scope, upload.id);
  sendEmpty(request, 200);
}

export async function listUploadParts(objects: ObjectStore, request: S3Request): Promise<void> {
  const { bucket, key, query } = request;
  const upload = await findUpload(objects, query.get('uploadId') ?? '', bucket, key);
  const limit = integerParameter(request, 'max-parts', { min: 1, max: MAX_LISTED }) ?? MAX_LISTED;
  const marker = integerParameter(request, 'part-number-marker');
  const all = (await listParts(objects, upload.id)).filter((part) => part.part_number > (marker ?? 0));
  const shown = all.slice(0, limit);
  const isTruncated = all.length > limit;
  sendXml(request, 'ListPartsResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['UploadId', upload.id],
    ['PartNumberMarker', marker],
    ['NextPartNumberMarker', isTruncated ? shown.at(-1)?.part_number : undefined],
    ['MaxParts', limit],
    ['IsTruncated', isTruncated],
    ...shown.map((part): XmlElement => [
      'Part',
      [
        ['PartNumber', part.part_number],
        ['LastModified', part.created_at.toISOString()],
        ['ETag', part.etag],
      ],
    ]),
  ]);
}

/** The request's upload, once the policies allow the caller to write its object. @throws StorageError */
async function findWritable(objects: ObjectStore, request: S3Request): Promise<MultipartUpload> {
  const { bucket, key, query, scope } = request;
  const upload = await findUpload(objects, query.get('uploadId') ?? '', bucket, key);
  const draft = draftOf(request, upload.user_metadata ?? undefined);
  await objects.checkWrite(scope, draft, { mimetype: upload.metadata?.mimetype });
  return upload;
}

/** The numbers, in order, of the parts that a client names; of all parts if it names none. @throws StorageError */
function chooseParts(
  { id }: MultipartUpload,
  named: readonly (readonly [number: number, etag: string])[],
  parts: readonly Part[],
): number[] {
  const stored = new Map(parts.map((part) => [part.part_number, part]));
  for (const [number, etag] of named) {
    const part = stored.get(number);
    if (!part) throw new StorageError(400, 'MissingPart', `Part ${number} is missing for upload id ${id}`);
    if (part.etag !== etag) throw new StorageError(400, 'InvalidChecksum', `Invalid ETag for part ${number}`);
  }
  const numbers = named.length > 0 ? named.map(([number]) => number) : [...stored.keys()];
  return numbers.toSorted((a, b) => a - b);
}

function partNumber(request: S3Request): number {
  const number = integerParameter(request, 'partNumber', { min: 1, max: MAX_PARTS });
  if (number === undefined)
    throw storageErrors.invalidRequest("Querystring must have required property 'partNumber'");
  return number;
}

function draftOf({ bucket, key, scope }: S3Request, userMetadata: UserMetadata | undefined): ObjectDraft {
  return { bucket, name: key, owner: scope.caller.owner, upsert: true, userMetadata };
}

const PART_LIST = {
  type: 'object',
  nullable: true,
  properties: {
    CompleteMultipartUpload: {
      type: 'object',
      properties: {
        Part: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              PartNumber: { type: 'integer', minimum: 1, maximum: MAX_PARTS, finite: true },
              ETag: { type: 'string' },
            },
            required: ['PartNumber', 'ETag'],
          },
        },
      },
    },
  },
} as const satisfies Schema;

/** The parts that the document names; empty without a document. ETags may have quotes. @throws StorageError */
async function readPartList({ req }: S3Request): Promise<(readonly [number: number, etag: string])[]> {
  const body = await readXml(req, PART_LIST, ['CompleteMultipartUpload.Part']);
  const parts = body?.CompleteMultipartUpload?.Part ?? [];
  return parts.map((part) => [part.PartNumber, part.ETag.replaceAll('"', '')] as const);
}
