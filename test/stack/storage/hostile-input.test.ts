import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presign, signForm } from './helpers/s3-signature.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const CONFIG = `[storage.buckets.open]\npublic = true\n[storage.buckets.small]\nfile_size_limit = "10B"\n`;
const NUL = 'a\\u0000b';

let stack: StorageStack;
let service: Record<string, string>;

beforeAll(async () => {
  stack = await startStorageStack({ 'supabase/config.toml': CONFIG });
  service = { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` };
  await rest('POST', '/object/open/source', '1');
});

afterAll(() => stack.close());

function rest(method: string, path: string, json?: string): Promise<Response> {
  const headers = json === undefined ? service : { ...service, 'content-type': 'application/json' };
  return fetch(`${stack.url}${path}`, { method, headers, ...(json === undefined ? {} : { body: json }) });
}

function s3(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(presign(method, `${stack.url}/s3${path}`), {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

describe('a character that PostgreSQL cannot store is a client error', () => {
  test.each<[method: string, path: string, json?: string]>([
    ['GET', '/bucket/a%00'],
    ['PUT', '/bucket/a%00', '{"public":true}'],
    ['DELETE', '/bucket/a%00'],
    ['POST', '/bucket/a%00/empty'],
    ['POST', '/bucket', `{"name":"${NUL}"}`],
    ['POST', '/bucket', `{"name":"b","id":"${NUL}"}`],
    ['GET', '/bucket?search=a%00'],
    ['POST', '/object/open/a%00', '1'],
    ['PUT', '/object/a%00/a', '1'],
    ['GET', '/object/open/a%00'],
    ['GET', '/object/a%00/a'],
    ['GET', '/object/info/open/a%00'],
    ['GET', '/object/public/open/a%00'],
    ['GET', '/object/public/a%00/a'],
    ['DELETE', '/object/open/a%00'],
    ['DELETE', '/object/open', `{"prefixes":["a","${NUL}"]}`],
    ['DELETE', '/object/a%00', '{"prefixes":["a"]}'],
    ['POST', '/object/list/open', `{"prefix":"${NUL}"}`],
    ['POST', '/object/list/open', `{"prefix":"","search":"${NUL}"}`],
    ['POST', '/object/list/a%00', '{"prefix":""}'],
    ['POST', '/object/list-v2/open', `{"prefix":"${NUL}","with_delimiter":true}`],
    ['POST', '/object/list-v2/open', `{"cursor":"${btoa('l:a\0')}"}`],
    ['POST', '/object/list-v2/open', `{"cursor":"${btoa('l:a\nc:updated_at\na:never')}"}`],
    ['POST', '/object/sign/open/a%00', '{"expiresIn":1}'],
    ['POST', '/object/sign/open', `{"expiresIn":1,"paths":["${NUL}"]}`],
    ['POST', '/object/upload/sign/open/a%00', '{}'],
    ['POST', '/object/copy', `{"bucketId":"open","sourceKey":"${NUL}","destinationKey":"b"}`],
    ['POST', '/object/copy', `{"bucketId":"open","sourceKey":"a","destinationKey":"${NUL}"}`],
    ['POST', '/object/copy', `{"bucketId":"${NUL}","sourceKey":"a","destinationKey":"b"}`],
    ['POST', '/object/move', `{"bucketId":"open","sourceKey":"${NUL}","destinationKey":"b"}`],
    [
      'POST',
      '/object/move',
      `{"bucketId":"open","sourceKey":"source","destinationBucket":"${NUL}","destinationKey":"b"}`,
    ],
    ['POST', '/object/list/open', '{"prefix":"","limit":9000000000}'],
  ])('REST: %s %s %s', async (method, path, json) => {
    const response = await rest(method, path, json);
    const { code } = (await response.json()) as { code: string };
    expect([response.status, code]).toEqual([
      400,
      expect.stringMatching(/^Invalid(?:Key|BucketName|Parameter)$/),
    ]);
  });

  test.each<[method: string, path: string, body?: string]>([
    ['PUT', '/a%00'],
    ['HEAD', '/a%00'],
    ['DELETE', '/a%00'],
    ['GET', '/a%00?list-type=2'],
    ['PUT', '/open/a%00', 'x'],
    ['GET', '/open/a%00'],
    ['HEAD', '/open/a%00'],
    ['DELETE', '/open/a%00'],
    ['GET', '/open?list-type=2&prefix=%00'],
    ['GET', '/open?list-type=2&start-after=%00'],
    ['GET', '/open?prefix=%00&delimiter=/'],
    ['GET', '/open?marker=%00'],
    ['GET', '/open?uploads=&key-marker=%00'],
    ['GET', '/open?uploads=&prefix=%00'],
    ['POST', '/open/a%00?uploads='],
    ['POST', '/open?delete=', `{"Delete":{"Object":[{"Key":"${NUL}"}]}}`],
  ])('S3: %s %s', async (method, path, body) => {
    const type = body?.startsWith('{') ? { 'content-type': 'application/json' } : undefined;
    const response = await s3(method, path, body, type);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(method === 'HEAD' ? /^$/ : /<Code>Invalid(?:Key|BucketName)</);
  });

  test('a name that is longer than an index holds', async () => {
    const name = Array.from({ length: 1500 }, () => crypto.randomUUID().slice(0, 8)).join('');
    const response = await rest(
      'POST',
      '/object/copy',
      JSON.stringify({ bucketId: 'open', sourceKey: 'a', destinationKey: name }),
    );
    expect(response.status).toBe(400);
    const uploaded = await s3('PUT', `/open/${name}`, 'x');
    expect([uploaded.status, await uploaded.text()]).toEqual([400, expect.stringContaining('InvalidKey')]);
  });
});

describe('documents', () => {
  const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);

  test('that are nested too deeply are malformed', async () => {
    for (const json of [
      DEEP,
      `{"prefix":${DEEP}}`,
      '{"a":'.repeat(100_000),
      `{"x":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`,
    ]) {
      const response = await rest('POST', '/object/list/open', json);
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringContaining('not valid JSON'),
      ]);
    }
    const form = new FormData();
    form.set('metadata', `{"a":${DEEP}}`);
    form.set('', new Blob(['x']));
    const upload = await fetch(`${stack.url}/object/open/deep`, {
      method: 'POST',
      headers: service,
      body: form,
    });
    expect(upload.status).toBe(200);
    expect(await (await rest('GET', '/object/info/open/deep')).json()).toMatchObject({ metadata: {} });
  });

  test.each([
    ['nested elements', '<a>'.repeat(300_000)],
    ['nested lists', '<Delete><Object>'.repeat(60_000)],
    [
      'entities',
      `<!DOCTYPE a [<!ENTITY a "${'x'.repeat(999)}"><!ENTITY b "${'&a;'.repeat(999)}">]><Delete>&b;</Delete>`,
    ],
    ['ampersands', `<Delete>${'&'.repeat(900_000)}</Delete>`],
    ['attributes', `<Delete ${'a="b" '.repeat(150_000)}/>`],
    ['an unfinished comment', `<Delete><!--${'-'.repeat(900_000)}`],
  ])('XML: %s', async (_name, xml) => {
    for (const path of ['/open?delete=', '/open/a?uploadId=00000000-0000-0000-0000-000000000000']) {
      const begun = Date.now();
      const response = await s3('POST', path, xml);
      expect([400, 404]).toContain(response.status);
      expect(Date.now() - begun).toBeLessThan(3000);
    }
  });
});

describe('sizes that are no numbers lift no limit', () => {
  test('of a signed form', async () => {
    for (const range of [
      ['a', 'b'],
      [0, {}],
      [null, 'x'],
      [[], [1e9]],
      [0, '1e999'],
    ]) {
      const form = new FormData();
      for (const [name, value] of Object.entries(
        signForm({ key: 'f' }, 'small', undefined, ['content-length-range', ...range]),
      ))
        form.set(name, value);
      form.set('file', new Blob(['x'.repeat(100)]));
      const response = await fetch(`${stack.url}/s3/small`, { method: 'POST', body: form });
      expect([400, 413]).toContain(response.status);
    }
    expect((await rest('GET', '/object/info/small/f')).status).toBe(400);
  });

  test('of a part in chunks', async () => {
    const begun = await (await s3('POST', '/small/parts?uploads=')).text();
    const [, id = ''] = /<UploadId>(.*?)</.exec(begun) ?? [];
    for (const length of ['x', '', '-1', '1e1']) {
      const headers = {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': length,
      };
      const query = `partNumber=1&uploadId=${id}&X-Amz-Content-Sha256=STREAMING-UNSIGNED-PAYLOAD-TRAILER`;
      const response = await s3(
        'PUT',
        `/small/parts?${query}`,
        `64\r\n${'x'.repeat(100)}\r\n0\r\n\r\n`,
        headers,
      );
      expect([length, response.status]).not.toEqual([length, 200]);
    }
  });
});

test('a signed form with a field twice is refused, in any case of its name', async () => {
  for (const name of ['key', 'KEY']) {
    const form = new FormData();
    for (const [field, value] of Object.entries(signForm({ key: 'twice' }, 'open')))
      form.append(field, value);
    form.append(name, 'twice');
    form.append('file', new Blob(['x']));
    const response = await fetch(`${stack.url}/s3/open`, { method: 'POST', body: form });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('Duplicate form field'),
    ]);
  }
});

test('a request that ends while the service looks up its bucket leaves nothing open', async () => {
  const other = await startStorageStack({ 'supabase/config.toml': CONFIG });
  const { hostname, port, pathname } = new URL(other.url);
  const token = other.services.keys.serviceRoleKey;
  const part = '--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nx';
  for (const [method, path, type] of [
    ['POST', 'object/open/a', 'multipart/form-data; boundary=b'],
    ['POST', 'object/open/a', 'text/plain'],
    ['POST', 'object/list/open', 'application/json'],
    ['POST', 's3/open', 'multipart/form-data; boundary=b'],
    ['POST', 'upload/resumable', 'application/offset+octet-stream'],
  ] as const) {
    const head = `${method} ${pathname}/${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: ${type}`;
    const sockets = Array.from({ length: 10 }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(`${head}\r\ncontent-length: 999\r\n\r\n${part}`, () => socket.destroy());
      await once(socket, 'close');
    });
    await Promise.all(sockets);
  }
  // It waits for every request.
  await expect(other.close()).resolves.toBeUndefined();
});

describe('no stored or requested value becomes a header of its own', () => {
  const VALUES = [
    'a\r\nx-injected: 1',
    'a\nx-injected: 1',
    'a\r\n\r\n<script>',
    'a\0',
    'a\u0001',
    'é',
    '\u0100',
    '😀',
    'a\u2028b',
  ];

  test.each(VALUES)('%j', async (value) => {
    const form = new FormData();
    for (const [name, text] of Object.entries({
      cacheControl: value,
      contentType: `text/plain${value}`,
      metadata: '{}',
    }))
      form.set(name, text);
    form.set('', new Blob(['x']));
    const headers = { ...service, 'x-upsert': 'true' };
    await fetch(`${stack.url}/object/open/stored`, { method: 'POST', headers, body: form });
    const metadata = { mimetype: `text/plain${value}`, cacheControl: value };
    const copied = {
      bucketId: 'open',
      sourceKey: 'source',
      destinationKey: 'copied',
      copyMetadata: false,
      metadata,
    };
    const json = { ...headers, 'content-type': 'application/json' };
    await fetch(`${stack.url}/object/copy`, { method: 'POST', headers: json, body: JSON.stringify(copied) });
    const encoded = encodeURIComponent(value);
    const overrides = [
      'content-type',
      'content-disposition',
      'cache-control',
      'content-encoding',
      'content-language',
      'expires',
    ]
      .map((name) => `response-${name}=${encoded}`)
      .join('&');
    const requests = [
      ...['stored', 'copied'].flatMap((name) =>
        ['GET', 'HEAD'].flatMap((method) => [
          rest(method, `/object/open/${name}`),
          rest(method, `/object/info/open/${name}`),
          rest(method, `/object/public/open/${name}?download=${encoded}`),
          s3(method, `/open/${name}`),
        ]),
      ),
      s3('GET', `/open/source?${overrides}`),
    ];
    for (const response of await Promise.all(requests)) {
      expect(response.headers.get('x-injected')).toBeNull();
      expect([200, 400]).toContain(response.status);
      expect(response.headers.get('content-security-policy')).toContain('sandbox');
      expect(await response.text()).not.toMatch(/^<script>/);
    }
  });
});
