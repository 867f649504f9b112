import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { createEmbeddedBackend } from '../../../plugin/backend/embedded/embedded-backend.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { ask, startGateway } from '../../helpers/gateway/support.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

const KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';

let project: TestProject;
let owner: Backend;
let joined: Backend;

beforeAll(async () => {
  project = await makeProject({
    'supabase/migrations/1_items.sql':
      'create table items (id int primary key); grant select on items to anon;',
    // Found as the root of the project.
    'package.json': '{}',
  });
  const start = (): Promise<Backend> =>
    createEmbeddedBackend({
      root: project.root,
      reason: 'the test says so',
      env: {},
      embedded: { dbPort: 0 },
      isExposed: true,
      logger: silentLogger,
    });
  owner = await start();
  joined = await start();
});

afterAll(async () => {
  await joined.close();
  await owner.close();
  await project.remove();
});

test('a dev server that joined another one’s stack serves the hosts of its own allowedHosts, and no others', async () => {
  expect(joined.describe()[0]?.value).toContain('shared with process');
  const { url } = await startGateway({
    target: () => joined.target(),
    allowedHosts: ['.tunnel.example'],
  });
  const socket = `/realtime/v1/websocket?apikey=${KEY}&vsn=2.0.0`;
  const tunnel = { host: 'a.tunnel.example', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
  const answer = await ask(url, '/rest/v1/items', { headers: { ...tunnel, apikey: KEY } });
  expect([answer.status, answer.body]).toEqual([200, '[]']);
  expect((await upgrade(url, socket, { ...tunnel, origin: 'https://a.tunnel.example' })).status).toBe(101);
  const { serviceRoleKey } = (await joined.target()).keys;
  for (const credential of [serviceRoleKey ?? '', 'x']) {
    const headers = { ...tunnel, apikey: KEY, authorization: credential };
    expect((await ask(url, '/storage/v1/bucket', { headers })).status).toBe(401);
  }
  const foreign = { host: 'evil.example' };
  expect((await ask(url, '/rest/v1/items', { headers: { ...foreign, apikey: KEY } })).status).toBe(403);
  expect((await upgrade(url, socket, foreign)).status).toBe(403);
});

test('the owner’s own port serves none of them', async () => {
  const target = await joined.target();
  const rest = target.upstreams.rest;
  if (rest?.kind !== 'url') throw new Error('expected the owner’s gateway');
  const headers = { host: 'a.tunnel.example', apikey: KEY };
  expect((await ask(rest.url.href, '/rest/v1/items', { headers })).status).toBe(403);
  expect((await ask(rest.url.href, '/rest/v1/items', { headers: { apikey: KEY } })).status).toBe(200);
  // The keys, which pages and clients can see, do not include the secret.
  expect(rest.gatewaySecret).toHaveLength(43);
  expect(JSON.stringify(target.keys)).not.toContain(rest.gatewaySecret);
});

test('a take-over that has failed is tried again by a later request, and at once when a migration is saved', async () => {
  const app = await makeProject({ 'package.json': '{}' });
  onTestEnd(() => app.remove());
  const open = async (): Promise<Backend> => {
    const backend = await createEmbeddedBackend({
      root: app.root,
      reason: 'the test says so',
      env: {},
      embedded: { dbPort: 0 },
      logger: silentLogger,
    });
    onTestEnd(() => backend.close());
    return backend;
  };
  const first = await open();
  const second = await open();
  const third = await open();
  await app.write('supabase/migrations/1_items.sql', 'create tabel items (id int);');
  await first.close();
  const outcome = async (backend: Backend): Promise<unknown> =>
    Promise.resolve(backend.target()).then(
      ({ upstreams }) => upstreams.rest?.kind,
      (error: unknown) => (error as { code: string }).code,
    );
  for (const backend of [second, third])
    await expect.poll(() => outcome(backend), { timeout: 15_000 }).toBe('MIGRATION_FAILED');
  // Requests that follow at once get the same error, without a start each.
  await outcome(second);
  const before = performance.now();
  for (let count = 0; count < 100; count++) await outcome(second);
  expect(performance.now() - before).toBeLessThan(500);

  await app.write('supabase/migrations/1_items.sql', 'create table items (id int);');
  await second.sync?.();
  expect(await outcome(second)).toBe('handler');
  await expect.poll(() => outcome(third), { timeout: 10_000 }).toBe('url');
});
