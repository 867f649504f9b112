import { access, readFile } from 'node:fs/promises';
import { header, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { cacheControl, setAssetHeaders, setDisposition, setHeader } from './send-asset.ts';
import type { Downloads } from './download.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredObject } from '../objects/row.ts';
import type { SignedTokens } from '../objects/signed-token.ts';
import { invalidImage, renderImage } from '../render/image.ts';
import {
  describeTransformation,
  parseTransformation,
  TRANSFORMATION,
  type Transformation,
} from '../render/transformation.ts';

export const RENDER: Schema = TRANSFORMATION;
export const RENDER_SIGNED: Schema = {
  type: 'object',
  properties: { token: { type: 'string' } },
  required: ['token'],
};

// Bytes; the CLI's setting of imgproxy.
const MAX_FILE_SIZE = 25_000_000;

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
    const metadata = row.metadata ?? {};
    const applied = describeTransformation(transformation);
    if ((metadata.size ?? 0) > MAX_FILE_SIZE) throw invalidImage();
    const path = this.#objects.blobs.path(row.version);
    await access(path);
    const image = await renderImage(path, transformation, header(req, 'accept') ?? '');
    const bytes = image?.bytes ?? (await readFile(path));
    setAssetHeaders(res, { ...metadata, mimetype: image?.contentType ?? 'image/svg+xml' });
    // What is sent was made just now, and imgproxy says nothing of the source's time.
    res.removeHeader('last-modified');
    if (expires) setHeader(res, 'expires', expires.toUTCString());
    else setHeader(res, 'cache-control', cacheControl(exchange, metadata, 'stale-while-revalidate=30'));
    if (applied !== '') setHeader(res, 'x-transformations', applied);
    setDisposition(exchange);
    setHeader(res, 'content-length', String(bytes.length));
    res.writeHead(200).end(bytes);
  }
}
