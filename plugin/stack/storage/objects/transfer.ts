import { header, sendJson, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { storageErrors } from '../errors.ts';
import { checkBucketName, checkNewObjectName, isUuid } from '../names.ts';
import { findObject } from './find.ts';
import { lockVersion, type ObjectStore } from './object-store.ts';
import { presentObject, type ObjectMetadata, type ObjectRow, type UserMetadata } from './row.ts';
import { parseUserMetadata } from '../rest/upload.ts';

const ENDS: Record<string, Schema> = {
  bucketId: { type: 'string' },
  sourceKey: { type: 'string' },
  destinationBucket: { type: 'string' },
  destinationKey: { type: 'string' },
};

export const COPY: Schema = {
  type: 'object',
  properties: {
    ...ENDS,
    metadata: {
      type: 'object',
      properties: { cacheControl: { type: 'string' }, mimetype: { type: 'string' } },
    },
    copyMetadata: { type: 'boolean' },
  },
  required: ['sourceKey', 'bucketId', 'destinationKey'],
};

export const MOVE: Schema = {
  type: 'object',
  properties: ENDS,
  required: ['bucketId', 'sourceKey', 'destinationKey'],
};

interface Ends {
  readonly bucketId: string;
  readonly sourceKey: string;
  readonly destinationBucket?: string;
  readonly destinationKey: string;
}

/** What a copy is to be like. */
export interface CopyRequest {
  readonly bucket: string;
  readonly name: string;
  readonly toBucket: string;
  readonly toName: string;
  readonly upsert: boolean;
  /** What differs from the source's metadata. */
  readonly metadata: Pick<ObjectMetadata, 'cacheControl' | 'mimetype'>;
  /** "copy" or what the copy has instead. */
  readonly userMetadata: 'copy' | UserMetadata | undefined;
}

/** Copying and moving objects. */
export class Transfers {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  copyObject = async (exchange: Exchange): Promise<void> => {
    const body = exchange.body as Ends & { metadata?: ObjectMetadata; copyMetadata?: boolean };
    const toBucket = body.destinationBucket || body.bucketId;
    const keep = body.copyMetadata ?? true;
    checkBucketName(body.bucketId);
    const row = await this.copy(exchange, {
      bucket: body.bucketId,
      name: body.sourceKey,
      toBucket,
      toName: body.destinationKey,
      upsert: header(exchange.req, 'x-upsert') === 'true',
      metadata: keep ? {} : pickGiven(body.metadata ?? {}),
      userMetadata: keep ? 'copy' : parseUserMetadata(header(exchange.req, 'x-metadata')),
    });
    sendJson(exchange.res, 200, {
      Id: row.id,
      Key: `${toBucket}/${body.destinationKey}`,
      ...presentObject(row),
    });
  };

  /** The caller must be able to read the source and to write the copy. @throws StorageError */
  async copy(exchange: Exchange, request: CopyRequest): Promise<ObjectRow> {
    checkNewObjectName(request.toBucket, request.toName);
    const { database, blobs } = this.#objects;
    const source = await database.asCaller(exchange, (transaction) =>
      findObject(transaction, request.bucket, request.name),
    );
    const draft = {
      bucket: request.toBucket,
      name: request.toName,
      owner: exchange.caller.owner,
      upsert: request.upsert,
      userMetadata:
        request.userMetadata === 'copy' ? (source.user_metadata ?? undefined) : request.userMetadata,
    };
    const metadata = { ...source.metadata, ...request.metadata };
    await this.#objects.checkWrite(exchange, draft, metadata);
    const version = await blobs.copy(source.version ?? '');
    const lastModified = new Date().toISOString();
    return this.#objects.saveRow(exchange, draft, { ...metadata, lastModified }, version);
  }

  moveObject = async (exchange: Exchange): Promise<void> => {
    const { bucketId, sourceKey, destinationKey, ...rest } = exchange.body as Ends;
    const toBucket = rest.destinationBucket || bucketId;
    checkBucketName(bucketId);
    checkNewObjectName(toBucket, destinationKey);
    const { owner } = exchange.caller;
    const values = [
      bucketId,
      sourceKey,
      toBucket,
      destinationKey,
      isUuid(owner) ? owner : null,
      owner ?? null,
    ];
    const { database, blobs } = this.#objects;
    await database.probe(exchange, async (transaction) => {
      await findObject(transaction, bucketId, sourceKey);
      const { rowCount } = await transaction.query(`${MOVE_SQL} returning *`, [...values, '1']);
      if (rowCount === 0) throw storageErrors.noSuchKey();
    });
    if (bucketId !== toBucket || sourceKey !== destinationKey) {
      // Blobs know no names: to move an object is to rename its row.
      let version: string | undefined;
      const old = await database
        .asService(exchange, async (transaction) => {
          await lockVersion(transaction, toBucket, destinationKey);
          const old = await lockVersion(transaction, bucketId, sourceKey);
          if (old === undefined) throw storageErrors.noSuchKey();
          version = await blobs.copy(old ?? '');
          await transaction.query(MOVE_SQL, [...values, version]);
          return old;
        })
        .catch(async (error: unknown) => {
          await blobs.remove([version]);
          throw error;
        });
      await blobs.remove([old]);
    }
    sendJson(exchange.res, 200, { message: 'Successfully moved' });
  };
}

const MOVE_SQL = `update storage.objects set bucket_id = $3, name = $4, version = $7,
  owner = coalesce($5::uuid, owner), owner_id = coalesce($6, owner_id) where bucket_id = $1 and name = $2`;

function pickGiven(metadata: ObjectMetadata): Pick<ObjectMetadata, 'cacheControl' | 'mimetype'> {
  const { cacheControl, mimetype } = metadata;
  return {
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(mimetype === undefined ? {} : { mimetype }),
  };
}
