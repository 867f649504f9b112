import { createClient } from '@supabase/supabase-js';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Logger } from '../../../plugin/logger.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const CONFIG = `
[storage]
file_size_limit = "1MiB"
[storage.image_transformation]
enabled = true
[storage.buckets.pictures]
public = true
file_size_limit = "100KB"
allowed_mime_types = ["image/png", "text/plain"]
objects_path = "./pictures"
[storage.buckets.private]
[storage.buckets.broken]
objects_path = "./missing"
`;

let stack: StorageStack;
const warnings: string[] = [];
const logger: Logger = { info() {}, error() {}, warn: (message) => void warnings.push(message) };

beforeAll(async () => {
  stack = await startStorageStack(
    {
      'supabase/config.toml': CONFIG,
      'supabase/pictures/readme.txt': 'hello',
      'supabase/pictures/deep/er/note.txt': 'deep',
      'supabase/pictures/ünicode.txt': 'no valid key',
    },
    logger,
  );
});

afterAll(() => stack.close());

test('the buckets of config.toml are there with their settings and files', async () => {
  const { storage } = client();
  expect((await storage.listBuckets()).data).toMatchObject([
    {
      id: 'pictures',
      public: true,
      file_size_limit: 102_400,
      allowed_mime_types: ['image/png', 'text/plain'],
    },
    { id: 'private', public: false, file_size_limit: null },
    { id: 'broken' },
  ]);
  const { publicUrl } = storage.from('pictures').getPublicUrl('deep/er/note.txt').data;
  const response = await fetch(publicUrl);
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toBe('deep');
  expect((await storage.from('pictures').list()).data?.map((item) => item.name)).toEqual([
    'deep',
    'readme.txt',
  ]);
});

test('what cannot be stored is said, and stops nothing', () => {
  expect(warnings).toEqual([
    expect.stringContaining('ünicode.txt is not stored: Invalid key'),
    expect.stringContaining('storage.buckets.broken: ENOENT'),
  ]);
});

test('no upload is larger than the limits, with or without a length', async () => {
  const { storage } = client();
  const large = new Blob([Buffer.alloc(1024 * 1024 + 1)]);
  expect((await storage.from('private').upload('large', large)).error).toMatchObject({ statusCode: '413' });
  const { status } = await fetch(`${stack.url}/object/private/stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` },
    body: large.stream(),
    duplex: 'half',
  });
  expect(status).toBe(400);
  expect((await storage.from('private').list()).data).toEqual([]);
});

test('images are resized, cropped and converted', async () => {
  const { storage } = client();
  const png = await sharp({ create: { width: 400, height: 200, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await storage.from('pictures').upload('red.png', png, { contentType: 'image/png' });
  const transformed = async (url: string, accept = 'image/png'): Promise<unknown> => {
    const response = await fetch(url, { headers: { accept } });
    const { width, height, format } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    return { type: response.headers.get('content-type'), width, height, format };
  };
  const publicUrl = (transform: object): string =>
    storage.from('pictures').getPublicUrl('red.png', { transform }).data.publicUrl;
  const type = 'image/png';
  const format = 'png';
  expect(await transformed(publicUrl({ width: 100 }))).toEqual({ type, format, width: 100, height: 50 });
  expect(await transformed(publicUrl({ width: 100, height: 100 }))).toEqual({
    type,
    format,
    width: 100,
    height: 100,
  });
  expect(await transformed(publicUrl({ width: 100, height: 100, resize: 'contain' }))).toMatchObject({
    height: 50,
  });
  expect(await transformed(publicUrl({ width: 10, height: 50, resize: 'fill' }))).toMatchObject({
    width: 10,
  });
  expect(await transformed(publicUrl({ width: 50 }), 'image/webp,*/*')).toMatchObject({ format: 'webp' });
  expect(await transformed(publicUrl({ width: 50, format: 'origin' }), 'image/webp')).toMatchObject({
    format,
  });
  const signed = await storage
    .from('pictures')
    .createSignedUrl('red.png', 60, { transform: { width: 40, height: 40 } });
  expect(signed.data?.signedUrl).toContain('/render/image/sign/');
  expect(await transformed(signed.data?.signedUrl ?? '')).toMatchObject({ width: 40, height: 40 });
  // The signature fixes the size: a query cannot ask for more.
  expect(await transformed(`${signed.data?.signedUrl}&width=300`)).toMatchObject({ width: 40 });
});

test('what is no image is refused by the transformation', async () => {
  const response = await fetch(`${stack.url}/render/image/public/pictures/readme.txt?width=10`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ statusCode: '422', code: 'InvalidRequest' });
  const original = await fetch(`${stack.url}/object/public/pictures/readme.txt`);
  const md5 = createHash('md5')
    .update(await original.text())
    .digest('hex');
  expect(original.headers.get('etag')).toBe(`"${md5}"`);
});

function client(): ReturnType<typeof createClient> {
  return createClient(stack.url.replace('/storage/v1', ''), stack.services.keys.serviceRoleKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });
}
