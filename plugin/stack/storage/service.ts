import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import { Buckets } from './buckets.ts';
import { authenticate } from './caller.ts';
import { StorageDatabase } from './database.ts';
import { BlobStore } from './disk/blob-store.ts';
import { sendError, sendJson } from './http/exchange.ts';
import { Downloads } from './objects/download.ts';
import { Listing } from './objects/list.ts';
import { ObjectStore } from './objects/object-store.ts';
import { Removals } from './objects/remove.ts';
import { Signing } from './objects/sign.ts';
import { SignedTokens } from './objects/signed-token.ts';
import { Transfers } from './objects/transfer.ts';
import { Uploads } from './objects/upload.ts';
import { RestApi } from './rest.ts';
import { restRoutes } from './routes.ts';
import { readStorageSettings } from './settings.ts';
import { TusApi } from './tus/tus-api.ts';
import { S3Api } from './s3/s3-api.ts';
import { S3Buckets } from './s3/s3-buckets.ts';
import { S3Listing } from './s3/s3-listing.ts';
import { S3Multipart, uploadOfPartFile } from './s3/s3-multipart.ts';
import { S3Objects } from './s3/s3-objects.ts';
import { isUploadToKeep } from './tus/upload-files.ts';

// The version that a build of supabase/storage without one reports.
const VERSION = '0.0.0';
const VERSION_HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'content-length': VERSION.length };

/** Storage as supabase/storage serves it, on the stack's PostgreSQL and the folder `storage` of the data directory. */
export async function createStorage(context: StackContext): Promise<Service> {
  const settings = readStorageSettings(context.config);
  const database = new StorageDatabase(context);
  const blobs = new BlobStore(join(context.dataDir, 'storage'), await database.isDurable());
  await blobs.open(
    (versions) => database.knownVersions(versions),
    async (name) => {
      const upload = uploadOfPartFile(name);
      if (upload === undefined) return isUploadToKeep(blobs.uploadsDir, name);
      return database.hasMultipartUpload(upload);
    },
  );
  const buckets = new Buckets(database, blobs, settings.fileSizeLimit);
  const objects = new ObjectStore(database, blobs, buckets, settings.fileSizeLimit);
  const tokens = new SignedTokens(context.jwt, context.keys.jwtSecret);
  const transfers = new Transfers(objects);
  const removals = new Removals(objects);
  const rest = new RestApi(
    restRoutes({
      buckets,
      uploads: new Uploads(objects, tokens),
      downloads: new Downloads(objects, tokens),
      listing: new Listing(database),
      transfers,
      removals,
      signing: new Signing(objects, tokens, settings.imageTransformation),
    }),
    context.jwt,
  );

  const tus = new TusApi(objects, context.jwt, tokens, settings.fileSizeLimit);
  const s3 = new S3Api(
    {
      buckets: new S3Buckets(database, buckets),
      objects: new S3Objects(objects, transfers, removals),
      multipart: new S3Multipart(objects),
      listing: new S3Listing(objects),
    },
    context,
  );

  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    const url = req.url ?? '/';
    const [path = ''] = url.split('?', 1);
    if (path === '/status') res.writeHead(200, { 'content-length': 0 }).end();
    else if (path === '/version') res.writeHead(200, VERSION_HEADERS).end(VERSION);
    else if (path === '/health') void sendHealth(req, res);
    else if (TusApi.owns(path) && req.method !== 'GET') void tus.handle(req, res, url);
    else if (settings.s3Protocol && S3Api.owns(path)) void s3.handle(req, res, url);
    else void rest.handle(req, res, url);
  };

  const sendHealth = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await authenticate(context.jwt, req);
      await database.read('health', 'select', []);
      sendJson(res, 200, { healthy: true });
    } catch (error) {
      sendError(req, res, error);
    }
  };

  return { handle, close: () => database.close() };
}
