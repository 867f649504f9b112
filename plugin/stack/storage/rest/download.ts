import type { ServerResponse } from 'node:http';
import { storageErrors } from '../errors.ts';
import { sendJson, type Exchange } from '../http/exchange.ts';
import { checkBucketName, checkObjectName } from '../names.ts';
import { sendAsset, sendAssetHead, setHeader, setVersionHeaders } from './send-asset.ts';
import { findObject } from '../objects/find.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { ObjectRow, StoredObject } from '../objects/row.ts';
import type { SignedTokens } from '../objects/signed-token.ts';

/** Reading objects: their bytes, their head, their information. */
export class Downloads {
  readonly #objects: ObjectStore;
  readonly #tokens: SignedTokens;

  constructor(objects: ObjectStore, tokens: SignedTokens) {
    this.#objects = objects;
    this.#tokens = tokens;
  }

  public = async (exchange: Exchange): Promise<void> => {
    await sendAsset(exchange, this.#objects.blobs, () => this.findPublic(exchange));
  };

  authenticated = async (exchange: Exchange): Promise<void> => {
    await sendAsset(exchange, this.#objects.blobs, () => this.findReadable(exchange));
  };

  signed = async (exchange: Exchange): Promise<void> => {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const token = exchange.query.get('token') ?? '';
    const claims = await this.#tokens.verify(token, `${bucket}/${name}`, 'download');
    const expires = new Date((claims.exp ?? NaN) * 1000);
    await sendAsset(exchange, this.#objects.blobs, () => this.findSigned(bucket, name), { expires });
  };

  head = async (exchange: Exchange): Promise<void> => {
    sendAssetHead(exchange, await this.findReadable(exchange));
  };

  publicHead = async (exchange: Exchange): Promise<void> => {
    sendAssetHead(exchange, await this.findPublic(exchange, true));
  };

  info = async (exchange: Exchange): Promise<void> => {
    await this.#sendInfo(exchange, await this.findReadable(exchange));
  };

  publicInfo = async (exchange: Exchange): Promise<void> => {
    await this.#sendInfo(exchange, await this.findPublic(exchange, true));
  };

  /**
   * An object of a public bucket.
   *
   * @param bucketFirst whether a missing bucket is told from a missing object
   * @throws StorageError NoSuchBucket, NoSuchKey
   */
  async findPublic({ params }: Exchange, bucketFirst = false): Promise<StoredObject> {
    const { bucket = '', '*': name = '' } = params;
    checkBucketName(bucket);
    checkObjectName(name);
    const found = await this.#find(bucket, name);
    if (found.public === false || (bucketFirst && found.public === undefined))
      throw storageErrors.noSuchBucket();
    return found.object ?? missing();
  }

  /**
   * An object of a public bucket, or one that row level security lets the caller see.
   *
   * @throws StorageError NoSuchBucket, NoSuchKey
   */
  async findReadable(exchange: Exchange): Promise<StoredObject> {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const found = await this.#find(bucket, name);
    if (found.public === undefined || (!found.public && !exchange.caller.authenticated))
      throw storageErrors.noSuchBucket();
    checkObjectName(name);
    if (found.public) return found.object ?? missing();
    return this.#objects.database.asCaller(exchange, (transaction) => findObject(transaction, bucket, name));
  }

  /** The object that a signed URL stands for. @throws StorageError NoSuchKey */
  async findSigned(bucket: string, name: string): Promise<StoredObject> {
    return (await this.#find(bucket, name)).object ?? missing();
  }

  /** Bucket and object in one go, past row level security; `public` is undefined when there is no bucket. */
  async #find(bucket: string, name: string): Promise<{ public?: boolean; object?: StoredObject }> {
    const [row] = await this.#objects.database.read<StoredObject & { is_public: boolean | null }>(
      'find-object-and-bucket',
      `select b.public as is_public, o.id, o.version, o.metadata from storage.buckets b
       left join storage.objects o on o.bucket_id = b.id and o.name = $2 where b.id = $1`,
      [bucket, name],
    );
    if (!row) return {};
    return { public: row.is_public === true, ...(row.id === null ? {} : { object: row }) };
  }

  async #sendInfo({ res }: Exchange, { id }: StoredObject): Promise<void> {
    const [row] = await this.#objects.database.read<ObjectRow>(
      'object-by-id',
      'select * from storage.objects where id = $1',
      [id],
    );
    sendInfo(res, row ?? missing());
  }
}

function missing(): never {
  throw storageErrors.noSuchKey();
}

function sendInfo(res: ServerResponse, row: ObjectRow): void {
  const metadata = row.metadata ?? {};
  setVersionHeaders(res, metadata);
  setHeader(res, 'cache-control', metadata.cacheControl);
  const body = {
    id: row.id,
    name: row.name,
    version: row.version,
    bucket_id: row.bucket_id,
    size: metadata.size ?? null,
    content_type: metadata.mimetype ?? null,
    cache_control: metadata.cacheControl ?? null,
    etag: metadata.eTag ?? null,
    metadata: row.user_metadata,
    last_modified: row.updated_at,
    created_at: row.created_at,
  };
  sendJson(res, 200, body);
}
