// Storage v1.70.6 src/http/routes/object/{createObject,updateObject,uploadSignedObject}.ts, src/storage/uploader.ts
import type { ValueOf } from '../http/schema.ts';
import { checkContentType } from '../http/body.ts';
import { header, isForm } from '../http/exchange.ts';
import { sendJson } from '../http/respond.ts';
import { checkBucketName } from '../names.ts';
import type { ObjectRow } from '../objects/row.ts';
import type { TOKEN_QUERY } from './download.ts';
import { receiveBody, receiveForm, type UploadTarget } from './receive.ts';
import { checkRobotsTag } from './robots-tag.ts';
import type { RestContext, RestExchange } from './route.ts';

/** POST creates an object, or replaces it with `x-upsert: true`. */
export async function createObject(context: RestContext, exchange: RestExchange): Promise<void> {
  await answerUpload(context, exchange, header(exchange.req, 'x-upsert') === 'true');
}

/** PUT replaces an object, or creates it. */
export async function replaceObject(context: RestContext, exchange: RestExchange): Promise<void> {
  await answerUpload(context, exchange, true);
}

/** The policies were checked when the URL was signed: the upload runs as the service role, for the signer. */
export async function uploadSigned(
  context: RestContext,
  exchange: RestExchange<ValueOf<typeof TOKEN_QUERY>>,
): Promise<void> {
  const { res, scope, bucket, name, input } = exchange;
  checkBucketName(bucket);
  const claims = await context.tokens.verify(input.token, `${bucket}/${name}`, 'upload');
  const owner = typeof claims.owner === 'string' ? claims.owner : undefined;
  const asService = { ...exchange, scope: { ...scope, caller: { ...scope.caller, role: 'service_role' } } };
  await upload(context, asService, { bucket, name, owner, upsert: claims.upsert === true });
  sendJson(res, 200, { Key: `${bucket}/${name}` });
}

async function answerUpload(context: RestContext, exchange: RestExchange, upsert: boolean): Promise<void> {
  const { res, scope, bucket, name } = exchange;
  checkBucketName(bucket);
  const row = await upload(context, exchange, { bucket, name, owner: scope.caller.owner, upsert });
  sendJson(res, 200, { Key: `${bucket}/${name}`, Id: row.id });
}

async function upload(
  { objects }: RestContext,
  exchange: RestExchange,
  target: UploadTarget,
): Promise<ObjectRow> {
  const { req, scope } = exchange;
  checkContentType(req);
  const bucket = await objects.buckets.get(target.bucket);
  const robotsTag = header(req, 'x-robots-tag') || undefined;
  if (robotsTag !== undefined) checkRobotsTag(robotsTag);
  const receive = isForm(req) ? receiveForm : receiveBody;
  const { content, userMetadata, check } = await receive(objects, exchange, target, bucket);
  return objects.save(scope, { ...target, userMetadata }, { ...content, robotsTag }, check);
}
