import { header, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { setAssetHeaders, setDisposition, setHeader } from '../objects/asset.ts';
import type { Downloads } from '../objects/download.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredObject } from '../objects/row.ts';
import type { SignedTokens } from '../objects/signed-token.ts';
import { renderImage } from './image.ts';
import {
  describeTransformation,
  parseTransformation,
  TRANSFORMATION,
  type Transformation,
} from './transformation.ts';

export const RENDER: Schema = TRANSFORMATION;
export const RENDER_SIGNED: Schema = {
  type: 'object',
  properties: { token: { type: 'string' } },
  required: ['token'],
};

/** Images from `/render/image`, changed on the way to the client. */
export class Renders {
  readonly #objects: ObjectStore;
  readonly #downloads: Downloads;
  readonly #tokens: SignedTokens;

  constructor(objects: ObjectStore, downloads: Downloads, tokens: SignedTokens) {
    this.#objects = objects;
    this.#downloads = downloads;
    this.#tokens = tokens;
  }

  public = async (exchange: Exchange): Promise<void> => {
    const row = await this.#downloads.findPublic(exchange);
    await this.#send(exchange, row, exchange.body as Transformation);
  };

  authenticated = async (exchange: Exchange): Promise<void> => {
    const row = await this.#downloads.findReadable(exchange);
    await this.#send(exchange, row, exchange.body as Transformation);
  };

  /** The token fixes the transformation: nobody can ask for another one with it. */
  signed = async (exchange: Exchange): Promise<void> => {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const token = exchange.query.get('token') ?? '';
    const claims = await this.#tokens.verify(token, `${bucket}/${name}`, 'download');
    const row = await this.#downloads.findSigned(bucket, name);
    const transformations = typeof claims.transformations === 'string' ? claims.transformations : '';
    const expires = new Date((claims.exp ?? NaN) * 1000);
    await this.#send(exchange, row, parseTransformation(transformations), expires);
  };

  async #send(
    exchange: Exchange,
    row: StoredObject,
    transformation: Transformation,
    expires?: Date,
  ): Promise<void> {
    const { req, res } = exchange;
    const path = this.#objects.blobs.path(row.version);
    const applied = describeTransformation(transformation);
    const { bytes, contentType } = await renderImage(path, transformation, header(req, 'accept') ?? '');
    setAssetHeaders(res, { ...row.metadata, mimetype: contentType });
    if (expires) setHeader(res, 'expires', expires.toUTCString());
    else setHeader(res, 'cache-control', row.metadata?.cacheControl);
    if (applied !== '') setHeader(res, 'x-transformations', applied);
    setDisposition(exchange);
    setHeader(res, 'content-length', String(bytes.length));
    res.writeHead(200).end(bytes);
  }
}
