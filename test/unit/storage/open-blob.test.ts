import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlobReader } from '../../../plugin/stack/storage/disk/open-blob.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'open-blob-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

test('a small blob is read from disk once, until it is dropped from the cache', async () => {
  const reader = new BlobReader();
  const path = join(dir, 'small');
  await writeFile(path, 'bytes');
  expect(await reader.open(path)).toMatchObject({ size: 5, content: Buffer.from('bytes') });
  await rm(path);
  expect(await reader.open(path)).toMatchObject({ size: 5, content: Buffer.from('bytes') });
  reader.forget(path);
  await expect(reader.open(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an empty blob is cached as well', async () => {
  const path = join(dir, 'empty');
  await writeFile(path, '');
  expect(await new BlobReader().open(path)).toMatchObject({ size: 0, content: Buffer.alloc(0) });
});

test('a large blob is not cached', async () => {
  const path = join(dir, 'large');
  await writeFile(path, Buffer.alloc(65_537));
  const blob = await new BlobReader().open(path);
  expect(blob.size).toBe(65_537);
  expect(Buffer.isBuffer(blob.content)).toBe(false);
  await blob.close();
});
