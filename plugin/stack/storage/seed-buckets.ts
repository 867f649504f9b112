import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { errorMessage } from '../../shared/errors.ts';
import type { SeedReport } from '../service.ts';
import { ANONYMOUS, type RequestScope } from './database/request-scope.ts';
import { checkNewObjectName } from './names.ts';
import type { ObjectStore } from './objects/object-store.ts';
import type { BucketSettings } from './settings.ts';

const SCOPE: RequestScope = {
  caller: ANONYMOUS,
  operation: 'storage.object.upload',
  url: '/object',
  method: 'POST',
  headers: {},
};

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/**
 * Creates the buckets of `[storage.buckets.*]` and stores the files of their `objects_path` in them, as `supabase start`
 * and `supabase seed buckets` do. Files that are already stored are skipped.
 */
export async function seedBuckets(
  objects: ObjectStore,
  buckets: readonly BucketSettings[],
): Promise<SeedReport> {
  const problems: string[] = [];
  let stored = 0;
  for (const bucket of buckets) {
    try {
      await upsertBucket(objects, bucket);
      if (bucket.objectsPath !== undefined)
        stored += await seedObjects(objects, bucket.name, bucket.objectsPath, problems);
    } catch (error) {
      problems.push(`supabase/config.toml: storage.buckets.${bucket.name}: ${errorMessage(error)}`);
    }
  }
  return { buckets: buckets.map(({ name }) => name), stored, problems };
}

async function upsertBucket({ database, buckets }: ObjectStore, bucket: BucketSettings): Promise<void> {
  const fields: Readonly<Record<string, unknown>> = {
    ...(bucket.public === undefined ? {} : { public: bucket.public }),
    ...(bucket.fileSizeLimit === undefined ? {} : { file_size_limit: bucket.fileSizeLimit }),
    ...(bucket.allowedMimeTypes === undefined ? {} : { allowed_mime_types: bucket.allowedMimeTypes }),
  };
  const known = await buckets.find(bucket.name);
  await database.asService(SCOPE, async (transaction) => {
    if (!known) await buckets.insert(transaction, { name: bucket.name }, undefined);
    const set = Object.keys(fields).map((name, index) => `${name} = $${index + 2}`);
    if (set.length > 0)
      await transaction.query(`update storage.buckets set ${set.join(', ')} where id = $1`, [
        bucket.name,
        ...Object.values(fields),
      ]);
  });
}

/** @returns the number of files that were stored */
async function seedObjects(
  objects: ObjectStore,
  bucket: string,
  folder: string,
  problems: string[],
): Promise<number> {
  let stored = 0;
  const rows = await objects.database.read<{ name: string; etag: string | null }>(
    'seeded-objects',
    `select name, metadata ->> 'eTag' as etag from storage.objects where bucket_id = $1`,
    [bucket],
  );
  const known = new Map(rows.map((row) => [row.name, row.etag]));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    try {
      if (known.get(name) === (await etagOf(path))) continue;
      await seedObject(objects, bucket, name, path);
      stored++;
    } catch (error) {
      problems.push(`storage.buckets.${bucket}.objects_path: ${name} is not stored: ${errorMessage(error)}`);
    }
  }
  return stored;
}

async function seedObject(objects: ObjectStore, bucket: string, name: string, path: string): Promise<void> {
  checkNewObjectName(bucket, name);
  const limit = objects.sizeLimit(await objects.buckets.get(bucket), name);
  if ((await stat(path)).size > limit) throw new Error(`it is larger than ${limit} bytes`);
  const { blob } = await objects.blobs.store((writer) => writer.writeAll(createReadStream(path), limit));
  const draft = { bucket, name, owner: undefined, upsert: true, userMetadata: {} };
  const mimeType = MIME_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
  await objects.save(SCOPE, draft, { blob, mimeType, cacheControl: 'max-age=3600' });
}

async function etagOf(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return `"${hash.digest('hex')}"`;
}
