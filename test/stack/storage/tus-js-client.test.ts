import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { Upload, type UploadOptions } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

let stack: StorageStack;
let headers: Record<string, string>;

beforeAll(async () => {
  stack = await startStorageStack();
  headers = { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` };
  const postgres = new pg.Client(stack.services.database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`insert into storage.buckets (id, name) values ('tus', 'tus')`);
  await postgres.end();
});

afterAll(() => stack.close());

test('an interrupted upload resumes, and becomes an object at its end', async () => {
  const bytes = randomBytes(2_500_000);
  let url: string | null = null;
  await new Promise<void>((resolve, reject) => {
    const first = new Upload(bytes, {
      ...options('big.bin'),
      onError: reject,
      onChunkComplete: () => {
        url = first.url;
        void first.abort().then(resolve, reject);
      },
    });
    first.start();
  });
  expect(url).toContain(`${stack.url}/upload/resumable/`);
  await new Promise<void>((resolve, reject) => {
    const second = new Upload(bytes, {
      ...options('big.bin'),
      uploadUrl: url,
      onError: reject,
      onSuccess: () => resolve(),
    });
    second.start();
  });
  const response = await fetch(`${stack.url}/object/authenticated/tus/big.bin`, { headers });
  const got = Buffer.from(await response.arrayBuffer());
  expect(sha256(got)).toBe(sha256(bytes));
  expect(response.headers.get('cache-control')).toBe('max-age=60');
  const left = await readdir(join(stack.storageDir, 'uploads'));
  expect(left.filter((name) => !name.endsWith('.json'))).toEqual([]);
});

test('a second request for a running upload ends the first, which stores what arrived', async () => {
  const location = await createUpload('lock.txt', 6);
  const first = startPatch(location);
  const ended = new Promise<number | undefined>((resolve, reject) => {
    first.on('response', (response) => resolve(response.resume().statusCode));
    first.on('error', reject);
  });
  first.write('abc');
  await expect.poll(() => partSize(location)).toBe(3);
  const offset = async (): Promise<string | null> => {
    const response = await fetch(location, {
      method: 'HEAD',
      headers: { ...headers, 'tus-resumable': '1.0.0' },
    });
    return response.headers.get('upload-offset');
  };
  expect(await offset()).toBe('3');
  expect(await ended).toBe(204);
  first.destroy();
}, 15_000);

test('a stack that stops while a request waits for another one leaves no timer', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const other = await startStorageStack({ 'supabase/config.toml': '[storage.buckets.tus]\n' });
  try {
    const location = await createUpload('waits.txt', 6, other);
    const first = startPatch(location);
    first.on('error', () => {});
    first.write('abc');
    await expect.poll(() => partSize(location, other)).toBe(3);
    const second = request(location, { method: 'HEAD', headers: { ...headers, 'tus-resumable': '1.0.0' } });
    second.on('error', () => {});
    second.end();
    // The second request wants the lock: the first one's timeout runs, and the second one waits with another timer.
    await once(second, 'socket');
    await expect.poll(timers).toBeGreaterThan(before);
  } finally {
    await other.close();
  }
  await expect.poll(timers).toBe(before);
});

test('an upload is found by its whole id, not by its version alone', async () => {
  const location = await createUpload('mine.txt', 3);
  const forged = Buffer.from(uploadId(location).replace('mine.txt', 'other.txt')).toString('base64url');
  const response = await fetch(`${stack.url}/upload/resumable/${forged}`, {
    method: 'HEAD',
    headers: { ...headers, 'tus-resumable': '1.0.0' },
  });
  expect(response.status).toBe(404);
});

function options(objectName: string): UploadOptions {
  return {
    endpoint: `${stack.url}/upload/resumable`,
    headers,
    chunkSize: 1_000_000,
    retryDelays: null,
    metadata: { bucketName: 'tus', objectName, contentType: 'application/x-big', cacheControl: '60' },
  };
}

async function createUpload(objectName: string, length: number, { url } = stack): Promise<string> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const response = await fetch(`${url}/upload/resumable`, {
    method: 'POST',
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      'upload-length': String(length),
      'upload-metadata': `bucketName ${encode('tus')},objectName ${encode(objectName)}`,
    },
  });
  expect(response.status).toBe(201);
  return response.headers.get('location') ?? '';
}

/** A PATCH that announces six bytes; the caller writes them. */
function startPatch(location: string): ClientRequest {
  return request(location, {
    method: 'PATCH',
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': 6,
    },
  });
}

/** Bytes of an upload on disk. */
async function partSize(location: string, { storageDir } = stack): Promise<number> {
  const part = join(storageDir, 'uploads', `tus-${uploadId(location).split('/').at(-1)}.part`);
  return (await stat(part)).size;
}

function uploadId(location: string): string {
  return Buffer.from(location.split('/').at(-1) ?? '', 'base64url').toString();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
