import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { DeleteObjectsCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

// Names that some file system treats as equal, as a device, as a folder or as invalid.
const NAMES = [
  'a',
  'A',
  'a ',
  ' a',
  'a.',
  'a..',
  '...',
  'a/',
  '/a',
  'a//b',
  'a/b',
  'A/b',
  'a/B',
  'con',
  'CON',
  'aux.txt',
  'nul',
  'COM1',
  'lpt1.png',
  'a:b',
  'a:stream:$DATA',
  'a*b?',
  '-rf',
  '.hidden',
  'index.html/x',
  'x'.repeat(255),
  'x'.repeat(256),
  `${'deep/'.repeat(200)}x`,
  '__proto__',
  'constructor',
];

let stack: StorageStack;
let postgres: pg.Client;
let service: Record<string, string>;

beforeAll(async () => {
  stack = await startStorageStack();
  service = { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` };
  postgres = new pg.Client(stack.services.database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`insert into storage.buckets (id, name, public) values
    ('names', 'names', true), ('other', 'other', true), ('Names', 'Names', true)`);
  for (const [index, name] of NAMES.entries())
    await send('POST', `/object/names/${encodeURIComponent(name)}`, service, `content ${index}`);
});

afterAll(async () => {
  await postgres.end();
  await stack.close();
});

test('each name has its own bytes, on every file system', async () => {
  for (const [index, name] of NAMES.entries())
    expect(await download('names', name)).toMatchObject({ status: 200, body: `content ${index}` });
  // Files are named by random ids, so no two names share a path.
  const files = await readdir(join(stack.storageDir, 'objects'), { recursive: true });
  expect(files.every((file) => /^[0-9a-f]{2}([/\\][0-9a-f-]{36})?$/.test(file))).toBe(true);
});

test('bucket names are case-sensitive', async () => {
  await send('POST', '/object/Names/a', service, 'of Names');
  expect(await download('names', 'a')).toMatchObject({ body: 'content 0' });
  expect(await download('Names', 'a')).toMatchObject({ body: 'of Names' });
});

test('a signed URL is valid only for the name it was signed for', async () => {
  for (const name of NAMES) {
    const json = { ...service, 'content-type': 'application/json' };
    const signed = await send(
      'POST',
      `/object/sign/names/${encodeURIComponent(name)}`,
      json,
      '{"expiresIn":60}',
    );
    const { signedURL } = JSON.parse(signed.body) as { signedURL: string };
    const token = signedURL.split('?token=')[1];
    const others = NAMES.filter((other) => other !== name && other.toLowerCase() === name.toLowerCase());
    for (const other of [name, ...others, `${name}x`, name.slice(0, -1)]) {
      const answer = await send('GET', `/object/sign/names/${encodeURIComponent(other)}?token=${token}`);
      expect(answer.status).toBe(other === name ? 200 : 400);
    }
  }
});

test('copying, moving and deleting affect only the given name', async () => {
  const json = { ...service, 'content-type': 'application/json' };
  for (const [index, name] of NAMES.entries()) {
    const copy = { bucketId: 'names', sourceKey: name, destinationBucket: 'other', destinationKey: name };
    expect(await send('POST', '/object/copy', json, JSON.stringify(copy))).toMatchObject({ status: 200 });
    const move = { ...copy, bucketId: 'other', destinationKey: `${name}.moved` };
    expect(await send('POST', '/object/move', json, JSON.stringify(move))).toMatchObject({ status: 200 });
    expect(await download('other', `${name}.moved`)).toMatchObject({ body: `content ${index}` });
  }
  const removed = JSON.stringify({ prefixes: ['A.moved', 'con.moved', 'a .moved'] });
  const answer = await send('DELETE', '/object/other', json, removed);
  const names = (JSON.parse(answer.body) as { name: string }[]).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['A.moved', 'a .moved', 'con.moved']);
  expect(await download('other', 'a.moved')).toMatchObject({ body: 'content 0' });
  expect(await download('other', 'CON.moved')).toMatchObject({ status: 200 });
});

test.each([
  'a%00b',
  'a%0Ab',
  'a%5Cb',
  'a%25b',
  'a%23b',
  '%C3%A9',
  'e%CC%81',
  '%F0%9F%98%80',
  'a%252Fb',
  'a%252e%252e',
  '..',
  'x/../y',
  './x',
  '%EF%BC%8E%EF%BC%8E/x',
])('%s is not a valid name', async (path) => {
  const answer = await send('POST', `/object/names/${path}`, service, 'x');
  expect(answer).toMatchObject({ status: 400 });
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'InvalidKey' });
});

test.each(['%', '%zz', '%C3%28', '%ED%A0%80'])('%s is not a valid URL', async (path) => {
  const answer = await send('POST', `/object/names/${path}`, service, 'x');
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: 'FST_ERR_BAD_URL' }]);
});

test('over S3, spaces at the ends of a name are significant, in the path and in a document', async () => {
  const s3 = new S3Client({
    endpoint: `${stack.url}/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: LOCAL_KEYS.s3AccessKey, secretAccessKey: LOCAL_KEYS.s3SecretKey },
  });
  try {
    for (const Key of ['b', 'b ', ' b'])
      await s3.send(new PutObjectCommand({ Bucket: 'names', Key, Body: `<${Key}>` }));
    const Delete = { Objects: [{ Key: 'b ' }] };
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket: 'names', Delete }));
    expect(Deleted).toEqual([{ Key: 'b ' }]);
    for (const Key of ['b', ' b']) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'names', Key }));
      expect(await Body?.transformToString()).toBe(`<${Key}>`);
    }
    const gone = s3.send(new GetObjectCommand({ Bucket: 'names', Key: 'b ' }));
    await expect(gone).rejects.toMatchObject({ name: 'NoSuchKey' });
  } finally {
    s3.destroy();
  }
});

test('a download name is one parameter of the header, whatever characters it contains', async () => {
  for (const name of [
    'a"; filename="b',
    'é;\r\nset-cookie: a=b',
    '../../etc/passwd',
    '\0',
    '😀',
    'a\\',
    "a''b",
  ]) {
    const { status, headers } = await send(
      'GET',
      `/object/public/names/a?download=${encodeURIComponent(name)}`,
    );
    const encoded = encodeURIComponent(name);
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe(
      `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`,
    );
    expect(headers['set-cookie']).toBeUndefined();
  }
});

function download(bucket: string, name: string): Promise<Answer> {
  return send('GET', `/object/public/${bucket}/${encodeURIComponent(name)}`);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Like `fetch`, but sends the path unchanged. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(stack.url);
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const req = request(
      { hostname, port, method, path: pathname + path, headers: { ...headers, ...length }, agent: false },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: text }));
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}
