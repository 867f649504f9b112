import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { ALLOWED_ROLES_HEADER } from '../../../plugin/shared/allowed-roles.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { presign } from './helpers/s3-signature.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({
    'supabase/config.toml': '[storage.buckets.shared]\npublic = true\n',
    'supabase/migrations/1_policies.sql': `
      create policy "anyone lists uploads" on storage.objects for select to anon
        using (bucket_id = 'shared' and storage.allow_only_operation('object.list')
          and current_setting('request.path') = '/object/list/shared'
          and current_setting('request.method') = 'POST'
          and current_setting('request.jwt.claims')::jsonb ->> 'role' = 'anon'
          and current_setting('request.headers')::jsonb ->> 'content-type' = 'application/json');
      create policy "anyone uploads" on storage.objects for insert to anon
        with check (bucket_id = 'shared' and storage.operation() in ('storage.object.upload', 'storage.tus.upload.create', 'storage.tus.upload.part'));`,
  });
});

afterAll(() => stack.stop());

test('through the gateway, keys map to roles and policies see the request', async () => {
  const files = stack.client().storage.from('shared');
  expect((await files.upload('a.txt', new Blob(['a']))).error).toBeNull();
  expect((await files.list()).data).toMatchObject([{ name: 'a.txt' }]);
  expect((await files.createSignedUrl('a.txt', 60)).error).toMatchObject({ message: 'Object not found' });
  expect(await (await fetch(files.getPublicUrl('a.txt').data.publicUrl)).text()).toBe('a');
  const signed = await stack.client(stack.secretKey).storage.from('shared').createSignedUrl('a.txt', 60);
  expect(await (await fetch(signed.data?.signedUrl ?? '')).text()).toBe('a');
});

test('through the gateway, a resumable upload gets a URL on the public origin', async () => {
  const url = await new Promise<string | null>((resolve, reject) => {
    const upload = new Upload(Buffer.from('resumable'), {
      endpoint: `${stack.url}/storage/v1/upload/resumable`,
      headers: { apikey: stack.publishableKey },
      retryDelays: null,
      chunkSize: 5,
      metadata: { bucketName: 'shared', objectName: 'tus.txt' },
      onError: reject,
      onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });
  expect(url).toContain(`${stack.url}/storage/v1/upload/resumable/`);
  const response = await fetch(`${stack.url}/storage/v1/object/public/shared/tus.txt`);
  expect(await response.text()).toBe('resumable');
});

test('through the gateway, a caller behind a proxy has no use of the keys that everybody knows', async () => {
  const visitor = { 'x-forwarded-for': '192.168.7.7' };
  await stack.client(stack.secretKey).storage.from('shared').upload('secret.txt', 'secret');
  const url = `${stack.url}/storage/v1`;
  const requests: [string, RequestInit][] = [
    [`${url}/object/authenticated/shared/secret.txt`, { headers: { authorization: stack.serviceRoleKey } }],
    [
      `${url}/object/authenticated/shared/secret.txt`,
      { headers: { authorization: `Bearer ${stack.serviceRoleKey}` } },
    ],
    [presign('GET', `${url}/s3/shared/secret.txt`), {}],
  ];
  for (const [path, init] of requests) {
    const headers = { apikey: stack.publishableKey, ...(init.headers as Record<string, string>) };
    expect((await fetch(path, { headers })).status).toBe(200);
    expect([401, 403]).toContain((await fetch(path, { headers: { ...headers, ...visitor } })).status);
    const own = { [ALLOWED_ROLES_HEADER]: 'service_role' };
    expect([401, 403]).toContain((await fetch(path, { headers: { ...headers, ...visitor, ...own } })).status);
  }
});

test('through the gateway, S3 signatures are valid', async () => {
  const s3 = new S3Client({
    endpoint: `${stack.url}/storage/v1/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: LOCAL_KEYS.s3AccessKey, secretAccessKey: LOCAL_KEYS.s3SecretKey },
  });
  await s3.send(new PutObjectCommand({ Bucket: 'shared', Key: 's3 file.txt', Body: 's3' }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'shared', Key: 's3 file.txt' }));
  expect(await Body?.transformToString()).toBe('s3');
  s3.destroy();
});
