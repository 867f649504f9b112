import { networkInterfaces } from 'node:os';
import { version } from 'vite';
import { expect, test } from 'vitest';
import { openAppFork } from '../../../plugin/playwright/app-fork.ts';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { secondServerArgs, startDevServer } from '../../helpers/dev-server.ts';
import { ask } from '../../helpers/gateway/support.ts';
import { signToken } from '../../helpers/gateway/tokens.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

// A neighbour asks the dev server at this machine's own address.

const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

// Two dev servers, and forks.
const PATIENCE_MS = 180_000;

test.skipIf(address === undefined)(
  'with --host a neighbour is served as a user, and forges nobody',
  { timeout: PATIENCE_MS },
  async () => {
    const project = await makeViteProject({
      'supabase/migrations/1_items.sql':
        'create table items (id int primary key); grant select on items to anon, authenticated;',
    });
    onTestEnd(() => project.remove());
    await using server = await startDevServer(project.root, { args: ['--host'] });
    await server.waitForOutput(/Keys:\s+random/);
    const neighbour = `http://${address}:${new URL(server.url).port}`;
    const apikey = LOCAL_KEYS.publishableKey;
    expect((await ask(neighbour, '/rest/v1/items', { headers: { apikey } })).status).toBe(200);
    const forged = signToken({ role: 'authenticated', sub: '8f4b5f4e-0000-4000-8000-000000000001' });
    for (const path of ['/rest/v1/items', '/auth/v1/user', '/storage/v1/bucket']) {
      const { status } = await ask(neighbour, path, {
        headers: { apikey, authorization: `Bearer ${forged}` },
      });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
    expect((await ask(neighbour, '/__supabase/mail/')).status).toBe(403);
    expect((await ask(server.url, '/__supabase/mail/')).status).toBe(200);

    // Forks are for programs of this machine: not for neighbours, proxies and tunnels, nor for any page.
    const { host, origin } = new URL(server.url);
    for (const [base, headers] of [
      [neighbour, {}],
      [server.url, { 'x-forwarded-for': '203.0.113.7' }],
      [server.url, { host: 'evil.example' }],
      [server.url, { host, origin: 'http://evil.example' }],
      [server.url, { host, origin: 'http://localhost:1' }],
      [server.url, { host, origin }],
      [server.url, { host, 'sec-fetch-site': 'none' }],
    ] as const) {
      const { status } = await ask(base, '/__supabase/forks/', { method: 'POST', headers });
      expect([base, headers, status]).toEqual([base, headers, 403]);
    }
    expect((await ask(server.url, '/__supabase/forks/')).status).toBe(405);
    const fork = await openAppFork(server.url);
    const own = { apikey: fork.publishableKey };
    expect((await ask(fork.appUrl, '/rest/v1/items', { headers: own })).status).toBe(200);
    expect((await ask(fork.appUrl, '/')).body).toContain('<title>Test</title>');
    const evil = { ...own, host: 'evil.example' };
    expect((await ask(fork.appUrl, '/rest/v1/items', { headers: evil })).status).toBe(403);
    for (const at of [fork.appUrl, fork.url]) {
      const { port } = new URL(at);
      await expect(ask(`http://${address}:${port}`, '/rest/v1/items')).rejects.toThrow('ECONNREFUSED');
    }
    // The fork ends with its request, as it does when the runner is killed.
    await fork.stop();
    await expect.poll(() => ask(fork.appUrl, '/').catch(String), { timeout: 20_000 }).toMatch('ECONNREFUSED');
    await expect.poll(() => ask(fork.url, '/').catch(String), { timeout: 20_000 }).toMatch('ECONNREFUSED');
  },
);

test.skipIf(address === undefined)(
  'a server with --host that joined a stack without it says what to do',
  { timeout: PATIENCE_MS },
  async () => {
    const project = await makeViteProject();
    onTestEnd(() => project.remove());
    await using owner = await startDevServer(project.root);
    await owner.waitForOutput(/Supabase:\s+embedded/);
    await using joined = await startDevServer(project.root, {
      args: ['--host', ...secondServerArgs(version)],
    });
    const neighbour = `http://${address}:${new URL(joined.url).port}`;
    const { status, body } = await ask(neighbour, '/rest/v1/');
    expect([status, body]).toEqual([403, expect.stringContaining('--host')]);
    const headers = { apikey: LOCAL_KEYS.publishableKey };
    expect((await ask(joined.url, '/auth/v1/settings', { headers })).status).toBe(200);

    // A fork of the owner's stack behind the app of the server that joined.
    await using fork = await openAppFork(joined.url);
    const service = { apikey: fork.secretKey };
    const addUser = (): Promise<unknown> =>
      ask(fork.appUrl, '/auth/v1/admin/users', {
        method: 'POST',
        headers: { ...service, 'content-type': 'application/json' },
        body: '{"email":"a@example.com"}',
      });
    expect(await addUser()).toMatchObject({ status: 200 });
    expect(await addUser()).toMatchObject({ status: 422 });
    await fork.reset();
    expect(await addUser()).toMatchObject({ status: 200 });
    expect((await ask(joined.url, '/auth/v1/admin/users', { headers: service })).body).toContain(
      '"users":[]',
    );
  },
);
