import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { header } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import type { Transaction } from '../database/database.ts';
import type { StoredBlob } from '../disk/blob-writer.ts';
import { StorageError, storageErrors } from '../errors.ts';
import { checkMimeType, checkNewObjectName, isUuid } from '../names.ts';
import { findObject } from '../objects/find.ts';
import type { ObjectDraft, ObjectStore } from '../objects/object-store.ts';
import type { UserMetadata } from '../objects/row.ts';
import {
  copySource,
  copySourceRange,
  integerParameter,
  readUserMetadata,
  sendEmpty,
  sendXml,
  type S3Request,
} from './request.ts';
import { listUploads } from './upload-listing.ts';
import { readXml, type XmlElement } from './xml.ts';

const MAX_PARTS = 10_000;
const MAX_LISTED = 1000;

interface UploadRow {
  readonly id: string;
  readonly bucket_id: string;
  readonly key: string;
  readonly in_progress_size: string;
  readonly user_metadata: UserMetadata | null;
  readonly metadata: { mimetype?: string; cacheControl?: string } | null;
}

interface PartRow {
  readonly part_number: number;
  readonly etag: string;
  readonly size: string;
  readonly created_at: Date;
}

/**
 * Multipart uploads over the S3 protocol. Uploads and parts are rows of `storage.s3_multipart_uploads(_parts)`, the
 * bytes of a part a file in the folder of unfinished uploads; completing copies them into one blob.
 */
export class S3Multipart {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  create = async (request: S3Request): Promise<void> => {
    const { bucket, key, req, caller } = request;
    checkNewObjectName(bucket, key);
    const { allowedMimeTypes } = await this.#objects.buckets.get(bucket);
    const mimetype = header(req, 'content-type');
    if (mimetype !== undefined) checkMimeType(mimetype, allowedMimeTypes);
    const userMetadata = readUserMetadata(request);
    await this.#objects.checkWrite(request, draftOf(request, userMetadata), { mimetype });
    const id = randomUUID();
    const metadata = { mimetype, cacheControl: header(req, 'cache-control') };
    await this.#objects.database.asService(request, (transaction) =>
      transaction.query(
        `insert into storage.s3_multipart_uploads
           (id, upload_signature, bucket_id, key, version, owner_id, user_metadata, metadata)
         values ($1, '', $2, $3, $4, $5, $6, $7)`,
        [id, bucket, key, randomUUID(), caller.owner ?? null, userMetadata ?? null, metadata],
      ),
    );
    sendXml(request, 'InitiateMultipartUploadResult', [
      ['Bucket', bucket],
      ['Key', key],
      ['UploadId', id],
    ]);
  };

  uploadPart = async (request: S3Request): Promise<void> => {
    const part = partNumber(request);
    if (request.contentLength === undefined) throw storageErrors.missingContentLength();
    const upload = await this.#find(request);
    await this.#check(request, upload);
    const md5 = await this.#storePart(request, upload, part, request.content, request.contentLength);
    sendEmpty(request, 200, { etag: md5, 'access-control-expose-headers': 'etag' });
  };

  copyPart = async (request: S3Request): Promise<void> => {
    const part = partNumber(request);
    const source = copySource(request);
    const row = await this.#objects.database.asCaller(request, (transaction) =>
      findObject(transaction, source.bucket, source.key),
    );
    const size = row.metadata?.size ?? 0;
    const range = copySourceRange(request, size);
    const upload = await this.#find(request);
    await this.#check(request, upload);
    const path = this.#objects.blobs.path(row.version);
    const content = createReadStream(path, range);
    const length = range ? range.end - range.start + 1 : size;
    const md5 = await this.#storePart(request, upload, part, content, length);
    sendXml(request, 'CopyPartResult', [
      ['ETag', md5],
      ['LastModified', new Date().toISOString()],
    ]);
  };

  complete = async (request: S3Request): Promise<void> => {
    const { bucket, key } = request;
    const named = await readPartList(request);
    const upload = await this.#find(request);
    await this.#check(request, upload);
    const stored = new Map((await this.#parts(upload.id)).map((part) => [part.part_number, part]));
    const all = [...stored.values()].map((part) => [part.part_number, part.etag] as const);
    const wanted = named.length > 0 ? named : all;
    for (const [number, etag] of wanted) {
      const part = stored.get(number);
      if (!part)
        throw new StorageError(400, 'MissingPart', `Part ${number} is missing for upload id ${upload.id}`);
      if (part.etag !== etag)
        throw new StorageError(400, 'InvalidChecksum', `Invalid ETag for part ${number}`);
    }
    const paths = wanted.toSorted(([a], [b]) => a - b).map(([number]) => this.#partPath(upload.id, number));
    const limit = this.#objects.sizeLimit(await this.#objects.buckets.get(bucket), key);
    const { blob } = await this.#objects.blobs.store((writer) => writer.writeAll(readFiles(paths), limit));
    const row = await this.#objects.save(request, draftOf(request, upload.user_metadata ?? undefined), {
      blob,
      mimeType: upload.metadata?.mimetype || 'application/octet-stream',
      cacheControl: upload.metadata?.cacheControl || 'no-cache',
    });
    await this.#delete(request, upload.id);
    sendXml(request, 'CompleteMultipartUploadResult', [
      ['Location', `${bucket}/${key}`],
      ['Bucket', bucket],
      ['Key', key],
      ['ETag', row.metadata?.eTag],
    ]);
  };

  abort = async (request: S3Request): Promise<void> => {
    const upload = await this.#find(request);
    await this.#check(request, upload);
    await this.#delete(request, upload.id);
    sendEmpty(request, 200);
  };

  listParts = async (request: S3Request): Promise<void> => {
    const upload = await this.#find(request);
    const limit = integerParameter(request, 'max-parts', { min: 1, max: MAX_LISTED }) ?? MAX_LISTED;
    const marker = integerParameter(request, 'part-number-marker');
    const all = (await this.#parts(upload.id)).filter((part) => part.part_number > (marker ?? 0));
    const shown = all.slice(0, limit);
    const isTruncated = all.length > limit;
    sendXml(request, 'ListPartsResult', [
      ['Bucket', request.bucket],
      ['Key', request.key],
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
  };

  listUploads = (request: S3Request): Promise<void> => listUploads(this.#objects, request);

  /** An id belongs to one object: with another one's it is unknown. */
  async #find({ query, bucket, key }: S3Request): Promise<UploadRow> {
    const id = query.get('uploadId') ?? '';
    const [upload] = isUuid(id)
      ? await this.#objects.database.read<UploadRow>(
          'find-multipart-upload',
          'select * from storage.s3_multipart_uploads where id = $1 and bucket_id = $2 and key = $3',
          [id, bucket, key],
        )
      : [];
    if (!upload) throw storageErrors.noSuchUpload();
    return upload;
  }

  async #check(request: S3Request, upload: UploadRow): Promise<void> {
    const draft = draftOf(request, upload.user_metadata ?? undefined);
    await this.#objects.checkWrite(request, draft, { mimetype: upload.metadata?.mimetype });
  }

  async #storePart(
    request: S3Request,
    upload: UploadRow,
    part: number,
    content: AsyncIterable<Buffer>,
    announced: number,
  ): Promise<string> {
    const limit = this.#objects.sizeLimit(await this.#objects.buckets.get(upload.bucket_id), upload.key);
    const others = (await this.#parts(upload.id)).filter((row) => row.part_number !== part);
    const left = limit - others.reduce((sum, row) => sum + Number(row.size), 0);
    if (announced > left) throw storageErrors.tooLarge();
    const name = `${partFile(upload.id, part)}.${randomUUID()}`;
    const stored = await this.#objects.blobs.stage(name, (writer) => writer.writeAll(content, announced));
    const path = join(this.#objects.blobs.uploadsDir, name);
    try {
      await this.#objects.database.asService(request, async (transaction) => {
        await keepPart(transaction, upload.id, part, stored);
        // Row and file of a part that is sent twice at once are of the same sending: the lock is still held.
        await rename(path, this.#partPath(upload.id, part));
      });
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return stored.md5;
  }

  #parts(uploadId: string): Promise<PartRow[]> {
    return this.#objects.database.read<PartRow>(
      'list-parts',
      'select * from storage.s3_multipart_uploads_parts where upload_id = $1 order by part_number',
      [uploadId],
    );
  }

  async #delete(request: S3Request, id: string): Promise<void> {
    const parts = await this.#parts(id);
    await this.#objects.database.asService(request, (transaction) =>
      transaction.query('delete from storage.s3_multipart_uploads where id = $1', [id]),
    );
    for (const part of parts) await rm(this.#partPath(id, part.part_number), { force: true });
  }

  #partPath(id: string, part: number): string {
    return join(this.#objects.blobs.uploadsDir, partFile(id, part));
  }
}

/** Notes a part in place of what was sent under its number before. @throws StorageError NoSuchUpload */
async function keepPart(
  transaction: Transaction,
  uploadId: string,
  part: number,
  { size, md5 }: StoredBlob,
): Promise<void> {
  const { rowCount } = await transaction.query(
    'select from storage.s3_multipart_uploads where id = $1 for update',
    [uploadId],
  );
  if (rowCount === 0) throw storageErrors.noSuchUpload();
  await transaction.query(
    'delete from storage.s3_multipart_uploads_parts where upload_id = $1 and part_number = $2',
    [uploadId, part],
  );
  await transaction.query(
    `insert into storage.s3_multipart_uploads_parts
       (upload_id, size, part_number, bucket_id, key, etag, owner_id, version)
     select id, $2, $3, bucket_id, key, $4, owner_id, version from storage.s3_multipart_uploads where id = $1`,
    [uploadId, size, part, md5],
  );
  await transaction.query(
    `update storage.s3_multipart_uploads set in_progress_size =
       (select sum(size) from storage.s3_multipart_uploads_parts where upload_id = $1) where id = $1`,
    [uploadId],
  );
}

function partFile(id: string, part: number): string {
  return `s3-${id.toLowerCase()}-${part}`;
}

/** The upload that a file of the folder of unfinished uploads is a part of. */
export function uploadOfPartFile(name: string): string | undefined {
  return /^s3-([0-9a-f-]{36})-\d+$/.exec(name)?.[1];
}

function partNumber(request: S3Request): number {
  const number = integerParameter(request, 'partNumber', { min: 1, max: MAX_PARTS });
  if (number === undefined)
    throw storageErrors.invalidRequest("Querystring must have required property 'partNumber'");
  return number;
}

function draftOf({ bucket, key, caller }: S3Request, userMetadata: UserMetadata | undefined): ObjectDraft {
  return { bucket, name: key, owner: caller.owner, upsert: true, userMetadata };
}

const PART_LIST: Schema = {
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
};

/** The parts that a client names; none means all. ETags come with or without quotes. */
async function readPartList({ req }: S3Request): Promise<(readonly [number: number, etag: string])[]> {
  const body = (await readXml(req, PART_LIST, ['CompleteMultipartUpload.Part'])) as {
    CompleteMultipartUpload?: { Part?: { PartNumber: number; ETag: string }[] };
  } | null;
  const parts = body?.CompleteMultipartUpload?.Part ?? [];
  return parts.map((part) => [part.PartNumber, part.ETag.replaceAll('"', '')] as const);
}

async function* readFiles(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path, { highWaterMark: 256 * 1024 });
}
