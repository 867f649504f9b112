import { networkInterfaces } from 'node:os';
import { version } from 'vite';
import { expect, test } from 'vitest';
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

test.skipIf(address === undefined)(
  'with --host a neighbour is served as a user, and forges nobody',
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
  },
);

test.skipIf(address === undefined)(
  'a server with --host that joined a stack without it says what to do',
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
  },
);
