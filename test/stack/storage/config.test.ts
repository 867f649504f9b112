import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Logger } from '../../../plugin/shared/logger.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const CONFIG = `
[storage]
file_size_limit = "1MiB"
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

test('the buckets of config.toml exist with their settings and files', async () => {
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

test('a file that cannot be stored is reported, and does not stop the start', () => {
  expect(warnings).toEqual([
    expect.stringContaining('ünicode.txt is not stored: Invalid key'),
    expect.stringContaining('storage.buckets.broken: ENOENT'),
  ]);
});

test('limits apply to uploads with and without a content-length', async () => {
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

function client(): ReturnType<typeof createClient> {
  return createClient(stack.url.replace('/storage/v1', ''), stack.services.keys.serviceRoleKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });
}
