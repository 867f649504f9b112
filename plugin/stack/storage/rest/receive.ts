import type { IncomingMessage } from 'node:http';
import type { Bucket } from '../buckets/buckets.ts';
import { storageErrors } from '../errors.ts';
import { bodyOf } from '../http/body.ts';
import { header, type Exchange } from '../http/exchange.ts';
import { readForm, type FormFields } from '../http/form.ts';
import { checkMimeType, checkNewObjectName, isEmptyFolderFile } from '../names.ts';
import type { KnownMetadata, ObjectDraft, ObjectStore, StoredContent } from '../objects/object-store.ts';
import type { UserMetadata } from '../objects/row.ts';
import { parseMetadataFields, parseMetadataHeader } from '../objects/user-metadata.ts';

/** Where an upload goes, before its metadata is known. */
export type UploadTarget = Omit<ObjectDraft, 'userMetadata'>;

/** An upload whose bytes are on disk. */
export interface Received {
  readonly content: StoredContent;
  readonly userMetadata: UserMetadata;
  /** The metadata for the policies, if they were not checked with it before. */
  readonly check: KnownMetadata | undefined;
}

// The policies are checked together with the row of a smaller upload, which saves a transaction. For a larger one they
// are checked first: a caller who may not store it must not fill the disk meanwhile.
const SMALL_BODY = 1024 * 1024;

/** Stores a body that is the object itself. @throws StorageError */
export async function receiveBody(
  objects: ObjectStore,
  { req, scope }: Exchange,
  target: UploadTarget,
  bucket: Bucket,
): Promise<Received> {
  const mimeType = req.headers['content-type'] ?? 'application/octet-stream';
  checkType(target, mimeType, bucket);
  const userMetadata = parseMetadataHeader(header(req, 'x-metadata')) ?? {};
  const contentLength = contentLengthOf(req);
  const limit = objects.sizeLimit(bucket, target.name);
  if (contentLength !== undefined && contentLength > limit) throw storageErrors.tooLarge();
  checkNewObjectName(target.bucket, target.name);
  const known = { mimetype: mimeType, contentLength };
  const isLarge = !isSmall(contentLength);
  if (isLarge) await objects.checkWrite(scope, { ...target, userMetadata }, known);
  const { blob } = await objects.blobs.store((writer) => writer.writeAll(bodyOf(req), limit));
  return {
    content: { blob, mimeType, cacheControl: header(req, 'cache-control') ?? 'no-cache' },
    userMetadata,
    check: isLarge ? undefined : known,
  };
}

/**
 * Stores the file of a form. Fields may follow the file, so they are checked again at its end, before anything is kept.
 *
 * @throws StorageError
 */
export async function receiveForm(
  objects: ObjectStore,
  { req, scope }: Exchange,
  target: UploadTarget,
  bucket: Bucket,
): Promise<Received> {
  const limit = objects.sizeLimit(bucket, target.name);
  const contentLength = contentLengthOf(req);
  const isLarge = !isSmall(contentLength);
  const { blob, result } = await objects.blobs.store(async (writer) => {
    let partType = '';
    let checked = '';
    const fields = await readForm(req, async (file) => {
      partType = file.mimeType;
      const early = await file.knownFields();
      const mimetype = early.get('contentType') || partType;
      checkType(target, mimetype, bucket);
      checkNewObjectName(target.bucket, target.name);
      const userMetadata = parseMetadataFields(early);
      if (isLarge) {
        await objects.checkWrite(scope, { ...target, userMetadata }, { mimetype, contentLength });
        checked = JSON.stringify([mimetype, userMetadata]);
      }
      await writer.writeAll(file.content, limit);
    });
    const mimeType = fields.get('contentType') || partType;
    checkType(target, mimeType, bucket);
    const userMetadata = parseMetadataFields(fields);
    const wasChecked = checked === JSON.stringify([mimeType, userMetadata]);
    return { mimeType, cacheControl: maxAge(fields), userMetadata, wasChecked };
  });
  const { mimeType, cacheControl, userMetadata, wasChecked } = result;
  const check = wasChecked ? undefined : { mimetype: mimeType, contentLength };
  return { content: { blob, mimeType, cacheControl }, userMetadata, check };
}

function checkType({ name }: UploadTarget, mimeType: string, bucket: Bucket): void {
  if (!isEmptyFolderFile(name)) checkMimeType(mimeType, bucket.allowedMimeTypes);
}

function isSmall(contentLength: number | undefined): boolean {
  return contentLength !== undefined && contentLength <= SMALL_BODY;
}

function maxAge(fields: FormFields): string {
  const seconds = fields.get('cacheControl');
  return seconds ? `max-age=${seconds}` : 'no-cache';
}

function contentLengthOf(req: IncomingMessage): number | undefined {
  const length = Number(req.headers['content-length'] ?? NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
