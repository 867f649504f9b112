import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const MIB = 1024 * 1024;
const FULL = { statusCode: '500', message: 'No space left where storage objects are kept' };
let stack: StorageStack;
let isSmall = false;

beforeAll(async () => {
  stack = await startStorageStack({ 'supabase/config.toml': '[storage.buckets.full]\npublic = true\n' });
  isSmall = mountSmallDisk(stack.storageDir);
  for (const folder of ['objects', 'uploads'])
    await mkdir(join(stack.storageDir, folder), { recursive: true });
});

afterAll(async () => {
  if (isSmall) execFileSync('umount', ['-l', stack.storageDir]);
  await stack.close();
});

test('a full disk has a clear error, leaves no file, and smaller uploads still work', async ({ skip }) => {
  skip(!isSmall, 'needs the right to mount a small file system');
  const kept = randomBytes(2 * MIB);
  expect((await upload('kept', kept)).status).toBe(200);
  for (const body of [randomBytes(20 * MIB), Readable.from([randomBytes(20 * MIB)]), form(20 * MIB)]) {
    const response = await upload('large', body);
    expect([response.status, await response.json()]).toMatchObject([500, FULL]);
  }
  expect(await readdir(join(stack.storageDir, 'uploads'))).toEqual([]);
  expect((await fetch(`${stack.url}/object/public/full/large`)).status).toBe(400);
  expect((await upload('small', randomBytes(MIB))).status).toBe(200);
  const response = await fetch(`${stack.url}/object/public/full/kept`);
  expect(Buffer.from(await response.arrayBuffer()).equals(kept)).toBe(true);
});

/** Mounts a file system of 8 MiB on a folder, if this process has the permission. */
function mountSmallDisk(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function form(size: number): FormData {
  const data = new FormData();
  data.append('', new Blob([randomBytes(size)]), 'large');
  return data;
}

function upload(name: string, body: Buffer | Readable | FormData): Promise<Response> {
  return fetch(`${stack.url}/object/full/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` },
    body: body as RequestInit['body'],
    duplex: 'half',
  });
}
