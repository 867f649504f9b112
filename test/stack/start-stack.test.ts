import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startStack } from '../../plugin/start-stack.ts';
import { makeProject } from '../helpers/project.ts';
import { startTestStack } from '../helpers/stack.ts';

async function countItems(dbUrl: string): Promise<number> {
  const client = new pg.Client(dbUrl);
  await client.connect();
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from items');
  await client.end();
  return rows[0]?.count ?? -1;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

test('several stacks run side by side in one process', async () => {
  await using first = await startTestStack({
    'supabase/seed.sql': 'create table items (); insert into items default values;',
  });
  await using second = await startTestStack({ 'supabase/seed.sql': 'create table items ();' });
  expect(first.url).not.toBe(second.url);
  expect([await countItems(first.dbUrl), await countItems(second.dbUrl)]).toEqual([1, 0]);
});

test('holds its port from the beginning, and answers early requests once the services run', async () => {
  await using project = await makeProject();
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  const { port } = held.address() as { port: number };
  await new Promise((resolve) => held.close(resolve));
  let isStarted = false;
  const starting = startStack({ root: project.root, ephemeral: true, port, dbPort: 0 });
  void starting.then(() => (isStarted = true));
  await expect.poll(() => canConnect(port), { interval: 5, timeout: 20_000 }).toBe(true);
  const early = fetch(`http://127.0.0.1:${port}/auth/v1/health`);
  expect(isStarted).toBe(false);
  expect((await early).status).toBe(200);
  await (await starting).stop();
});

test('says in one line each what of the settings has no effect, and what has no value', async () => {
  const warnings: string[] = [];
  const logger = { info() {}, warn: (text: string) => void warnings.push(text), error() {} };
  await using _stack = await startTestStack(
    {
      'supabase/config.toml': `"$schema" = "https://example.com"
        profile = "x"
        [storage.analytics]
        enabled = true
        [auth]
        enable_email_signup = true
        site_url = "env(THE_SITE)"
        [auth.external.google]
        enabled = true
        client_id = "env(GOOGLE_ID)"
        secret = "env(GOOGLE_SECRET)"`,
      '.env': 'GOOGLE_SECRET=of-the-file',
    },
    { logger },
  );
  expect(warnings).toEqual([
    'supabase/config.toml: profile is unknown and ignored',
    'supabase/config.toml: auth.enable_email_signup is unknown and ignored; did you mean auth.enable_signup?',
    'supabase/config.toml: not supported here and ignored: storage.analytics.enabled',
    'supabase/config.toml: no value, because the variable is not set: auth.site_url (THE_SITE), auth.external.google.client_id (GOOGLE_ID)',
  ]);
});

test('has the keys of the Supabase CLI, and a health endpoint behind its gateway', async () => {
  await using stack = await startTestStack();
  expect(stack.publishableKey).toBe('sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH');
  expect(stack.anonKey).toBe(
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9.' +
      'CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0',
  );
  const response = await fetch(`${stack.url}/auth/v1/health`, { headers: { apikey: stack.publishableKey } });
  expect(response.status).toBe(200);
});

test('reset deletes the data and starts from migrations and seed, on the same ports', async () => {
  await using stack = await startTestStack({
    'supabase/migrations/1_items.sql': 'create table items (id int);',
    'supabase/seed.sql': 'insert into items values (1);',
  });
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  await client.query('insert into items values (2)');
  await client.end();
  expect(await countItems(stack.dbUrl)).toBe(2);
  await stack.reset();
  expect(await countItems(stack.dbUrl)).toBe(1);
});

test('a second stack on the same data is refused with the address of the first', async () => {
  await using project = await makeProject();
  const options = { root: project.root, dataDir: join(project.root, '.supabase'), port: 0, dbPort: 0 };
  await using first = await startStack(options);
  await expect(startStack(options)).rejects.toMatchObject({
    code: 'STACK_RUNNING',
    message: expect.stringContaining(first.url),
  });
});

test('options can replace config.toml, and the error of a broken config.toml has its line', async () => {
  await using project = await makeProject({ 'supabase/config.toml': 'project_id = "x"\n[auth\n' });
  await expect(startStack({ root: project.root, ephemeral: true })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    location: { line: 2 },
  });
  await using stack = await startTestStack(
    {},
    { config: { auth: { publishable_key: 'sb_publishable_mine' } } },
  );
  expect(stack.publishableKey).toBe('sb_publishable_mine');
});

test('leaves nothing behind when a migration fails', async () => {
  await using project = await makeProject({ 'supabase/migrations/1_bad.sql': 'select 1; nonsense;' });
  const dataDir = join(project.root, '.supabase');
  const start = (): Promise<unknown> => startStack({ root: project.root, dataDir, port: 0, dbPort: 0 });
  await expect(start()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(readFile(join(dataDir, 'postgres/postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(start()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
});
