import { CREATE_BUCKET, LIST_BUCKETS, UPDATE_BUCKET, type Buckets } from '../buckets/buckets.ts';
import { StorageError } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from './router.ts';
import type { Schema } from '../http/schema.ts';
import type { Downloads } from './download.ts';
import { LIST, LIST_V2, type Listing } from './list.ts';
import { REMOVE_MANY, type Removals } from '../objects/remove.ts';
import { SIGN, SIGN_MANY, type Signing } from './sign.ts';
import { COPY, MOVE, type Transfers } from '../objects/transfer.ts';
import type { Uploads } from './upload.ts';
import { RENDER, RENDER_SIGNED, type Renders } from './render.ts';

/** A route of the REST API. */
export interface RestTarget {
  readonly operation: string;
  /**
   * `header`: the Authorization header is part of the request's schema; `token`: a good token is needed all the same;
   * `optional`: anonymous without a good one; `none`: a token is not looked at.
   */
  readonly auth: 'header' | 'token' | 'optional' | 'none';
  /** `stream`: the route reads the body itself. `json?`: as `json`, but a body that calls itself JSON may be empty. */
  readonly input:
    | 'stream'
    | 'nothing'
    | 'json'
    | 'json?'
    | { readonly body: Schema }
    | { readonly query: Schema };
  readonly handle: (exchange: Exchange) => Promise<void>;
}

/** The parts of the REST API. */
export interface RestParts {
  readonly buckets: Buckets;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly listing: Listing;
  readonly transfers: Transfers;
  readonly removals: Removals;
  readonly signing: Signing;
  /** Undefined while image transformation is off: its routes are then not there. */
  readonly renders: Renders | undefined;
}

const TOKEN_QUERY: Schema = {
  type: 'object',
  properties: { token: { type: 'string' } },
  required: ['token'],
};

/** Every route of `/bucket` and `/object`. */
export function restRoutes(parts: RestParts): Route<RestTarget>[] {
  const { buckets, uploads, downloads, listing, transfers, removals, signing, renders } = parts;
  const routes: Route<RestTarget>[] = [];
  const add = (
    method: string,
    path: string,
    operation: string,
    auth: RestTarget['auth'],
    input: RestTarget['input'],
    handle: RestTarget['handle'],
  ): void => {
    for (const one of method.split(' '))
      routes.push({ method: one, path, target: { operation: `storage.${operation}`, auth, input, handle } });
  };

  for (const path of ['/bucket', '/bucket/']) {
    add('POST', path, 'bucket.create', 'header', { body: CREATE_BUCKET }, buckets.create);
    add('GET HEAD', path, 'bucket.list', 'header', { query: LIST_BUCKETS }, buckets.list);
  }
  add('GET HEAD', '/bucket/:bucket', 'bucket.get', 'header', 'nothing', buckets.show);
  add('PUT', '/bucket/:bucket', 'bucket.update', 'header', { body: UPDATE_BUCKET }, buckets.update);
  add('DELETE', '/bucket/:bucket', 'bucket.delete', 'header', 'json?', buckets.remove);
  add('POST', '/bucket/:bucket/empty', 'bucket.empty', 'header', 'json?', buckets.empty);

  add('POST', '/object/:bucket/*', 'object.upload', 'header', 'stream', uploads.create);
  add('PUT', '/object/:bucket/*', 'object.upload_update', 'header', 'stream', uploads.replace);
  const signedUpload = '/object/upload/sign/:bucket/*';
  add('POST', signedUpload, 'object.sign_upload_url', 'header', 'json', signing.upload);
  add('PUT', signedUpload, 'object.upload_signed', 'none', { query: TOKEN_QUERY }, uploads.withSignedUrl);

  add('GET', '/object/public/:bucket/*', 'object.get_public', 'none', 'nothing', downloads.public);
  add('HEAD', '/object/public/:bucket/*', 'object.info_public', 'none', 'nothing', downloads.publicHead);
  const authenticated = '/object/authenticated/:bucket/*';
  add('GET', authenticated, 'object.get_authenticated', 'header', 'nothing', downloads.authenticated);
  add('HEAD', authenticated, 'object.head_authenticated_info', 'header', 'nothing', downloads.head);
  const plain = '/object/:bucket/*';
  add('GET', plain, 'object.get_authenticated', 'optional', 'nothing', downloads.authenticated);
  add('HEAD', plain, 'object.head_authenticated_info', 'optional', 'nothing', downloads.head);
  const signed = '/object/sign/:bucket/*';
  add('GET HEAD', signed, 'object.get_signed', 'none', { query: TOKEN_QUERY }, downloads.signed);
  const info = 'object.get_authenticated_info';
  add('GET', '/object/info/public/:bucket/*', 'object.info_public', 'none', 'nothing', downloads.publicInfo);
  add('GET HEAD', '/object/info/authenticated/:bucket/*', info, 'header', 'nothing', downloads.info);
  add('GET HEAD', '/object/info/:bucket/*', info, 'optional', 'nothing', downloads.info);

  add('POST', '/object/list/:bucket', 'object.list', 'header', { body: LIST }, listing.byOffset);
  add('POST', '/object/list-v2/:bucket', 'object.list_v2', 'token', { body: LIST_V2 }, listing.byCursor);
  add('POST', '/object/copy', 'object.copy', 'header', { body: COPY }, transfers.copyObject);
  add('POST', '/object/move', 'object.move', 'header', { body: MOVE }, transfers.moveObject);
  add('DELETE', plain, 'object.delete', 'header', 'json', removals.removeOne);
  add(
    'DELETE',
    '/object/:bucket',
    'object.delete_many',
    'header',
    { body: REMOVE_MANY },
    removals.removeMany,
  );
  add('POST', signed, 'object.sign', 'header', { body: SIGN }, signing.one);
  add('POST', '/object/sign/:bucket', 'object.sign_many', 'header', { body: SIGN_MANY }, signing.many);

  if (renders) {
    const image = '/render/image';
    const [open, closed] = [`${image}/public/:bucket/*`, `${image}/authenticated/:bucket/*`];
    add('GET HEAD', open, 'render.image_public', 'none', { query: RENDER }, renders.public);
    add('GET HEAD', closed, 'render.image_authenticated', 'header', { query: RENDER }, renders.authenticated);
    const token = `${image}/sign/:bucket/*`;
    add('GET HEAD', token, 'render.image_sign', 'none', { query: RENDER_SIGNED }, renders.signed);
  }

  for (const path of ['/cdn/:bucket', '/cdn/:bucket/*'])
    add('DELETE', path, 'cdn.purge_object_cache', 'header', 'json', refusePurge);
  return routes;
}

/** There is no CDN to purge: what the original answers when none is configured. */
async function refusePurge(): Promise<void> {
  throw new StorageError(
    400,
    'MissingParameter',
    'Missing Required Parameter CDN_PURGE_ENDPOINT_URL is not set',
  );
}
