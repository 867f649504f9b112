import type { RequestScope } from '../database/request-scope.ts';
import { checkNewObjectName } from '../names.ts';
import { findVisible } from './lookup.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectMetadata, ObjectRow, UserMetadata } from './row.ts';

/** An object by bucket and name. */
export interface ObjectPath {
  readonly bucket: string;
  readonly name: string;
}

export interface CopyRequest {
  readonly from: ObjectPath;
  readonly to: ObjectPath;
  /** Whether an object at `to` may be replaced. */
  readonly upsert: boolean;
  /** What differs from the source's metadata. */
  readonly metadata: Pick<ObjectMetadata, 'cacheControl' | 'mimetype'>;
  /** "copy", or what the copy has instead. */
  readonly userMetadata: 'copy' | UserMetadata | undefined;
}

/** Copies an object as the caller, who must be able to read the source and to write the copy. @throws StorageError */
export async function copyObject(
  objects: ObjectStore,
  scope: RequestScope,
  request: CopyRequest,
): Promise<ObjectRow> {
  const { from, to, userMetadata } = request;
  checkNewObjectName(to.bucket, to.name);
  const source = await findVisible(objects.database, scope, from.bucket, from.name);
  const draft = {
    ...to,
    owner: scope.caller.owner,
    upsert: request.upsert,
    userMetadata: userMetadata === 'copy' ? (source.user_metadata ?? undefined) : userMetadata,
  };
  const metadata = { ...source.metadata, ...request.metadata };
  await objects.checkWrite(scope, draft, metadata);
  const version = await objects.blobs.copy(source.version ?? '');
  const lastModified = new Date().toISOString();
  return objects.saveRow(scope, draft, { ...metadata, lastModified }, version);
}
