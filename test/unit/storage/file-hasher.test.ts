import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FileHasher } from '../../../plugin/stack/storage/disk/file-hasher.ts';

const BYTES = randomBytes(1_000_000);
const MD5 = createHash('md5').update(BYTES).digest('hex');
const hasher = new FileHasher();
let dir: string;
let file: FileHandle;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hasher-'));
  file = await open(join(dir, 'file'), 'wx+');
  await file.write(BYTES);
});

afterAll(async () => {
  await hasher.close();
  await file.close();
  await rm(dir, { recursive: true, force: true });
});

test('several growing files are hashed concurrently', async () => {
  const hashes = Array.from({ length: 5 }, () => hasher.start(file.fd));
  for (const until of [300_000, 300_001, 900_000]) for (const hash of hashes) hash.advance(until);
  expect(await Promise.all(hashes.map((hash) => hash.finish(BYTES.length)))).toEqual(
    Array.from({ length: 5 }, () => MD5),
  );
});

test('the hash covers the bytes up to the final size', async () => {
  const expected = createHash('md5').update(BYTES.subarray(0, 1234)).digest('hex');
  expect(await hasher.start(file.fd).finish(1234)).toBe(expected);
});

test('a file that is too short fails, and others continue', async () => {
  const short = hasher.start(file.fd);
  short.advance(BYTES.length + 1);
  await expect(short.finish(BYTES.length + 1)).rejects.toThrow('shorter');
  expect(await hasher.start(file.fd).finish(BYTES.length)).toBe(MD5);
});

test('an abandoned hash is dropped', async () => {
  const given = hasher.start(file.fd);
  given.advance(1000);
  given.abandon();
  expect(await hasher.start(file.fd).finish(BYTES.length)).toBe(MD5);
});

test('closing stops the thread, and unfinished hashes fail', async () => {
  const closing = new FileHasher();
  const unfinished = closing.start(file.fd).finish(BYTES.length);
  await closing.close();
  await expect(unfinished).rejects.toThrow('has ended');
});
