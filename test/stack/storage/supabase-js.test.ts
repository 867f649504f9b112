import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signToken } from './helpers/tokens.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

let stack: StorageStack;
let service: SupabaseClient;
let alice: SupabaseClient;
let bob: SupabaseClient;
const aliceId = randomUUID();

beforeAll(async () => {
  stack = await startStorageStack();
  const { keys, database } = stack.services;
  service = client(keys.serviceRoleKey);
  alice = client(signToken(keys.jwtSecret, { role: 'authenticated', sub: aliceId }));
  bob = client(signToken(keys.jwtSecret, { role: 'authenticated', sub: randomUUID() }));
  const postgres = new pg.Client(database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`
    insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true), ('private', 'private', false);
    create policy "own folder" on storage.objects for all to authenticated
      using (bucket_id = 'private' and (storage.foldername(name))[1] = (select auth.jwt() ->> 'sub'))
      with check (bucket_id = 'private' and (storage.foldername(name))[1] = (select auth.jwt() ->> 'sub'));`);
  await postgres.end();
});

afterAll(() => stack.close());

test('a file is uploaded, listed, downloaded, moved, copied and removed under row level security', async () => {
  const files = alice.storage.from('private');
  const path = `${aliceId}/notes/first.txt`;
  const uploaded = await files.upload(path, new Blob(['hello']), {
    contentType: 'text/plain',
    cacheControl: '60',
    metadata: { mood: 'good' },
  });
  expect(uploaded.error).toBeNull();
  expect(uploaded.data).toMatchObject({ path, fullPath: `private/${path}` });
  expect((await files.upload(path, new Blob(['again']))).error).toMatchObject({ statusCode: '409' });
  expect((await files.upload(path, new Blob(['twice']), { upsert: true })).error).toBeNull();

  expect(await (await files.download(path)).data?.text()).toBe('twice');
  expect((await bob.storage.from('private').download(path)).error).toMatchObject({ statusCode: '404' });
  expect((await bob.storage.from('private').upload(path, new Blob(['mine']))).error).toMatchObject({
    statusCode: '403',
  });

  const listed = await files.list(`${aliceId}/notes`);
  expect(listed.data).toMatchObject([{ name: 'first.txt', metadata: { size: 5 } }]);
  expect((await bob.storage.from('private').list(`${aliceId}/notes`)).data).toEqual([]);
  const second = await files.listV2({ prefix: `${aliceId}/`, with_delimiter: true });
  expect(second.data).toMatchObject({ folders: [{ name: `${aliceId}/notes/` }], objects: [] });

  expect((await files.move(path, `${aliceId}/b.txt`)).error).toBeNull();
  expect((await files.copy(`${aliceId}/b.txt`, `${aliceId}/c.txt`)).data).toMatchObject({
    path: `private/${aliceId}/c.txt`,
  });
  expect((await files.exists(`${aliceId}/c.txt`)).data).toBe(true);
  expect((await files.exists(path)).data).toBe(false);
  expect((await files.info(`${aliceId}/c.txt`)).data).toMatchObject({ size: 5, bucketId: 'private' });

  const removed = await files.remove([`${aliceId}/b.txt`, `${aliceId}/c.txt`, `${aliceId}/none.txt`]);
  expect(removed.data?.map((object) => object.name).toSorted()).toEqual([
    `${aliceId}/b.txt`,
    `${aliceId}/c.txt`,
  ]);
});

test('a signed URL downloads one object, a signed upload URL stores one', async () => {
  const files = alice.storage.from('private');
  const path = `${aliceId}/signed file.txt`;
  const upload = await files.createSignedUploadUrl(path);
  expect(upload.error).toBeNull();
  const anonymous = client(stack.services.keys.anonKey).storage.from('private');
  const put = await anonymous.uploadToSignedUrl(path, upload.data?.token ?? '', new Blob(['from outside']));
  expect(put.error).toBeNull();
  const signed = await files.createSignedUrl(path, 60, { download: 'copy.txt' });
  const response = await fetch(signed.data?.signedUrl ?? '');
  expect(response.headers.get('content-disposition')).toContain('filename=copy.txt');
  expect(await response.text()).toBe('from outside');
  const many = await files.createSignedUrls([path, `${aliceId}/none`], 60);
  expect(many.data).toMatchObject([{ error: null }, { error: expect.stringContaining('does not exist') }]);
});

test('public URLs need no key', async () => {
  await service.storage.from('avatars').upload('a/me.png', Buffer.from('png'), { contentType: 'image/png' });
  const { publicUrl } = service.storage.from('avatars').getPublicUrl('a/me.png').data;
  const response = await fetch(publicUrl);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(await response.text()).toBe('png');
});

test('buckets are created, updated, emptied and deleted', async () => {
  const { storage } = service;
  expect((await storage.createBucket('papers', { public: false, fileSizeLimit: '1MB' })).data).toEqual({
    name: 'papers',
  });
  expect((await storage.updateBucket('papers', { public: true })).error).toBeNull();
  expect((await storage.getBucket('papers')).data).toMatchObject({
    public: true,
    file_size_limit: 1_000_000,
  });
  await storage.from('papers').upload('x', new Blob(['x']));
  expect((await storage.deleteBucket('papers')).error).toMatchObject({ statusCode: '409' });
  expect((await storage.emptyBucket('papers')).error).toBeNull();
  expect((await storage.deleteBucket('papers')).error).toBeNull();
  expect((await storage.listBuckets()).data?.map((bucket) => bucket.id)).toEqual(['avatars', 'private']);
});

test('features that the CLI disables answer with an error', async () => {
  const { error } = await service.storage.vectors.listBuckets();
  expect(error).toMatchObject({ status: 404, message: 'Route POST:/vector/ListVectorBuckets not found' });
  const analytics = await service.storage.analytics.listBuckets();
  expect(analytics.error).toMatchObject({ status: 404 });
  expect(analytics.error?.message).toMatch(/^Route GET:\/iceberg\/bucket.* not found$/);
});

function client(key: string): SupabaseClient {
  return createClient(stack.url.replace('/storage/v1', ''), key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });
}
