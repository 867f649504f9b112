import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type TestProject } from '../../helpers/project.ts';

// The built command, run as a process that can be killed: `npm test` builds it first.
const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const UPLOADS = 200;

let project: TestProject;
let running: RunningStack | undefined;

beforeAll(async () => {
  project = await makeProject({
    'supabase/config.toml': '[storage.buckets.crash]\n[storage.buckets.crash2]\n',
  });
});

afterAll(async () => {
  running?.child.kill('SIGINT');
  if (running?.child.exitCode === null) await once(running.child, 'exit');
  await project.remove();
});

test('after kill -9 in the middle of uploads, every listed object is complete and no other bytes remain', async () => {
  running = await start();
  const hashes = new Map<string, Set<string>>();
  let finished = 0;
  const killed = once(running.child, 'exit');
  const upload = async (index: number): Promise<void> => {
    // Two uploads to each name: one of them must win completely.
    const name = `file-${index % (UPLOADS / 2)}`;
    const bytes = randomBytes(20_000 + index * 1000);
    const known = hashes.get(name) ?? new Set();
    hashes.set(name, known.add(createHash('md5').update(bytes).digest('hex')));
    const response = await send(running, `object/crash/${name}`, { method: 'PUT', body: bytes });
    if (response?.ok) finished += 1;
    if (finished === UPLOADS / 4) running?.child.kill('SIGKILL');
  };
  await Promise.all(Array.from({ length: UPLOADS }, (_, index) => upload(index).catch(() => {})));
  await killed;
  expect(finished).toBeGreaterThanOrEqual(UPLOADS / 4);
  expect(finished).toBeLessThan(UPLOADS);
  // A file that a crash between writing the blob and its row would leave.
  await mkdir(join(objectsDir(), 'aa'), { recursive: true });
  await writeFile(join(objectsDir(), 'aa', 'aaaaaaaa-0000-4000-8000-000000000000'), 'orphan');

  running = await start();
  const listed = await send(running, 'object/list/crash', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prefix: '', limit: 1000 }),
  });
  const objects = (await listed?.json()) as { name: string; metadata: { size: number } }[];
  expect(objects.length).toBeGreaterThan(0);
  for (const { name, metadata } of objects) {
    const response = await send(running, `object/authenticated/crash/${name}`);
    const bytes = Buffer.from((await response?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(bytes.length).toBe(metadata.size);
    expect(hashes.get(name)).toContain(createHash('md5').update(bytes).digest('hex'));
  }
  const kept = (await readdir(objectsDir(), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  expect(kept).toHaveLength(objects.length);
  expect(await readdir(join(project.root, '.supabase/storage/uploads'))).toEqual([]);
}, 60_000);

interface RunningStack {
  readonly child: ChildProcess;
  readonly url: string;
  readonly key: string;
}

async function start(): Promise<RunningStack> {
  const args = [CLI, 'start', '--port', '0', '--db-port', '0', '--workdir', project.root];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await expect.poll(() => output, { timeout: 25_000 }).toMatch(/JWT_SECRET=/);
  const read = (name: string): string => new RegExp(`^${name}="(.*)"$`, 'm').exec(output)?.[1] ?? '';
  return { child, url: `${read('API_URL')}/storage/v1`, key: read('SERVICE_ROLE_KEY') };
}

async function send(
  stack: RunningStack | undefined,
  path: string,
  init: RequestInit = {},
): Promise<Response | undefined> {
  const headers = { authorization: `Bearer ${stack?.key}`, ...(init.headers as Record<string, string>) };
  return fetch(`${stack?.url}/${path}`, { ...init, headers });
}

function objectsDir(): string {
  return join(project.root, '.supabase/storage/objects');
}
