import type { Buckets } from '../buckets/buckets.ts';
import type { StorageDatabase } from '../database/database.ts';
import { storageErrors } from '../errors.ts';
import { header } from '../http/exchange.ts';
import { REGION } from './signature.ts';
import { sendEmpty, sendXml, type S3Request } from './request.ts';

/** Buckets over the S3 protocol. */
export class S3Buckets {
  readonly #database: StorageDatabase;
  readonly #buckets: Buckets;

  constructor(database: StorageDatabase, buckets: Buckets) {
    this.#database = database;
    this.#buckets = buckets;
  }

  list = async (request: S3Request): Promise<void> => {
    const { rows } = await this.#database.asCaller(request, (transaction) =>
      transaction.query<{ name: string; created_at: Date | null }>(
        'select name, created_at from storage.buckets',
      ),
    );
    const buckets = rows.map(
      (row) =>
        [
          'Bucket',
          [
            ['Name', row.name],
            ['CreationDate', row.created_at?.toISOString()],
          ],
        ] as const,
    );
    sendXml(request, 'ListAllMyBucketsResult', [['Buckets', buckets]]);
  };

  create = async (request: S3Request): Promise<void> => {
    const isPublic = header(request.req, 'x-amz-acl') === 'public-read';
    const name = request.bucket;
    await this.#database.asCaller(request, (transaction) =>
      this.#buckets.insert(transaction, { name, public: isPublic }, request.caller.owner),
    );
    sendEmpty(request, 200, { location: `/${name}` });
  };

  head = async (request: S3Request): Promise<void> => {
    await this.#find(request);
    request.res.writeHead(200, { 'x-amz-bucket-region': REGION }).end();
  };

  remove = async (request: S3Request): Promise<void> => {
    await this.#buckets.delete(request, request.bucket);
    sendEmpty(request, 204);
  };

  location = async (request: S3Request): Promise<void> => {
    await this.#find(request);
    sendXml(request, 'LocationConstraint', REGION);
  };

  versioning = async (request: S3Request): Promise<void> => {
    await this.#find(request);
    sendXml(request, 'VersioningConfiguration', [
      ['Status', 'Suspended'],
      ['MfaDelete', 'Disabled'],
    ]);
  };

  /** A bucket that row level security lets the caller see. @throws StorageError NoSuchBucket */
  async #find(request: S3Request): Promise<void> {
    const { rowCount } = await this.#database.asCaller(request, (transaction) =>
      transaction.query('select from storage.buckets where id = $1', [request.bucket]),
    );
    if (rowCount === 0) throw storageErrors.noSuchBucket();
  }
}
