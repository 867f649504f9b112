// Storage v1.70.6 src/storage/protocols/tus/upload-id.ts
import { ERRORS } from '@tus/server';
import { StorageError } from '../errors.ts';
import { checkBucketName, checkNewObjectName, isUuid } from '../names.ts';

/** The object of a resumable upload; the upload's id is `bucket/name/version`. */
export interface UploadTarget {
  readonly bucket: string;
  readonly name: string;
  /** UUID: the version that the object will have, and the name of the upload's files. */
  readonly version: string;
}

export function formatUploadId({ bucket, name, version }: UploadTarget): string {
  return `${bucket}/${name}/${version}`;
}

/** @throws StorageError InvalidUploadId, InvalidBucketName, InvalidKey; the library's 404 for a malformed version */
export function parseUploadId(id: string): UploadTarget {
  const parts = id.split('/');
  if (parts.length < 2) throw new StorageError(400, 'InvalidUploadId', 'Invalid upload id');
  const version = parts.pop() ?? '';
  if (version === '') throw new StorageError(400, 'InvalidUploadId', 'Version not provided');
  const [bucket = '', ...rest] = parts;
  const name = rest.join('/');
  checkBucketName(bucket);
  checkNewObjectName(bucket, name);
  // Every upload has a UUID, and its files are named by it.
  if (!isUuid(version)) throw ERRORS.FILE_NOT_FOUND;
  return { bucket, name, version: version.toLowerCase() };
}
