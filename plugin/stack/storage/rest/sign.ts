// Storage v1.70.6 src/http/routes/object/{getSignedURL,getSignedURLs,getSignedUploadURL}.ts
import { header } from '../http/exchange.ts';
import { sendJson } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { findVisible, visibleNames } from '../objects/lookup.ts';
import { checkExpiresIn } from '../objects/signed-token.ts';
import { parseMetadataHeader } from '../objects/user-metadata.ts';
import { transformationClaims } from '../render/transformation.ts';
import type { RestContext, RestExchange } from './route.ts';
import { TRANSFORMATION } from './transformation-schema.ts';

const UPLOAD_SECONDS = 2 * 60 * 60;
const NOT_FOUND = 'Either the object does not exist or you do not have access to it';

export const SIGN = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', finite: true, minimum: 1 },
    transform: TRANSFORMATION,
  },
  required: ['expiresIn'],
} as const satisfies Schema;

export const SIGN_MANY = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', finite: true, minimum: 1 },
    paths: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1000 },
  },
  required: ['expiresIn', 'paths'],
} as const satisfies Schema;

/** A signed download URL; of the transformed image, where image transformation is on and one is given. */
export async function signDownload(
  { objects, tokens, transformsImages }: RestContext,
  { res, scope, bucket, name, input }: RestExchange<ValueOf<typeof SIGN>>,
): Promise<void> {
  const { expiresIn, transform = {} } = input;
  checkExpiresIn(expiresIn);
  checkBucketName(bucket);
  await findVisible(objects.database, scope, bucket, name);
  const url = `${bucket}/${name}`;
  const transformed = transformsImages ? transformationClaims(transform) : undefined;
  const token = await tokens.sign({ ...transformed, url, scope: 'download' }, expiresIn);
  const path = transformed?.transformations ? 'render/image' : 'object';
  sendJson(res, 200, { signedURL: `/${path}/sign/${url}?token=${token}` });
}

/** Signed download URLs of many objects; one that the caller cannot see gets an error of its own. */
export async function signDownloads(
  { objects, tokens }: RestContext,
  { res, scope, bucket, input }: RestExchange<ValueOf<typeof SIGN_MANY>>,
): Promise<void> {
  const { expiresIn, paths } = input;
  checkExpiresIn(expiresIn);
  checkBucketName(bucket);
  const found = await visibleNames(objects.database, scope, bucket, paths);
  const signed = paths.map(async (path) => {
    if (!found.has(path)) return { error: NOT_FOUND, path, signedURL: null };
    const url = `${bucket}/${path}`;
    const token = await tokens.sign({ url, scope: 'download' }, expiresIn);
    return { error: null, path, signedURL: `/object/sign/${url}?token=${token}` };
  });
  sendJson(res, 200, await Promise.all(signed));
}

/** A signed upload URL. The policies are checked now: the upload itself runs as the service role. */
export async function signUpload(
  { objects, tokens }: RestContext,
  { req, res, scope, bucket, name }: RestExchange,
): Promise<void> {
  const { owner } = scope.caller;
  checkBucketName(bucket);
  const upsert = header(req, 'x-upsert') === 'true';
  const userMetadata = parseMetadataHeader(header(req, 'x-metadata'));
  const contentLength = header(req, 'content-length');
  await objects.checkWrite(
    scope,
    { bucket, name, owner, upsert, userMetadata },
    {
      mimetype: header(req, 'content-type'),
      contentLength: contentLength === undefined ? undefined : Number(contentLength),
    },
  );
  const url = `${bucket}/${name}`;
  const claims = { ...(owner === undefined ? {} : { owner }), url, upsert, scope: 'upload' as const };
  const token = await tokens.sign(claims, UPLOAD_SECONDS);
  sendJson(res, 200, { url: `/object/upload/sign/${url}?token=${token}`, token });
}
