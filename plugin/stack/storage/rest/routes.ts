// Storage v1.70.6 src/http/routes/{bucket,object,render,cdn}/index.ts, src/http/routes/operations.ts
import { StorageError } from '../errors.ts';
import {
  CREATE_BUCKET,
  createBucket,
  deleteBucket,
  emptyBucket,
  LIST_BUCKETS,
  listBuckets,
  showBucket,
  UPDATE_BUCKET,
  updateBucket,
} from './buckets.ts';
import {
  download,
  downloadPublic,
  downloadSigned,
  head,
  headPublic,
  info,
  infoPublic,
  TOKEN_QUERY,
} from './download.ts';
import { LIST, LIST_V2, listObjects, listObjectsByCursor } from './list.ts';
import { REMOVE_MANY, removeMany, removeOne } from './remove.ts';
import { render, renderPublic, renderSigned } from './render.ts';
import { anyJson, body, emptyOrAnyJson, nothing, query, route, type Route } from './route.ts';
import { SIGN, SIGN_MANY, signDownload, signDownloads, signUpload } from './sign.ts';
import { TRANSFORMATION } from './transformation-schema.ts';
import { copy, COPY, move, MOVE } from './transfer.ts';
import { createObject, replaceObject, uploadSigned } from './upload.ts';

const BUCKETS = ['/bucket', '/bucket/'].flatMap((path) => [
  route(`POST ${path}`, 'bucket.create', 'header', body(CREATE_BUCKET), createBucket),
  route(`GET HEAD ${path}`, 'bucket.list', 'header', query(LIST_BUCKETS), listBuckets),
]);

const BUCKET = [
  route('GET HEAD /bucket/:bucket', 'bucket.get', 'header', nothing, showBucket),
  route('PUT /bucket/:bucket', 'bucket.update', 'header', body(UPDATE_BUCKET), updateBucket),
  route('DELETE /bucket/:bucket', 'bucket.delete', 'header', emptyOrAnyJson, deleteBucket),
  route('POST /bucket/:bucket/empty', 'bucket.empty', 'header', emptyOrAnyJson, emptyBucket),
];

const token = query(TOKEN_QUERY);
const READ = 'object.get_authenticated';
const READ_HEAD = 'object.head_authenticated_info';
const READ_INFO = 'object.get_authenticated_info';

const READING = [
  route('GET /object/public/:bucket/*', 'object.get_public', 'none', nothing, downloadPublic),
  route('HEAD /object/public/:bucket/*', 'object.info_public', 'none', nothing, headPublic),
  route('GET /object/authenticated/:bucket/*', READ, 'header', nothing, download),
  route('HEAD /object/authenticated/:bucket/*', READ_HEAD, 'header', nothing, head),
  route('GET /object/:bucket/*', READ, 'optional', nothing, download),
  route('HEAD /object/:bucket/*', READ_HEAD, 'optional', nothing, head),
  route('GET HEAD /object/sign/:bucket/*', 'object.get_signed', 'none', token, downloadSigned),
  route('GET /object/info/public/:bucket/*', 'object.info_public', 'none', nothing, infoPublic),
  route('GET HEAD /object/info/authenticated/:bucket/*', READ_INFO, 'header', nothing, info),
  route('GET HEAD /object/info/:bucket/*', READ_INFO, 'optional', nothing, info),
  route('POST /object/list/:bucket', 'object.list', 'header', body(LIST), listObjects),
  route('POST /object/list-v2/:bucket', 'object.list_v2', 'token', body(LIST_V2), listObjectsByCursor),
];

const WRITING = [
  route('POST /object/:bucket/*', 'object.upload', 'header', nothing, createObject),
  route('PUT /object/:bucket/*', 'object.upload_update', 'header', nothing, replaceObject),
  route('PUT /object/upload/sign/:bucket/*', 'object.upload_signed', 'none', token, uploadSigned),
  route('POST /object/copy', 'object.copy', 'header', body(COPY), copy),
  route('POST /object/move', 'object.move', 'header', body(MOVE), move),
  route('DELETE /object/:bucket/*', 'object.delete', 'header', anyJson, removeOne),
  route('DELETE /object/:bucket', 'object.delete_many', 'header', body(REMOVE_MANY), removeMany),
];

const SIGNING = [
  route('POST /object/upload/sign/:bucket/*', 'object.sign_upload_url', 'header', anyJson, signUpload),
  route('POST /object/sign/:bucket/*', 'object.sign', 'header', body(SIGN), signDownload),
  route('POST /object/sign/:bucket', 'object.sign_many', 'header', body(SIGN_MANY), signDownloads),
];

const image = query(TRANSFORMATION);

const RENDERING = [
  route('GET HEAD /render/image/public/:bucket/*', 'render.image_public', 'none', image, renderPublic),
  route(
    'GET HEAD /render/image/authenticated/:bucket/*',
    'render.image_authenticated',
    'header',
    image,
    render,
  ),
  route('GET HEAD /render/image/sign/:bucket/*', 'render.image_sign', 'none', token, renderSigned),
];

const CDN = ['/cdn/:bucket', '/cdn/:bucket/*'].map((path) =>
  route(`DELETE ${path}`, 'cdn.purge_object_cache', 'header', anyJson, refusePurge),
);

/** Every route of the REST API; those of `/render` exist only while image transformation is on. */
export function restRoutes(transformsImages: boolean): Route[] {
  return [
    ...BUCKETS,
    ...BUCKET,
    ...READING,
    ...WRITING,
    ...SIGNING,
    ...CDN,
    ...(transformsImages ? RENDERING : []),
  ];
}

/** What Storage answers when no CDN is configured. */
async function refusePurge(): Promise<void> {
  throw new StorageError(
    400,
    'MissingParameter',
    'Missing Required Parameter CDN_PURGE_ENDPOINT_URL is not set',
  );
}
