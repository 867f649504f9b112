import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import { Buckets } from './buckets/buckets.ts';
import { authenticate } from './http/authenticate.ts';
import { StorageDatabase } from './database/database.ts';
import { BlobStore } from './disk/blob-store.ts';
import { sendError, sendJson } from './http/exchange.ts';
import { Downloads } from './rest/download.ts';
import { Listing } from './rest/list.ts';
import { ObjectStore } from './objects/object-store.ts';
import { Removals } from './objects/remove.ts';
import { Signing } from './rest/sign.ts';
import { SignedTokens } from './objects/signed-token.ts';
import { Transfers } from './objects/transfer.ts';
import { Uploads } from './rest/upload.ts';
import { Renders } from './rest/render.ts';
import { RestApi } from './rest/rest-api.ts';
import { restRoutes } from './rest/routes.ts';
import { seedBuckets } from './seed-buckets.ts';
import { readStorageSettings, type StorageSettings } from './settings.ts';
import type { TusApi } from './tus/tus-api.ts';
import { S3Api } from './s3/s3-api.ts';
import { S3Buckets } from './s3/buckets.ts';
import { S3Listing } from './s3/listing.ts';
import { S3Multipart, uploadOfPartFile } from './s3/multipart.ts';
import { S3Objects } from './s3/objects.ts';
import { isTusPath, isUploadToKeep } from './tus/kept-uploads.ts';

// The version that a build of supabase/storage without one reports.
const VERSION = '0.0.0';
const VERSION_HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'content-length': VERSION.length };

type Handler = (req: IncomingMessage, res: ServerResponse, url: string) => Promise<void>;

/** Storage as supabase/storage serves it, on the stack's PostgreSQL and the folder `storage` of the data directory. */
export async function createStorageService(context: StackContext): Promise<Service> {
  const settings = readStorageSettings(context.config);
  const database = new StorageDatabase(context);
  const running = new Map<ServerResponse, Promise<void>>();
  try {
    const blobs = await openBlobs(context, database);
    const buckets = new Buckets(database, blobs, settings.fileSizeLimit);
    const objects = new ObjectStore(database, blobs, buckets, settings.fileSizeLimit);
    await seedBuckets(objects, settings.buckets, context.logger);
    const answer = settings.enabled ? createApis(context, settings, objects) : refuse;
    return {
      handle(req, res) {
        const done = answer(req, res, req.url ?? '/')
          .catch((error: unknown) => sendError(req, res, error))
          .finally(() => running.delete(res));
        running.set(res, done);
      },
      async close() {
        for (const res of running.keys()) res.destroy();
        await Promise.allSettled(running.values());
        await blobs.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The protocols over one store of objects; each answers its own errors. */
function createApis(context: StackContext, settings: StorageSettings, objects: ObjectStore): Handler {
  const { database, buckets } = objects;
  const tokens = new SignedTokens(context.jwt, context.keys.jwtSecret);
  const downloads = new Downloads(objects, tokens);
  const transfers = new Transfers(objects);
  const removals = new Removals(objects);
  const routes = restRoutes({
    buckets,
    uploads: new Uploads(objects, tokens),
    downloads,
    listing: new Listing(database),
    transfers,
    removals,
    signing: new Signing(objects, tokens, settings.imageTransformation),
    renders: settings.imageTransformation ? new Renders(objects, downloads, tokens) : undefined,
  });
  const rest = new RestApi(routes, context.jwt);
  // Its library is loaded by the first resumable upload: most projects start without one.
  let tus: Promise<TusApi> | undefined;
  const loadTus = async (): Promise<TusApi> => {
    const { TusApi } = await import('./tus/tus-api.ts');
    return new TusApi(objects, context.jwt, tokens, settings.fileSizeLimit);
  };
  const s3 = new S3Api(
    {
      buckets: new S3Buckets(database, buckets),
      objects: new S3Objects(objects, transfers, removals),
      multipart: new S3Multipart(objects),
      listing: new S3Listing(objects),
    },
    context,
  );
  return async (req, res, url) => {
    const [path = ''] = url.split('?', 1);
    if (path === '/status') res.writeHead(200, { 'content-length': 0 }).end();
    else if (path === '/version') res.writeHead(200, VERSION_HEADERS).end(VERSION);
    else if (path === '/health') await sendHealth(context, database, req, res);
    else if (isTusPath(path) && req.method !== 'GET') await (await (tus ??= loadTus())).handle(req, res, url);
    else if (settings.s3Protocol && S3Api.owns(path)) await s3.handle(req, res, url);
    else await rest.handle(req, res, url);
  };
}

async function openBlobs(context: StackContext, database: StorageDatabase): Promise<BlobStore> {
  const dir = join(context.dataDir, 'storage');
  const blobs = new BlobStore(dir, await database.isDurable());
  try {
    await blobs.open(
      (versions) => database.knownVersions(versions),
      async (name) => {
        const upload = uploadOfPartFile(name);
        if (upload === undefined) return isUploadToKeep(blobs.uploadsDir, name);
        return database.hasMultipartUpload(upload);
      },
    );
  } catch (error) {
    throw new SupabaseDevError(
      'STORAGE_UNWRITABLE',
      `Cannot keep objects in ${dir}: ${errorMessage(error)}`,
      {
        hint: 'Make the folder writable, or choose another one with the option dataDir.',
        cause: error,
      },
    );
  }
  return blobs;
}

async function sendHealth(
  context: StackContext,
  database: StorageDatabase,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    await authenticate(context.jwt, req);
    await database.read('health', 'select', []);
    sendJson(res, 200, { healthy: true });
  } catch (error) {
    sendError(req, res, error);
  }
}

async function refuse(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  const message = 'Storage is off: [storage] enabled = false in supabase/config.toml';
  sendJson(res, 503, { statusCode: '503', error: 'ServiceUnavailable', message, code: 'ServiceUnavailable' });
}
