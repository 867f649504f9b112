import { createHash, randomBytes } from 'node:crypto';
import { chmod, readdir } from 'node:fs/promises';
import { get, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const MIB = 1024 * 1024;
let stack: StorageStack;
let authorization: string;

beforeAll(async () => {
  stack = await startStorageStack({ 'supabase/config.toml': '[storage]\nfile_size_limit = "2GiB"\n' });
  authorization = `Bearer ${stack.services.keys.serviceRoleKey}`;
  const postgres = new pg.Client(stack.services.database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`insert into storage.buckets (id, name, public) values ('streams', 'streams', true)`);
  await postgres.end();
});

afterAll(() => stack.close());

test('memory stays flat during an upload and a download of 256 MiB', async () => {
  const size = 256 * MIB;
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = (): number => (peak = Math.max(peak, process.memoryUsage().rss));
  const piece = randomBytes(MIB);
  const hash = createHash('md5');
  const body = Readable.from(
    (function* () {
      for (let sent = 0; sent < size; sent += MIB) {
        hash.update(piece);
        watch();
        yield piece;
      }
    })(),
    { objectMode: false },
  );
  expect(await upload('large', body, size)).toBe(200);
  const downloaded = createHash('md5');
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    get(`${stack.url}/object/public/streams/large`, (res) => {
      res.on('data', (chunk: Buffer) => {
        received += chunk.length;
        downloaded.update(chunk);
        watch();
      });
      res.on('end', resolve).on('error', reject);
    }).on('error', reject);
  });
  expect(received).toBe(size);
  expect(downloaded.digest('hex')).toBe(hash.digest('hex'));
  expect((peak - before) / MIB).toBeLessThan(128);
});

test('a hundred concurrent transfers all complete', async () => {
  const bodies = Array.from({ length: 50 }, (_, index) => randomBytes(100_000 + index));
  const statuses = await Promise.all(bodies.map((body, index) => upload(`many/${index}`, body, body.length)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const downloads = [...bodies.keys(), ...bodies.keys()].map(async (index) => {
    const response = await fetch(`${stack.url}/object/public/streams/many/${index}`);
    return Buffer.from(await response.arrayBuffer()).equals(bodies[index] ?? Buffer.alloc(0));
  });
  expect(await Promise.all(downloads)).not.toContain(false);
});

test('a client that disconnects leaves no file', async () => {
  const { hostname, port, pathname } = new URL(`${stack.url}/object/streams/gone`);
  const req = request({
    hostname,
    port,
    path: pathname,
    method: 'POST',
    headers: { authorization, 'content-type': 'text/plain', 'content-length': 10 * MIB },
  });
  req.on('error', () => {});
  const before = await blobs();
  req.write(Buffer.alloc(2 * MIB));
  await expect.poll(blobs).toHaveLength(before.length + 1);
  req.destroy();
  await expect.poll(blobs).toEqual(before);
  const response = await fetch(`${stack.url}/object/info/public/streams/gone`);
  expect(response.status).toBe(400);

  const aborted = new AbortController();
  const download = await fetch(`${stack.url}/object/public/streams/large`, { signal: aborted.signal });
  await download.body?.getReader().read();
  aborted.abort();
  await expect.poll(() => openFiles()).not.toContain('storage/objects');
});

test('one of several concurrent uploads to a name wins completely, and only one creates it', async () => {
  const bodies = Array.from({ length: 8 }, (_, index) => Buffer.alloc(200_000, `${index}`));
  const created = await Promise.all(bodies.map((body) => upload('race', body, body.length)));
  expect(created.filter((status) => status === 200)).toHaveLength(1);
  await Promise.all(bodies.map((body) => upload('race', body, body.length, 'PUT')));
  const response = await fetch(`${stack.url}/object/public/streams/race`);
  const got = Buffer.from(await response.arrayBuffer());
  expect(bodies.some((body) => body.equals(got))).toBe(true);
  expect(response.headers.get('etag')).toBe(`"${createHash('md5').update(got).digest('hex')}"`);
});

test('an object stays readable while it is replaced', async () => {
  await upload('changing', Buffer.from('0'), 1, 'PUT');
  const finished = new AbortController();
  const writing = (async () => {
    for (let turn = 1; turn <= 60; turn += 1) await upload('changing', Buffer.alloc(turn, 'x'), turn, 'PUT');
    finished.abort();
  })();
  const read = async (): Promise<number[]> => {
    const statuses: number[] = [];
    while (!finished.signal.aborted) {
      const response = await fetch(`${stack.url}/object/public/streams/changing`);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    return statuses;
  };
  const statuses = (await Promise.all([read(), read(), read(), read()])).flat();
  await writing;
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'an unwritable folder gives a clear error and no row',
  async () => {
    const uploads = join(stack.storageDir, 'uploads');
    await chmod(uploads, 0o500);
    const response = await fetch(`${stack.url}/object/streams/unwritable`, {
      method: 'POST',
      headers: { authorization },
      body: 'x',
    });
    await chmod(uploads, 0o700);
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { message: 'The folder of storage objects is not writable' },
    ]);
  },
);

/** The open files of this process, where the system lists them. */
async function openFiles(): Promise<string> {
  if (process.platform !== 'linux') return '';
  const { readlink } = await import('node:fs/promises');
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).join('\n');
}

function upload(
  name: string,
  body: Buffer | Readable,
  size: number,
  method = 'POST',
): Promise<number | undefined> {
  const { hostname, port, pathname } = new URL(`${stack.url}/object/streams/${name}`);
  const headers = { authorization, 'content-type': 'application/octet-stream', 'content-length': size };
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, path: pathname, method, headers, agent: false }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode));
    });
    req.on('error', reject);
    if (Buffer.isBuffer(body)) req.end(body);
    else body.pipe(req);
  });
}

/** The files of objects. */
async function blobs(): Promise<string[]> {
  const names = await readdir(join(stack.storageDir, 'objects'), { recursive: true });
  return names.filter((name) => name.length > 2);
}
