import { readdir } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';
import { signToken } from './helpers/tokens.ts';

let stack: StorageStack;
let postgres: pg.Client;
let service: Record<string, string>;
let user: Record<string, string>;

beforeAll(async () => {
  stack = await startStorageStack();
  const { keys, database } = stack.services;
  service = { authorization: `Bearer ${keys.serviceRoleKey}` };
  user = { authorization: `Bearer ${signToken(keys.jwtSecret, { role: 'authenticated', sub: 'someone' })}` };
  postgres = new pg.Client(database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`insert into storage.buckets (id, name, public) values
    ('open', 'open', true), ('closed', 'closed', false), ('..', '..', true)`);
  await put('open/page.html', '<script>alert(1)</script>', { 'content-type': 'text/html' });
  await put('closed/secret.txt', 'secret');
});

afterAll(async () => {
  await postgres.end();
  await stack.close();
});

test.each([
  'open/..%2f..%2f..%2fetc%2fpasswd',
  'open/%2e%2e/%2e%2e/escape',
  'open/..\\..\\escape',
  'open/a%00b',
  'open/./x',
  'open/C:%5Cescape',
  '..%2f/escape',
])('no name escapes the folder: %s', async (path) => {
  const { status } = await send('POST', `/object/${path}`, { ...service, 'content-type': 'text/plain' }, 'x');
  expect(status).toBe(400);
});

test('a bucket named .. does not escape the folder', async () => {
  const { status } = await send(
    'POST',
    '/object/../escape.txt',
    { ...service, 'content-type': 'text/plain' },
    'x',
  );
  expect(status).toBe(200);
  expect(await readdir(stack.storageDir)).toEqual(['objects', 'uploads', 'url-signing.key']);
  const names = await readdir(join(stack.storageDir, 'objects'), { recursive: true });
  expect(names.every((name) => /^[0-9a-f]{2}([/\\][0-9a-f-]{36})?$/.test(name))).toBe(true);
});

test.each(['../../../../../../etc/passwd', '/etc/passwd', 'aa/../../secret', ''])(
  'a version written by SQL is not used as a path: %j',
  async (version) => {
    await postgres.query(
      `insert into storage.objects (bucket_id, name, version, metadata) values ('open', 'forged', $1, '{"size": 1}')
       on conflict (bucket_id, name) do update set version = excluded.version`,
      [version],
    );
    const response = await send('GET', '/object/public/open/forged', {});
    expect([response.status, response.body.includes('root:')]).toEqual([500, false]);
  },
);

test('a signed URL is valid for its object only, until it expires', async () => {
  await put('closed/other.txt', 'other');
  const sign = await send(
    'POST',
    '/object/sign/closed/secret.txt',
    { ...service, 'content-type': 'application/json' },
    '{"expiresIn":60}',
  );
  const { signedURL } = JSON.parse(sign.body) as { signedURL: string };
  const token = signedURL.split('token=')[1] ?? '';
  expect((await send('GET', signedURL, {})).body).toBe('secret');
  const [head, , signature] = token.split('.');
  const claims = { url: 'closed/other.txt', scope: 'download', exp: 4_000_000_000 };
  const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged.split('.')[1]}.`;
  for (const path of [
    `/object/sign/closed/other.txt?token=${token}`,
    `/object/sign/open/secret.txt?token=${token}`,
    `/object/sign/closed/other.txt?token=${forged}`,
    `/object/sign/closed/other.txt?token=${unsigned}`,
    `/object/sign/closed/secret.txt?token=${user.authorization?.slice(7)}`,
    `/object/upload/sign/closed/secret.txt?token=${token}`,
  ]) {
    const method = path.includes('/upload/') ? 'PUT' : 'GET';
    expect((await send(method, path, {}, method === 'PUT' ? 'overwritten' : undefined)).status).toBe(400);
  }
  expect((await send('GET', '/object/closed/secret.txt', service)).body).toBe('secret');
  // It is not an access token either.
  expect((await send('GET', '/bucket', { authorization: `Bearer ${token}` })).body).toContain('AccessDenied');
});

test('private objects look like missing ones', async () => {
  const paths = ['/object/closed/NAME', '/object/authenticated/closed/NAME', '/object/info/closed/NAME'];
  for (const path of paths) {
    const [there, missing] = await Promise.all(
      ['secret.txt', 'nothing.txt'].map((name) => send('GET', path.replace('NAME', name), user)),
    );
    expect([there?.status, there?.body]).toEqual([missing?.status, missing?.body]);
  }
  const json = { ...user, 'content-type': 'application/json' };
  expect((await send('POST', '/object/list/closed', json, '{"prefix":""}')).body).toBe('[]');
  expect((await send('DELETE', '/object/closed', json, '{"prefixes":["secret.txt"]}')).body).toBe('[]');
  const copy = JSON.stringify({ bucketId: 'closed', sourceKey: 'secret.txt', destinationKey: 'mine.txt' });
  expect((await send('POST', '/object/copy', json, copy)).body).toContain('Object not found');
});

test('HTML from a bucket is not executed, and headers cannot be injected', async () => {
  const page = await send('GET', '/object/public/open/page.html', {});
  expect(page.headers['content-type']).toBe('text/plain');
  const boundary = 'b0undary';
  const form = [
    `--${boundary}\r\ncontent-disposition: form-data; name="contentType"\r\n\r\ntext/plain\r\nset-cookie: a=b\r\n`,
    `--${boundary}\r\ncontent-disposition: form-data; name=""; filename="f"\r\n\r\nx\r\n--${boundary}--\r\n`,
  ].join('');
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  await send('POST', '/object/open/forged-header', { ...service, ...type }, form);
  const forged = await send('GET', '/object/public/open/forged-header', {});
  expect([forged.status, forged.headers['set-cookie']]).toEqual([400, undefined]);
  const named = await send('GET', '/object/public/open/page.html?download=%22;%0d%0aset-cookie:a=b', {});
  expect(named.headers['set-cookie']).toBeUndefined();
});

test('a type after the file of a form is checked as well, and a refused file is deleted', async () => {
  await postgres.query(
    `insert into storage.buckets (id, name, allowed_mime_types) values ('png', 'png', '{image/png}')`,
  );
  const before = await readdir(join(stack.storageDir, 'objects'), { recursive: true });
  const boundary = 'b0undary';
  const form = [
    `--${boundary}\r\ncontent-disposition: form-data; name="f"; filename="f"\r\ncontent-type: image/png\r\n\r\nx\r\n`,
    `--${boundary}\r\ncontent-disposition: form-data; name="contentType"\r\n\r\ntext/html\r\n--${boundary}--\r\n`,
  ].join('');
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const answer = await send('POST', '/object/png/page', { ...service, ...type }, form);
  expect(answer.body).toContain('mime type text/html is not supported');
  expect(await readdir(join(stack.storageDir, 'objects'), { recursive: true })).toEqual(before);
  expect(await readdir(join(stack.storageDir, 'uploads'))).toEqual([]);
});

test.each(['small', 'large'])('policies see the fields after the file of a %s form', async (size) => {
  await postgres.query(`
    insert into storage.buckets (id, name) values ('form', 'form') on conflict do nothing;
    drop policy if exists images on storage.objects;
    create policy images on storage.objects for insert to authenticated with check (
      bucket_id = 'form' and metadata ->> 'mimetype' = 'image/png' and coalesce(user_metadata ->> 'draft', '') <> 'no')`);
  const file = 'x'.repeat(size === 'large' ? 3_000_000 : 10);
  const upload = async (name: string, field: string, value: string): Promise<string> => {
    const boundary = 'b0undary';
    const form = [
      `--${boundary}\r\ncontent-disposition: form-data; name="f"; filename="f"\r\ncontent-type: image/png\r\n\r\n`,
      `${file}\r\n--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n--${boundary}--\r\n`,
    ].join('');
    const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    return (await send('POST', `/object/form/${size}-${name}`, { ...user, ...type }, form)).body;
  };
  expect(await upload('page', 'contentType', 'text/html')).toContain('row-level security');
  expect(await upload('final', 'metadata', '{"draft":"no"}')).toContain('row-level security');
  expect(await upload('image', 'metadata', '{"draft":"yes"}')).toContain('Key');
});

test('metadata of a resumable upload injects no header and reaches no other object', async () => {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const create = (name: string, more: Readonly<Record<string, string>>): Promise<Answer> => {
    const entries = Object.entries({ bucketName: 'open', objectName: name, ...more });
    const metadata = entries.map(([key, value]) => `${key} ${encode(value)}`).join(',');
    const headers = { 'tus-resumable': '1.0.0', 'upload-length': '0', 'upload-metadata': metadata };
    return send('POST', '/upload/resumable', { ...service, ...headers, 'x-upsert': 'true' }, '');
  };
  const evil = 'a\r\nset-cookie: a=b';
  await create('tus-forged', { contentType: `text/plain${evil}`, cacheControl: evil, metadata: evil });
  const { status, headers } = await send('GET', '/object/public/open/tus-forged', {});
  expect([status, headers['set-cookie'], headers['cache-control']]).toEqual([400, undefined, undefined]);
  for (const name of ['../closed/x', 'a/../../closed/secret.txt', 'a\0', '']) {
    const answer = await create(name, {});
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('Invalid key')]);
  }
  expect((await create('x', { bucketName: '../closed' })).body).toBe('Bucket name invalid');
  // An id is base64 of bucket, name and version: a forged one finds no upload and no file.
  const uploads = await readdir(join(stack.storageDir, 'uploads'));
  for (const id of ['open/x/../../../etc/passwd', 'open/x/tus-1', `closed/secret.txt/${uploads[0]}`]) {
    const path = `/upload/resumable/${Buffer.from(id).toString('base64url')}`;
    for (const method of ['HEAD', 'PATCH', 'DELETE']) {
      const offset = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
      const answer = await send(method, path, { ...service, ...offset, 'tus-resumable': '1.0.0' });
      expect([400, 404]).toContain(answer.status);
    }
  }
  expect((await send('GET', '/object/closed/secret.txt', service)).body).toBe('secret');
});

test('sort and search parameters are never executed as SQL', async () => {
  const json = { ...service, 'content-type': 'application/json' };
  for (const body of [
    { prefix: "x' or '1'='1", search: "'; drop table storage.objects; --" },
    { prefix: '', sortBy: { column: 'name; drop table storage.objects', order: 'asc' } },
    { prefix: '%', search: '_' },
  ])
    expect((await send('POST', '/object/list/open', json, JSON.stringify(body))).status).toBeLessThan(500);
  const cursor = Buffer.from("l:x\nc:name' desc; drop table storage.objects --\no:asc'").toString('base64');
  await send('POST', '/object/list-v2/open', json, JSON.stringify({ cursor, with_delimiter: true }));
  await send('GET', `/bucket?search=${encodeURIComponent("%' or 1=1 --")}`, service);
  expect((await send('GET', '/object/info/public/open/page.html', {})).status).toBe(200);
});

async function put(path: string, body: string, headers: Record<string, string> = {}): Promise<void> {
  const sent = { ...service, 'content-type': 'text/plain', ...headers };
  expect((await send('POST', `/object/${path}`, sent, body)).status).toBe(200);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Like `fetch`, but sends the path unchanged: fetch would normalize it. */
function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const { hostname, port, pathname } = new URL(stack.url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const all = { ...headers, ...length };
    const req = request(
      { hostname, port, method, path: pathname + path, headers: all, agent: false },
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
