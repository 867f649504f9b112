// Storage v1.70.6 src/storage/protocols/s3/s3-handler.ts
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transaction } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import type { StoredBlob } from '../disk/blob-writer.ts';
import { storageErrors } from '../errors.ts';
import { isUuid } from '../names.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { UserMetadata } from '../objects/row.ts';

// Uploads and their parts are rows of `storage.s3_multipart_uploads(_parts)`. The bytes of a part are a file in the
// folder of unfinished uploads; completing an upload copies them into one blob.

/** A row of `storage.s3_multipart_uploads`. */
export interface MultipartUpload {
  readonly id: string;
  readonly bucket_id: string;
  readonly key: string;
  readonly user_metadata: UserMetadata | null;
  readonly metadata: { mimetype?: string; cacheControl?: string } | null;
}

/** A row of `storage.s3_multipart_uploads_parts`. */
export interface Part {
  readonly part_number: number;
  /** MD5 in hex, without quotes. */
  readonly etag: string;
  /** Bytes; `bigint`, which the driver returns as text. */
  readonly size: string;
  readonly created_at: Date;
}

/** Records a new upload as the service role, and returns its id. */
export async function createUpload(
  { database }: ObjectStore,
  scope: RequestScope,
  upload: Pick<MultipartUpload, 'key' | 'metadata'> & {
    bucket: string;
    userMetadata?: UserMetadata | undefined;
  },
): Promise<string> {
  const { bucket, key, userMetadata, metadata } = upload;
  const id = randomUUID();
  const { owner } = scope.caller;
  await database.asService(scope, (transaction) =>
    transaction.query(
      `insert into storage.s3_multipart_uploads
         (id, upload_signature, bucket_id, key, version, owner_id, user_metadata, metadata)
       values ($1, '', $2, $3, $4, $5, $6, $7)`,
      [id, bucket, key, randomUUID(), owner ?? null, userMetadata ?? null, metadata],
    ),
  );
  return id;
}

/** The upload of an object by its id. @throws StorageError NoSuchUpload, also for the id of another object's upload */
export async function findUpload(
  { database }: ObjectStore,
  id: string,
  bucket: string,
  key: string,
): Promise<MultipartUpload> {
  const [upload] = isUuid(id)
    ? await database.read<MultipartUpload>(
        'find-multipart-upload',
        'select * from storage.s3_multipart_uploads where id = $1 and bucket_id = $2 and key = $3',
        [id, bucket, key],
      )
    : [];
  if (!upload) throw storageErrors.noSuchUpload();
  return upload;
}

/** The stored parts of an upload, by number. */
export function listParts({ database }: ObjectStore, uploadId: string): Promise<Part[]> {
  return database.read<Part>(
    'list-parts',
    'select * from storage.s3_multipart_uploads_parts where upload_id = $1 order by part_number',
    [uploadId],
  );
}

/**
 * Stores a part, replacing an earlier one of the same number.
 *
 * @param length bytes of `content` as announced
 * @returns the part's MD5 in hex
 * @throws StorageError EntityTooLarge when the parts together would exceed the object's limit; NoSuchUpload
 */
export async function storePart(
  objects: ObjectStore,
  scope: RequestScope,
  upload: MultipartUpload,
  part: { readonly number: number; readonly content: AsyncIterable<Buffer>; readonly length: number },
): Promise<string> {
  const { database, blobs } = objects;
  const limit = objects.sizeLimit(await objects.buckets.get(upload.bucket_id), upload.key);
  const others = (await listParts(objects, upload.id)).filter((row) => row.part_number !== part.number);
  const left = limit - others.reduce((sum, row) => sum + Number(row.size), 0);
  if (part.length > left) throw storageErrors.tooLarge();
  const name = `${partFile(upload.id, part.number)}.${randomUUID()}`;
  const stored = await blobs.stage(name, (writer) => writer.writeAll(part.content, part.length));
  const path = join(blobs.uploadsDir, name);
  try {
    await database.asService(scope, async (transaction) => {
      await savePart(transaction, upload.id, part.number, stored);
      // The row is locked until the commit, so row and file belong to the same of two requests that send this part.
      await rename(path, partPath(objects, upload.id, part.number));
    });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return stored.md5;
}

/** The bytes of these parts, one after the other. */
export async function* readParts(
  objects: ObjectStore,
  uploadId: string,
  numbers: readonly number[],
): AsyncGenerator<Buffer> {
  for (const number of numbers)
    yield* createReadStream(partPath(objects, uploadId, number), { highWaterMark: 256 * 1024 });
}

/** Deletes an upload with its parts. */
export async function deleteUpload(objects: ObjectStore, scope: RequestScope, id: string): Promise<void> {
  const parts = await listParts(objects, id);
  await objects.database.asService(scope, (transaction) =>
    transaction.query('delete from storage.s3_multipart_uploads where id = $1', [id]),
  );
  for (const part of parts) await rm(partPath(objects, id, part.part_number), { force: true });
}

/** The id of the upload that a file in the folder of unfinished uploads belongs to; undefined for other files. */
export function uploadOfPartFile(name: string): string | undefined {
  return /^s3-([0-9a-f-]{36})-\d+$/.exec(name)?.[1];
}

/** Replaces the row of a part. @throws StorageError NoSuchUpload */
async function savePart(
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

function partPath({ blobs }: ObjectStore, uploadId: string, part: number): string {
  return join(blobs.uploadsDir, partFile(uploadId, part));
}

function partFile(id: string, part: number): string {
  return `s3-${id.toLowerCase()}-${part}`;
}
