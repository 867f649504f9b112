import { parseUserMetadata } from './upload.ts';
import { header, sendJson, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { TRANSFORMATION, transformationClaims, type Transformation } from '../render/transformation.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { findObject } from '../objects/find.ts';
import { checkExpiresIn, type SignedTokens } from '../objects/signed-token.ts';

const UPLOAD_SECONDS = 2 * 60 * 60;
const NOT_FOUND = 'Either the object does not exist or you do not have access to it';

export const SIGN: Schema = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', finite: true, minimum: 1 },
    transform: TRANSFORMATION,
  },
  required: ['expiresIn'],
};

export const SIGN_MANY: Schema = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', finite: true, minimum: 1 },
    paths: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1000 },
  },
  required: ['expiresIn', 'paths'],
};

/** Making signed URLs. */
export class Signing {
  readonly #objects: ObjectStore;
  readonly #tokens: SignedTokens;
  readonly #transforms: boolean;

  /** @param transforms whether images are transformed; a signed URL then leads to the transformed one */
  constructor(objects: ObjectStore, tokens: SignedTokens, transforms: boolean) {
    this.#objects = objects;
    this.#tokens = tokens;
    this.#transforms = transforms;
  }

  one = async (exchange: Exchange): Promise<void> => {
    const { bucket = '', '*': name = '' } = exchange.params;
    const { expiresIn, transform } = exchange.body as { expiresIn: number; transform?: Transformation };
    checkExpiresIn(expiresIn);
    checkBucketName(bucket);
    await this.#objects.database.asCaller(exchange, (transaction) => findObject(transaction, bucket, name));
    const url = `${bucket}/${name}`;
    const transformed = this.#transforms ? transformationClaims(transform ?? {}) : undefined;
    const token = await this.#tokens.sign({ ...transformed, url, scope: 'download' }, expiresIn);
    const path = transformed?.transformations ? 'render/image' : 'object';
    sendJson(exchange.res, 200, { signedURL: `/${path}/sign/${url}?token=${token}` });
  };

  many = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    const { expiresIn, paths } = exchange.body as { expiresIn: number; paths: string[] };
    checkExpiresIn(expiresIn);
    checkBucketName(bucket);
    const { rows } = await this.#objects.database.asCaller(exchange, (transaction) =>
      transaction.query<{ name: string }>(
        'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
        [bucket, paths],
      ),
    );
    const found = new Set(rows.map((row) => row.name));
    const signed = paths.map(async (path) => {
      if (!found.has(path)) return { error: NOT_FOUND, path, signedURL: null };
      const url = `${bucket}/${path}`;
      const token = await this.#tokens.sign({ url, scope: 'download' }, expiresIn);
      return { error: null, path, signedURL: `/object/sign/${url}?token=${token}` };
    });
    sendJson(exchange.res, 200, await Promise.all(signed));
  };

  upload = async (exchange: Exchange): Promise<void> => {
    const { req, res, caller } = exchange;
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const upsert = header(req, 'x-upsert') === 'true';
    const userMetadata = parseUserMetadata(header(req, 'x-metadata'));
    const contentLength = header(req, 'content-length');
    await this.#objects.checkWrite(
      exchange,
      { bucket, name, owner: caller.owner, upsert, userMetadata },
      {
        mimetype: header(req, 'content-type'),
        contentLength: contentLength === undefined ? undefined : Number(contentLength),
      },
    );
    const url = `${bucket}/${name}`;
    const claims = {
      ...(caller.owner === undefined ? {} : { owner: caller.owner }),
      url,
      upsert,
      scope: 'upload',
    };
    const token = await this.#tokens.sign(claims, UPLOAD_SECONDS);
    sendJson(res, 200, { url: `/object/upload/sign/${url}?token=${token}`, token });
  };
}
