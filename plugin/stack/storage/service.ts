import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import { bearerToken } from '../http/bearer.ts';
import { OpenRequests } from '../http/open-requests.ts';
import type { SeedReport, Service } from '../service.ts';
import { Buckets } from './buckets/buckets.ts';
import { StorageDatabase } from './database/database.ts';
import { BlobStore } from './disk/blob-store.ts';
import { loadSigningKey } from './disk/signing-key.ts';
import { toStorageError, type StorageError } from './errors.ts';
import { authenticate } from './http/authenticate.ts';
import { makeInert } from './http/inert.ts';
import { sendError, sendJson } from './http/respond.ts';
import { ObjectStore } from './objects/object-store.ts';
import { SignedTokens } from './objects/signed-token.ts';
// oxlint-disable-next-line no-restricted-imports -- Storage's own REST protocol, not the service of that name
import { RestApi } from './rest/rest-api.ts';
import { S3Credentials } from './s3/credentials.ts';
import { uploadOfPartFile } from './s3/multipart-uploads.ts';
import { isS3Path, S3Api } from './s3/s3-api.ts';
import { seedBuckets } from './seed-buckets.ts';
import { readStorageSettings, type StorageSettings } from './settings.ts';
import { isTusPath, isUploadToKeep } from './tus/kept-uploads.ts';
import type { TusApi } from './tus/tus-api.ts';

// What supabase/storage reports when it is built without a version, as the CLI's image is.
const VERSION = '0.0.0';
const VERSION_HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'content-length': VERSION.length };

type Handler = (req: IncomingMessage, res: ServerResponse, url: string) => Promise<void>;

/** Supabase Storage on the stack's PostgreSQL; bytes are in the folder `storage` of the data directory. */
export async function createStorageService(context: StackContext): Promise<Service> {
  const settings = readStorageSettings(context.config);
  const database = new StorageDatabase(context);
  const requests = new OpenRequests();
  try {
    const { blobs, tokens } = await openFolder(context, database);
    const buckets = new Buckets(database, blobs, settings.fileSizeLimit);
    const objects = new ObjectStore(database, blobs, buckets, settings.fileSizeLimit);
    const seed = (): Promise<SeedReport> => seedBuckets(objects, settings.buckets);
    for (const problem of (await seed()).problems) context.logger.warn(problem);
    const answer = settings.enabled ? createApis(context, settings, objects, tokens) : refuse;
    return {
      handle(req, res) {
        makeInert(res);
        const done = answer(req, res, req.url ?? '/')
          .catch((error: unknown) => {
            sendError(req, res, error);
            report(context, req, toStorageError(error));
          })
          .catch(() => void res.destroy());
        requests.track(res, done);
      },
      seed,
      async close() {
        requests.abort();
        await requests.settled();
        await blobs.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The protocols, which share one store of objects; each answers its own errors. */
function createApis(
  context: StackContext,
  settings: StorageSettings,
  objects: ObjectStore,
  tokens: SignedTokens,
): Handler {
  const { jwt } = context;
  const rest = new RestApi({ objects, tokens, transformsImages: settings.imageTransformation }, jwt);
  const s3 = new S3Api(objects, new S3Credentials(context));
  // Loaded by the first resumable upload: most projects start without one.
  let tus: Promise<TusApi> | undefined;
  const loadTus = async (): Promise<TusApi> => {
    const { TusApi } = await import('./tus/tus-api.ts');
    return new TusApi(objects, jwt, tokens, settings.fileSizeLimit);
  };
  return async (req, res, url) => {
    const [path = ''] = url.split('?', 1);
    if (path === '/status') res.writeHead(200, { 'content-length': 0 }).end();
    else if (path === '/version') res.writeHead(200, VERSION_HEADERS).end(VERSION);
    else if (path === '/health') await sendHealth(context, objects.database, req, res);
    else if (isTusPath(path) && req.method !== 'GET') await (await (tus ??= loadTus())).handle(req, res, url);
    else if (settings.s3Protocol && isS3Path(path)) await s3.handle(req, res, url);
    else await rest.handle(req, res, url);
  };
}

/** Opens what the service keeps in its folder. @throws SupabaseDevError STORAGE_UNWRITABLE */
async function openFolder(
  context: StackContext,
  database: StorageDatabase,
): Promise<{ blobs: BlobStore; tokens: SignedTokens }> {
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
    return { blobs, tokens: new SignedTokens(await loadSigningKey(dir)) };
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

/** Reports a refused request to those who explain it. */
function report({ observations }: StackContext, req: IncomingMessage, error: StorageError): void {
  if (!observations.isActive) return;
  observations.emit({
    kind: 'storage',
    request: req,
    method: req.method ?? 'GET',
    path: req.url ?? '/',
    status: error.statusCode,
    code: error.code,
    message: error.message,
    token: bearerToken(req.headers.authorization),
  });
}

async function refuse(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  const message = 'Storage is off: [storage] enabled = false in supabase/config.toml';
  sendJson(res, 503, { statusCode: '503', error: 'ServiceUnavailable', message, code: 'ServiceUnavailable' });
}
