import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { createEmbeddedBackend } from '../../../plugin/backend/embedded/embedded-backend.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
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
