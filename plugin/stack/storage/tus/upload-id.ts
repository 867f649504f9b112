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

/** @throws StorageError InvalidUploadId, InvalidBucketName, InvalidKey */
export function parseUploadId(id: string): UploadTarget {
  const parts = id.split('/');
  const version = parts.pop() ?? '';
  const [bucket = '', ...rest] = parts;
  if (rest.length === 0 || !isUuid(version))
    throw new StorageError(400, 'InvalidUploadId', 'Invalid upload id');
  const name = rest.join('/');
  checkBucketName(bucket);
  checkNewObjectName(name);
  return { bucket, name, version: version.toLowerCase() };
}
