import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const TYPE = 'multipart/form-data; boundary=b';
const part = (name: string, content: string, file?: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n\r\n${content}\r\n`;
const END = '--b--\r\n';
const FILE = part('', 'abc', 'f');

let stack: StorageStack;

beforeAll(async () => {
  stack = await startStorageStack();
  await send('/bucket', 'application/json', '{"name":"forms"}');
  await send('/bucket', 'application/json', '{"name":"images","allowed_mime_types":["image/png"]}');
});

afterAll(() => stack.close());

test.each([
  ['no boundary', 'multipart/form-data', FILE + END],
  ['an empty boundary', 'multipart/form-data; boundary=', FILE + END],
  ['a boundary in quotes that is empty', 'multipart/form-data; boundary=""', FILE + END],
  ['a long boundary', `multipart/form-data; boundary=${'b'.repeat(5000)}`, FILE + END],
  ['another boundary', 'multipart/form-data; boundary=c', FILE + END],
  ['nothing', TYPE, ''],
  ['no file', TYPE, part('cacheControl', '1') + END],
  ['no end', TYPE, FILE.slice(0, -2)],
  ['no end of a header', TYPE, '--b\r\nContent-Disposition: form-data; name="f"; filename="f"'],
  ['no end of a large file', TYPE, part('', 'x'.repeat(2_000_000), 'f').slice(0, -2)],
  ['too many headers', TYPE, `--b\r\n${'x: y\r\n'.repeat(100_000)}${FILE}`],
  ['a header without an end', TYPE, `--b\r\nx: ${'y'.repeat(2_000_000)}`],
])('a form with %s is refused, and leaves no file', async (_what, type, body) => {
  for (const isChunked of [false, true]) {
    const answer = await send('/object/forms/refused', type, body, isChunked);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: 'InvalidRequest' }]);
  }
  expect(await readdir(join(stack.storageDir, 'uploads'))).toEqual([]);
  expect((await send('/object/info/forms/refused', undefined, undefined)).body).toContain('NoSuchKey');
});

test.each([
  ['many fields', Array.from({ length: 20_000 }, (_, index) => part(`n${index}`, 'v')).join('') + FILE],
  ['many files', FILE + Array.from({ length: 20_000 }, (_, index) => part(`n${index}`, 'v', 'x')).join('')],
  ['fields named like object properties', part('__proto__', 'x') + part('constructor', 'x') + FILE],
  ['metadata named like object properties', part('metadata', '{"__proto__":{"a":1},"constructor":2}') + FILE],
  ['a file name that is a path', part('', 'abc', '../../etc/passwd')],
])('the file of a form with %s is stored', async (_what, body) => {
  expect(await send('/object/forms/stored', TYPE, body + END)).toMatchObject({ status: 200 });
  const { body: stored } = await send('/object/forms/stored', undefined, undefined);
  expect(stored).toBe('abc');
  expect(({} as { a?: number }).a).toBeUndefined();
});

test.each([1, 50, 10_000])(
  'the type in a field after a small file counts, in writes of %i bytes',
  async (size) => {
    const accepted = await sendSlowly(
      '/object/images/slow',
      FILE + part('contentType', 'image/png') + END,
      size,
    );
    expect(accepted).toMatchObject({ status: 200 });
    const refused = await sendSlowly('/object/images/slow', FILE + END, size);
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([400, { code: 'InvalidMimeType' }]);
  },
);

test('the type in a field after a large file is too late, at any speed', async () => {
  const body = part('', 'x'.repeat(100_000), 'f') + part('contentType', 'image/png') + END;
  for (const size of [4096, body.length]) {
    const answer = await sendSlowly('/object/images/large', body, size);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: 'InvalidMimeType' }]);
  }
});

test('a client that disconnects during a form leaves no file', async () => {
  const { hostname, port, pathname } = new URL(stack.url);
  for (const length of [1000, 3_000_000]) {
    const req = request({ hostname, port, method: 'POST', path: `${pathname}/object/forms/gone` });
    for (const [name, value] of Object.entries(headers(TYPE))) req.setHeader(name, value);
    req.setHeader('content-length', length);
    req.on('error', () => {});
    const blobs = async (): Promise<string[]> =>
      (await readdir(join(stack.storageDir, 'objects'), { recursive: true })).filter(
        (name) => name.length > 2,
      );
    const before = await blobs();
    req.write(part('', 'x'.repeat(length / 2), 'f'));
    await expect.poll(blobs).toHaveLength(before.length + 1);
    req.destroy();
    await expect.poll(blobs).toEqual(before);
  }
  expect((await send('/object/info/forms/gone', undefined, undefined)).body).toContain('NoSuchKey');
});

function headers(type: string | undefined): Record<string, string> {
  return {
    authorization: `Bearer ${stack.services.keys.serviceRoleKey}`,
    'x-upsert': 'true',
    ...(type === undefined ? {} : { 'content-type': type }),
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** POSTs a form in many writes, each handed to the operating system before the next one. */
async function sendSlowly(path: string, body: string, size: number): Promise<Answer> {
  const { hostname, port, pathname } = new URL(stack.url);
  const req = request({ hostname, port, method: 'POST', path: pathname + path, headers: headers(TYPE) });
  req.setHeader('content-length', Buffer.byteLength(body));
  req.setNoDelay(true);
  const answer = new Promise<Answer>((resolve, reject) => {
    req.on('error', reject).on('response', (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode, body: text }));
    });
  });
  for (let start = 0; start < body.length; start += size)
    await new Promise((resolve) => req.write(body.slice(start, start + size), resolve));
  req.end();
  return answer;
}

/** POST with a body, GET without. */
function send(
  path: string,
  type: string | undefined,
  body: string | undefined,
  isChunked = false,
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(stack.url);
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path: pathname + path, headers: headers(type) }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode, body: text }));
    });
    req.on('error', reject);
    if (body !== undefined && !isChunked) req.setHeader('content-length', Buffer.byteLength(body));
    req.end(body);
  });
}
