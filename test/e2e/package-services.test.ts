import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { createClient, REALTIME_SUBSCRIBE_STATES, type SupabaseClient } from '@supabase/supabase-js';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { argon2id } from 'hash-wasm';
import pg from 'pg';
import sharp from 'sharp';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../plugin/stack/keys.ts';
import { startDevServer } from '../helpers/dev-server.ts';
import { installPackage } from '../helpers/installed-package.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';

// The published package is a bundle: what it loads later, in threads and in other processes, must be there, too.

const EMAIL = 'anna@example.com';
const PASSWORD = 'correct horse';

let project: TestProject;
let stack: ChildProcess;
let url: string;
let databaseUrl: string;
let admin: SupabaseClient;

const connect = (key: string): SupabaseClient =>
  createClient(url, key, { auth: { persistSession: false }, realtime: { transport: WebSocket as never } });

beforeAll(async () => {
  project = await makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><title>Test</title>',
    'vite.config.js': `import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase()] };\n`,
    'supabase/config.toml': `[auth.passkey]
      enabled = true
      [auth.mfa.totp]
      enroll_enabled = true
      verify_enabled = true
      [storage.image_transformation]
      enabled = true
      [storage.s3_protocol]
      enabled = true
      [storage.buckets.files]
      public = true`,
    'supabase/functions/hello/index.ts': `Deno.serve(() => Response.json({ hello: 'Deno' }));`,
  });
  const cli = join(await installPackage(project.root), 'dist/cli.js');
  const args = ['start', '--ephemeral', '--port', '0', '--db-port', '0', '--workdir', project.root];
  stack = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await new Promise<string>((resolve, reject) => {
    let text = '';
    stack.once('exit', () => reject(new Error(`the command start ended: ${text}`)));
    stack.stdout?.on('data', (part) => /JWT_SECRET=/.test((text += String(part))) && resolve(text));
  });
  url = /^API_URL="(.*)"$/m.exec(output)?.[1] ?? '';
  databaseUrl = /^DB_URL="(.*)"$/m.exec(output)?.[1] ?? '';
  admin = connect(LOCAL_KEYS.secretKey);
}, 120_000);

afterAll(async () => {
  await admin?.removeAllChannels();
  if (stack?.kill('SIGINT')) await once(stack, 'exit');
  await project?.remove();
});

test('Auth takes hashes of argon2, enrols factors and offers passkeys', async () => {
  const hash = await argon2id({
    password: PASSWORD,
    salt: 'sixteen bytes ok',
    iterations: 1,
    parallelism: 1,
    memorySize: 64,
    hashLength: 32,
    outputType: 'encoded',
  });
  const user = { email: EMAIL, password_hash: hash, email_confirm: true };
  expect((await admin.auth.admin.createUser(user)).error).toBe(null);
  const client = connect(LOCAL_KEYS.publishableKey);
  expect((await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD })).error).toBe(null);
  const { data } = await client.auth.mfa.enroll({ factorType: 'totp' });
  expect(data?.type === 'totp' && data.totp.qr_code).toContain('<svg');
  const options = await fetch(`${url}/auth/v1/passkeys/authentication/options`, {
    method: 'POST',
    headers: { apikey: LOCAL_KEYS.publishableKey, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await options.json()).toMatchObject({ options: { challenge: expect.any(String) } });
});

test('Storage transforms images, resumes uploads, and speaks S3', async () => {
  const image = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  const files = admin.storage.from('files');
  expect((await files.upload('a.png', image, { contentType: 'image/png' })).error).toBe(null);
  const small = await fetch(files.getPublicUrl('a.png', { transform: { width: 8 } }).data.publicUrl);
  expect(await sharp(await small.arrayBuffer()).metadata()).toMatchObject({ width: 8 });
  await new Promise<void>((resolve, reject) => {
    new Upload(Buffer.alloc(1024), {
      endpoint: `${url}/storage/v1/upload/resumable`,
      headers: { authorization: `Bearer ${LOCAL_KEYS.secretKey}`, apikey: LOCAL_KEYS.secretKey },
      metadata: { bucketName: 'files', objectName: 'b.bin' },
      chunkSize: 6 * 1024 * 1024,
      onError: reject,
      onSuccess: () => resolve(),
    }).start();
  });
  const s3 = new S3Client({
    endpoint: `${url}/storage/v1/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: LOCAL_KEYS.s3AccessKey, secretAccessKey: LOCAL_KEYS.s3SecretKey },
  });
  const { Deleted } = await s3.send(
    new DeleteObjectsCommand({ Bucket: 'files', Delete: { Objects: [{ Key: 'b.bin' }] } }),
  );
  expect(Deleted).toMatchObject([{ Key: 'b.bin' }]);
});

test('functions run, Realtime joins, and extensions are created', async () => {
  expect((await admin.functions.invoke('hello')).data).toEqual({ hello: 'Deno' });
  await new Promise<void>((resolve) => {
    admin.channel('room').subscribe((status) => {
      if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) resolve();
    });
  });
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('create extension pgtap; create extension pg_cron; create extension http');
  await client.end();
});

test('a dev server forwards to it', async () => {
  const env = { SUPABASE_BACKEND: 'remote', SUPABASE_URL: url };
  await using server = await startDevServer(project.root, { env });
  const headers = { apikey: LOCAL_KEYS.publishableKey };
  const settings = await fetch(`${server.url}/auth/v1/settings`, { headers });
  expect(await settings.json()).toMatchObject({ disable_signup: false });
  const page = await fetch(`${server.url}/__supabase/`);
  expect(await page.text()).toContain('<div id="root">');
});
