// Storage v1.70.6 src/http/routes/s3/router.ts, src/http/routes/operations.ts
import type { IncomingMessage } from 'node:http';
import { StorageError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import {
  createBucket,
  deleteBucket,
  getLocation,
  getVersioning,
  headBucket,
  listBuckets,
} from './buckets.ts';
import { listObjectsV1, listObjectsV2 } from './list-objects.ts';
import { listMultipartUploads } from './list-uploads.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  copyPart,
  createMultipartUpload,
  listUploadParts,
  uploadPart,
} from './multipart.ts';
import {
  copyObject,
  deleteObject,
  deleteObjects,
  getObject,
  getTagging,
  headObject,
  putObject,
} from './objects.ts';
import type { S3Request } from './request.ts';

export interface S3Operation {
  /** `storage.operation()` without its prefix. */
  readonly name: string;
  readonly handle: (objects: ObjectStore, request: S3Request) => Promise<void>;
}

interface OperationRow extends S3Operation {
  /** Method and kind of path, such as "GET bucket". */
  readonly target: string;
  /** Query parameters, with a value where that matters, that must all be present. */
  readonly query: readonly string[];
  /** Only with the header `x-amz-copy-source`. */
  readonly isCopy: boolean;
}

/** @param target method, kind of path, then conditions: "?name", "?name=value" or "copy" */
function operation(target: string, name: string, handle: S3Operation['handle']): OperationRow {
  const [method = '', kind = '', ...conditions] = target.split(' ');
  return {
    target: `${method} ${kind}`,
    query: conditions.filter((one) => one.startsWith('?')).map((one) => one.slice(1)),
    isCopy: conditions.includes('copy'),
    name,
    handle,
  };
}

// The first row that fits a request is its operation.
const OPERATIONS = [
  operation('GET service', 'bucket.list', listBuckets),
  operation('PUT bucket', 'bucket.create', createBucket),
  operation('HEAD bucket', 'bucket.head', headBucket),
  operation('DELETE bucket', 'bucket.delete', deleteBucket),
  operation('GET bucket ?location', 'bucket.get_location', getLocation),
  operation('GET bucket ?versioning', 'bucket.get_versioning', getVersioning),
  operation('GET bucket ?uploads', 'upload.list_multipart', listMultipartUploads),
  operation('GET bucket ?list-type=2', 'object.list', listObjectsV2),
  operation('GET bucket', 'object.list', listObjectsV1),
  operation('POST bucket ?delete', 'object.delete_many', deleteObjects),
  operation('HEAD object', 'object.info', headObject),
  operation('GET object ?uploadId', 'upload.list_parts', listUploadParts),
  operation('GET object ?tagging', 'object.get_tagging', getTagging),
  operation('GET object', 'object.get', getObject),
  operation('PUT object ?uploadId copy', 'upload.part_copy', copyPart),
  operation('PUT object ?uploadId', 'upload.part', uploadPart),
  operation('PUT object copy', 'object.copy', copyObject),
  operation('PUT object', 'upload', putObject),
  operation('POST object ?uploads', 'upload.create_multipart', createMultipartUpload),
  operation('POST object ?uploadId', 'upload.complete_multipart', completeMultipartUpload),
  operation('DELETE object ?uploadId', 'upload.abort_multipart', abortMultipartUpload),
  operation('DELETE object', 'object.delete', deleteObject),
];

// Sub-resources that Storage does not have either. It would overwrite or delete the object itself: refuse them instead.
const UNSUPPORTED = ['acl', 'tagging', 'retention', 'legal-hold', 'torrent', 'restore', 'select'];

/**
 * The operation of a request, by method, path and query.
 *
 * @returns undefined for a request that is no operation
 * @throws StorageError NotImplemented for a sub-resource that does not exist
 */
export function findOperation(
  { method, headers }: IncomingMessage,
  { bucket, key }: Pick<S3Request, 'bucket' | 'key'>,
  query: URLSearchParams,
): S3Operation | undefined {
  const target = `${method} ${bucket === '' ? 'service' : key === '' ? 'bucket' : 'object'}`;
  const found = OPERATIONS.find(
    (one) =>
      one.target === target &&
      (!one.isCopy || headers['x-amz-copy-source'] !== undefined) &&
      one.query.every((condition) => isMet(condition, query)),
  );
  const mayChange = target === 'PUT object' || (target === 'DELETE object' && !query.has('uploadId'));
  if (mayChange && UNSUPPORTED.some((name) => query.has(name))) throw notImplemented();
  return found;
}

function isMet(condition: string, query: URLSearchParams): boolean {
  const [name = '', value] = condition.split('=');
  return value === undefined ? query.has(name) : query.get(name) === value;
}

function notImplemented(): StorageError {
  return new StorageError(
    501,
    'NotImplemented',
    'A header or query you provided implies functionality that is not implemented',
  );
}
