import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { version } from 'vite';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { isAlive } from '../../../plugin/stack/postgres/server-process.ts';
import { PUBLISHABLE_KEY as KEY } from '../../helpers/api.ts';
import { secondServerArgs, startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import type { TestProject } from '../../helpers/project.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

async function project(...args: Parameters<typeof makeViteProject>): Promise<TestProject> {
  const made = await makeViteProject(...args);
  onTestEnd(() => made.remove());
  return made;
}

async function serve(app: TestProject, ...args: string[]): Promise<DevServer> {
  const server = await startDevServer(app.root, { args });
  onTestEnd(() => server.kill('SIGTERM'));
  return server;
}

async function dbUrlOf(server: DevServer): Promise<string> {
  const [, url] = await server.waitForOutput(/PostgreSQL:\s+(postgresql:\S+)/);
  return url ?? '';
}

async function query(dbUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(dbUrl);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postgresPid(app: TestProject): Promise<number> {
  return Number((await readFile(join(app.root, '.supabase/postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

describe('the dev server', () => {
  test('prints the backend, sets URL and keys in the page, and serves the API on its own origin', async () => {
    const app = await project({
      'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
    });
    const server = await serve(app);
    await server.waitForOutput(/Supabase:\s+embedded/);
    await server.waitForOutput(/Migrations:\s+1 \(1 applied now\)/);
    const [, inbox] = await server.waitForOutput(/Mail:\s+(http\S+)/);
    expect(await (await fetch(inbox ?? '')).text()).toContain('<!doctype html>');
    const module = await (await fetch(`${server.url}/main.js`)).text();
    expect(module).toContain(`"VITE_SUPABASE_PUBLISHABLE_KEY": "${KEY}"`);
    expect(module).toContain('"VITE_SUPABASE_URL": (globalThis.location?.origin');
    const response = await fetch(`${server.url}/rest/v1/items`, { headers: { apikey: KEY } });
    expect([response.status, await response.json()]).toEqual([200, []]);
  });

  test('serves the page while the stack starts; requests for Supabase wait for it, and the banner comes once', async () => {
    const app = await project({
      'supabase/migrations/1_slow.sql': 'create table items (id int primary key); select pg_sleep(5);',
    });
    const server = await serve(app);
    const rows = fetch(`${server.url}/rest/v1/items`, { headers: { apikey: KEY } });
    expect(await (await fetch(server.url)).text()).toContain('<title>Test</title>');
    const module = await (await fetch(`${server.url}/main.js`)).text();
    expect(module).toContain(`"VITE_SUPABASE_PUBLISHABLE_KEY": "${KEY}"`);
    expect(server.output()).not.toContain('Supabase:');
    expect((await rows).status).toBe(200);
    await server.waitForOutput(/Mail:\s+http/);
    expect(server.output().match(/Supabase:\s+embedded/g)).toHaveLength(1);
  });

  test('does not serve the data directory and config.toml to the browser', async () => {
    const app = await project();
    const server = await serve(app);
    await dbUrlOf(server);
    for (const path of [
      '.supabase/postgres.password',
      '.supabase/postgres/PG_VERSION',
      'supabase/config.toml',
      '.env',
    ]) {
      if (path === '.env') await app.write('.env', 'SECRET=1');
      const direct = await fetch(`${server.url}/${path}`);
      const byFs = await fetch(`${server.url}/@fs${join(app.root, path)}`);
      expect([path, direct.status, byFs.status]).toEqual([path, 403, 403]);
    }
  });

  test('leaves the HMR socket and foreign upgrades alone', async () => {
    const server = await serve(await project());
    const client = await (await fetch(`${server.url}/@vite/client`)).text();
    const token = /const wsToken = "([^"]+)"/.exec(client)?.[1] ?? '';
    const hmr = new WebSocket(`${server.url.replace('http', 'ws')}/?token=${token}`, 'vite-hmr');
    const message = await new Promise((resolve, reject) => {
      hmr.once('message', (data) => resolve(JSON.parse((data as Buffer).toString())));
      hmr.once('error', reject);
    });
    hmr.terminate();
    expect(message).toEqual({ type: 'connected' });
  });

  test('keeps PostgreSQL and its data over a restart of Vite', async () => {
    const app = await project();
    const server = await serve(app);
    const dbUrl = await dbUrlOf(server);
    const pid = await postgresPid(app);
    await query(dbUrl, 'create table kept (id int)');
    const config = join(app.root, 'vite.config.ts');
    await writeFile(config, `${await readFile(config, 'utf8')}// changed\n`);
    await server.waitForOutput(/server restarted/);
    expect(await postgresPid(app)).toBe(pid);
    expect(await query(dbUrl, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: 'kept' }]);
    expect((await fetch(`${server.url}/rest/v1/kept`, { headers: { apikey: KEY } })).status).toBe(200);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no process behind on %s', async (signal) => {
    const app = await project();
    const server = await serve(app);
    await dbUrlOf(server);
    const pid = await postgresPid(app);
    await server.kill(signal);
    expect(isAlive(pid)).toBe(false);
  });

  test('leaves no process behind when another plugin throws after ours', async () => {
    const app = await project();
    const config = await readFile(join(app.root, 'vite.config.ts'), 'utf8');
    const thrower = `{ name: 'thrower', configureServer() { throw new Error('thrown on purpose') } }`;
    await app.write('vite.config.ts', config.replace(/\] \}/, `, ${thrower}] }`));
    await expect(startDevServer(app.root)).rejects.toThrow(/thrown on purpose/);
    await expect.poll(() => postgresPid(app).catch(() => 'gone'), { timeout: 10_000 }).toBe('gone');
  });

  test('recovers from kill -9 without manual steps', async () => {
    const app = await project();
    const first = await serve(app);
    await query(await dbUrlOf(first), 'create table kept (id int)');
    const orphan = await postgresPid(app);
    await first.kill('SIGKILL');
    expect(isAlive(orphan)).toBe(true);
    const second = await serve(app);
    expect(await query(await dbUrlOf(second), `select to_regclass('kept')::text as kept`)).toEqual([
      { kept: 'kept' },
    ]);
  });

  test('a second dev server joins the first one, and takes over when that ends', async () => {
    const app = await project({
      'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
    });
    const first = await serve(app);
    const second = await serve(app, ...secondServerArgs(version));
    await second.waitForOutput(/shared with process/);
    expect(await dbUrlOf(second)).toBe(await dbUrlOf(first));
    const read = async (): Promise<number> =>
      (await fetch(`${second.url}/rest/v1/items`, { headers: { apikey: KEY } })).status;
    expect(await read()).toBe(200);
    await first.kill('SIGKILL');
    await second.waitForOutput(/taking it over/);
    await expect.poll(read, { timeout: 20_000 }).toBe(200);
  });
});

describe('a start that fails', () => {
  test('shows a broken migration with file, line and hint, answers 503, and continues once it is corrected', async () => {
    const app = await project({
      'supabase/migrations/1_good.sql': 'create table items (id int primary key);',
      'supabase/migrations/2_bad.sql': 'create table more (id int);\nalter table nowhere add column x int;',
    });
    const server = await serve(app);
    await server.waitForOutput(/2_bad\.sql:2:1: relation "nowhere" does not exist \(SQLSTATE 42P01\)/);
    await server.waitForOutput(/> 2 \| alter table nowhere/);
    const response = await fetch(`${server.url}/rest/v1/items`, { headers: { apikey: KEY } });
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({
        code: 'BACKEND_UNAVAILABLE',
        message: expect.stringContaining('2_bad.sql:2'),
      }),
    ]);

    const client = await (await fetch(`${server.url}/@vite/client`)).text();
    const token = /const wsToken = "([^"]+)"/.exec(client)?.[1] ?? '';
    const hmr = new WebSocket(`${server.url.replace('http', 'ws')}/?token=${token}`, 'vite-hmr');
    const messages: { type: string; err?: { message: string } }[] = [];
    const reload = new Promise<void>((resolve) => {
      hmr.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString()) as (typeof messages)[number];
        messages.push(message);
        if (message.type === 'full-reload') resolve();
      });
    });
    await new Promise((resolve) => hmr.once('open', resolve));
    await app.write('supabase/migrations/2_bad.sql', 'create table more (id int);');
    await reload;
    hmr.terminate();
    expect(messages.find((message) => message.type === 'error')?.err?.message).toMatch(/2_bad\.sql:2:1/);
    expect((await fetch(`${server.url}/rest/v1/more`, { headers: { apikey: KEY } })).status).toBe(200);
  });

  test('follows a migration that is added, edited, broken and deleted while it runs', async () => {
    const app = await project();
    const server = await serve(app);
    await dbUrlOf(server);
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key);');
    await server.waitForOutput(/applied 1 new migration\(s\): 1/);
    await expect
      .poll(async () => (await fetch(`${server.url}/rest/v1/late`, { headers: { apikey: KEY } })).status)
      .toBe(200);
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key, more int);');
    await server.waitForOutput(/built the database again from its files \(changed: 1\)/);
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key, mo');
    await server.waitForOutput(/1_late\.sql:1:.*syntax error/);
    const row = await fetch(`${server.url}/rest/v1/late?select=more`, { headers: { apikey: KEY } });
    expect(row.status).toBe(200);
    await rm(join(app.root, 'supabase/migrations/1_late.sql'));
    await server.waitForOutput(/built the database again from its files \(gone: 1\)/);
  });

  test('works without a folder supabase, prints what to create, and uses it once it exists', async () => {
    const app = await project({}, `{ embedded: { dbPort: 0 } }`);
    await rm(join(app.root, 'supabase'), { recursive: true });
    const server = await serve(app);
    await server.waitForOutput(/Migrations:\s+none yet; .*supabase\/migrations\/<timestamp>_<name>\.sql/);
    await app.write('supabase/migrations/1_first.sql', 'create table first (id int primary key);');
    await server.waitForOutput(/applied 1 new migration\(s\): 1/);
    expect(server.output()).not.toMatch(/error/i);
  });

  test('names an unknown option', async () => {
    const app = await project({}, `{ backendd: 'embedded' }`);
    await expect(startDevServer(app.root)).rejects.toThrow(/unknown option "backendd"/);
  });

  test('names a port in use that was set explicitly, and chooses another one otherwise', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestEnd(() => other.close());
    const { port } = other.address() as { port: number };
    const strict = await serve(await project({}, `{ embedded: { dbPort: ${port} } }`));
    await strict.waitForOutput(new RegExp(`Port ${port} \\(PostgreSQL\\) is in use`));
    const lenient = await serve(
      await project({
        'supabase/config.toml': `[api]\nport = 1\nauto_expose_new_tables = true\n[db]\nport = ${port}\n`,
      }),
    );
    expect(await dbUrlOf(lenient)).not.toContain(`:${port}/`);
    await lenient.waitForOutput(new RegExp(`port ${port} is in use`, 'i'));
  });

  test.runIf(process.getuid?.() !== 0)('names a data directory that it cannot write to', async () => {
    const app = await project();
    await mkdir(join(app.root, '.supabase'));
    await chmod(join(app.root, '.supabase'), 0o500);
    const [message] = await (await serve(app)).waitForOutput(/Cannot write to .*\.supabase/);
    expect(message).toContain(app.root);
  });
});
