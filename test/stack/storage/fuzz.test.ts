import { readdir } from 'node:fs/promises';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { createRandom } from '../../helpers/random.ts';
import { randomRequest, type Ingredients, type RandomRequest } from './helpers/random-requests.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';
import { signToken } from './helpers/tokens.ts';

// FUZZ_COUNT=100000 for the long run; FUZZ_SEED to repeat one.
const COUNT = Number(process.env.FUZZ_COUNT ?? 3000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PARALLEL = 8;
const LEARNED =
  /token=([\w.-]+)|resumable\/(?:sign\/)?([\w-]+)|<UploadId>(.*?)<|"nextCursor":"(.*?)"|"token":"(.*?)"/g;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let stack: StorageStack;
let postgres: pg.Client;
let ingredients: Ingredients;
const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

beforeAll(async () => {
  stack = await startStorageStack({
    'supabase/config.toml': `[storage]\nfile_size_limit = "1MiB"\n[storage.image_transformation]\nenabled = true\n
      [storage.buckets.open]\npublic = true\n[storage.buckets.closed]\nfile_size_limit = "1KiB"\n`,
  });
  const { keys, database } = stack.services;
  postgres = new pg.Client(database.connection('postgres'));
  await postgres.connect();
  await postgres.query(
    `create policy "users" on storage.objects for all to authenticated using (bucket_id = 'open')`,
  );
  const user = signToken(keys.jwtSecret, { role: 'authenticated', sub: 'somebody' });
  const odd = signToken(keys.jwtSecret, { role: 'authenticated', sub: 'some\0body', extra: '\ud800' });
  ingredients = {
    url: stack.url,
    tokens: [
      `Bearer ${keys.serviceRoleKey}`,
      keys.serviceRoleKey,
      `Bearer ${odd}`,
      `Bearer ${user}`,
      'Bearer',
      'Bearer a.b.c',
      'AWS4-HMAC-SHA256 x',
    ],
    keys: [
      { accessKey: LOCAL_KEYS.s3AccessKey, secret: LOCAL_KEYS.s3SecretKey },
      { accessKey: 'stub', secret: keys.anonKey, sessionToken: user },
    ],
    learned: [],
  };
});

afterAll(async () => {
  agent.destroy();
  await postgres.end();
  await stack.close();
});

test(
  `survives ${COUNT} random and hostile requests`,
  async () => {
    const random = createRandom(SEED);
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < COUNT) {
        sent += 1;
        const hostile = randomRequest(random, ingredients);
        const answer = await send(hostile).catch((error: Error) => error);
        const fault = findFault(hostile, answer);
        const { method, url, headers, body } = hostile;
        if (fault !== undefined)
          faults.push(
            [fault, method, url, JSON.stringify(headers), body.toString('latin1', 0, 300)].join('\n'),
          );
        if (answer instanceof Error) continue;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        learn(answer);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    expect(faults.slice(0, 5)).toEqual([]);
    // The requests must reach the depths of the service, not only its checks.
    expect([statuses.get(200) ?? 0, statuses.get(201) ?? 0].every((count) => count > 5)).toBe(true);
    await expectService();
  },
  COUNT * 60 + 60_000,
);

/** Uploads and downloads still work, and nothing is left of what was refused. */
async function expectService(): Promise<void> {
  const url = `${stack.url}/object/closed/after.txt`;
  const authorization = `Bearer ${stack.services.keys.serviceRoleKey}`;
  const headers = { authorization, 'content-type': 'text/plain', 'x-upsert': 'true' };
  expect((await fetch(url, { method: 'POST', headers, body: 'after' })).status).toBe(200);
  expect(await (await fetch(url, { headers: { authorization } })).text()).toBe('after');
  // What a client has aborted may still be on its way.
  await expect.poll(findSurplus, { timeout: 10_000 }).toEqual([]);
}

/** Files without an object, and objects without a file. */
async function findSurplus(): Promise<string[]> {
  const files = await readdir(join(stack.storageDir, 'objects'), { recursive: true });
  const stored = new Set(files.map((name) => basename(name)).filter((name) => name.length > 2));
  const { rows } = await postgres.query<{ version: string }>('select version from storage.objects');
  const known = new Set(rows.map((row) => row.version));
  return [...[...stored].filter((one) => !known.has(one)), ...[...known].filter((one) => !stored.has(one))];
}

function findFault({ aborts }: RandomRequest, answer: Answer | Error): string | undefined {
  if (answer instanceof Error) return aborts ? undefined : `no response: ${answer.message}`;
  const { status, headers, body } = answer;
  if (status >= 500 && status !== 501) return `${status}: ${body.slice(0, 300)}`;
  if (headers['x-injected'] !== undefined) return 'a header was injected';
  if (headers['x-content-type-options'] !== 'nosniff') return `not inert: ${status}`;
  return undefined;
}

/** Uses tokens, ids and cursors of responses in later requests. */
function learn({ body, headers }: Answer): void {
  for (const match of `${body} ${headers.location ?? ''}`.matchAll(LEARNED)) {
    const found = match.slice(1).find((group) => group !== undefined);
    if (found !== undefined) ingredients.learned.push(found);
  }
  if (ingredients.learned.length > 50) ingredients.learned.shift();
}

function send({ method, url, headers, body, aborts }: RandomRequest): Promise<Answer> {
  const { hostname, port, origin } = new URL(stack.url);
  return new Promise((resolve, reject) => {
    const length = ['GET', 'HEAD'].includes(method) ? {} : { 'content-length': body.length };
    const req = request(
      { hostname, port, method, path: url.slice(origin.length), headers: { ...headers, ...length }, agent },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res
          .on('error', reject)
          .on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
      },
    );
    req.on('error', reject);
    req.setTimeout(20_000, () => req.destroy(new Error('it hangs')));
    if (!aborts) req.end(body);
    else req.write(body.subarray(0, body.length - 5), () => req.destroy(new Error('closed on purpose')));
  });
}
