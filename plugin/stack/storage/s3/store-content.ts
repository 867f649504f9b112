import { storageErrors } from '../errors.ts';
import { checkMimeType, checkNewObjectName, isEmptyFolderFile } from '../names.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { ObjectRow, UserMetadata } from '../objects/row.ts';
import type { S3Request } from './request.ts';

export interface StoreOptions {
  readonly name: string;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly userMetadata: UserMetadata;
  /** Bytes; a limit besides those of the bucket and the service. */
  readonly maxSize?: number;
}

/** Stores the content of a request as an object of its bucket, replacing an existing one. @throws StorageError */
export async function storeContent(
  objects: ObjectStore,
  request: Pick<S3Request, 'bucket' | 'scope' | 'content' | 'contentLength'>,
  options: StoreOptions,
): Promise<ObjectRow> {
  const { bucket, scope, content, contentLength } = request;
  const { name, mimeType, cacheControl, userMetadata, maxSize = Infinity } = options;
  const found = await objects.buckets.get(bucket);
  if (!isEmptyFolderFile(name)) checkMimeType(mimeType, found.allowedMimeTypes);
  const limit = Math.min(maxSize, objects.sizeLimit(found, name));
  if (contentLength !== undefined && contentLength > limit) throw storageErrors.tooLarge();
  checkNewObjectName(bucket, name);
  const draft = { bucket, name, owner: scope.caller.owner, upsert: true, userMetadata };
  await objects.checkWrite(scope, draft, { mimetype: mimeType, contentLength });
  const { blob } = await objects.blobs.store((writer) => writer.writeAll(content, limit));
  return objects.save(scope, draft, { blob, mimeType, cacheControl });
}
