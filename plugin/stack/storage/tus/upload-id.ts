import { ERRORS } from '@tus/server';
import { StorageError } from '../errors.ts';
import { checkBucketName, checkNewObjectName, isUuid } from '../names.ts';

/** What a resumable upload is for; its text is `bucket/name/version`. */
export interface UploadTarget {
  readonly bucket: string;
  readonly name: string;
  /** UUID: the version that the object will have, and the name of the upload's files. */
  readonly version: string;
}

export function formatUploadId({ bucket, name, version }: UploadTarget): string {
  return `${bucket}/${name}/${version}`;
}

/** @throws StorageError InvalidUploadId, InvalidBucketName, InvalidKey; the library's 404 for a version that is none */
export function parseUploadId(id: string): UploadTarget {
  const parts = id.split('/');
  if (parts.length < 2) throw new StorageError(400, 'InvalidUploadId', 'Invalid upload id');
  const version = parts.pop() ?? '';
  if (version === '') throw new StorageError(400, 'InvalidUploadId', 'Version not provided');
  const [bucket = '', ...rest] = parts;
  const name = rest.join('/');
  checkBucketName(bucket);
  checkNewObjectName(bucket, name);
  // No upload is named otherwise, and files are named by it.
  if (!isUuid(version)) throw ERRORS.FILE_NOT_FOUND;
  return { bucket, name, version: version.toLowerCase() };
}
