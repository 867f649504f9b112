import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { version } from 'vite';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { generateTypes } from '../../../plugin/database-types/generate.ts';
import { findOwner } from '../../../plugin/stack/ownership/claim.ts';
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

interface HmrMessage {
  readonly type: string;
  readonly err?: { readonly message: string; readonly frame?: string };
}

/** The socket of an open page. `next` resolves with the first message of a type, past or future. */
async function openHmr(server: DevServer): Promise<{ next(type: string): Promise<HmrMessage> }> {
  const client = await (await fetch(`${server.url}/@vite/client`)).text();
  const token = /const wsToken = "([^"]+)"/.exec(client)?.[1] ?? '';
  const hmr = new WebSocket(`${server.url.replace('http', 'ws')}/?token=${token}`, 'vite-hmr');
  onTestEnd(() => hmr.terminate());
  const messages: HmrMessage[] = [];
  let wake = (): void => {};
  hmr.on('message', (data) => {
    messages.push(JSON.parse((data as Buffer).toString()) as HmrMessage);
    wake();
  });
  await new Promise((resolve) => hmr.once('open', resolve));
  return {
    async next(type) {
      for (;;) {
        const found = messages.find((message) => message.type === type);
        if (found) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
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
      'supabase/config.json',
      'supabase/config.jsonc',
      '.env',
    ]) {
      if (!existsSync(join(app.root, path))) await app.write(path, '{}');
      const direct = await fetch(`${server.url}/${path}`);
      const byFs = await fetch(`${server.url}/@fs${join(app.root, path)}`);
      expect([path, direct.status, byFs.status]).toEqual([path, 403, 403]);
    }
  });

  test('leaves the HMR socket and foreign upgrades alone', async () => {
    const server = await serve(await project());
    expect(await (await openHmr(server)).next('connected')).toEqual({ type: 'connected' });
  });

  test('keeps PostgreSQL, its data and the shortcuts over a restart of Vite', async () => {
    const app = await project();
    const server = await startDevServer(app.root, { terminal: true });
    onTestEnd(() => server.kill('SIGTERM'));
    const dbUrl = await dbUrlOf(server);
    const pid = await postgresPid(app);
    await query(dbUrl, 'create table kept (id int)');
    const config = join(app.root, 'vite.config.ts');
    await writeFile(config, `${await readFile(config, 'utf8')}// changed\n`);
    await server.waitForOutput(/server restarted/);
    expect(await postgresPid(app)).toBe(pid);
    expect(await query(dbUrl, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: 'kept' }]);
    const kept = async (): Promise<number> =>
      (await fetch(`${server.url}/rest/v1/kept`, { headers: { apikey: KEY } })).status;
    expect(await kept()).toBe(200);
    server.type('h');
    await server.waitForOutput(/press reset \+ enter to reset the database[^]*press r \+ enter to restart/);
    server.type('load');
    await server.waitForOutput(/no snapshot .*quick/i);
    server.type('save');
    await server.waitForOutput(/saved as the snapshot "quick"/);
    server.type('reset');
    await server.waitForOutput(/the database is reset/);
    expect(await kept()).toBe(404);
    server.type('load');
    await server.waitForOutput(/restored the snapshot "quick"/);
    await expect.poll(kept, { timeout: 20_000 }).toBe(200);
    server.type('keys');
    await server.waitForOutput(/secret +sb_secret_\S+[^]*database +postgresql:/);
    server.type('studio');
    await server.waitForOutput(/Studio is at http:\/\/localhost:\d+\/__supabase\//);
  }, 180_000);

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

    const page = await openHmr(server);
    expect((await page.next('error')).err?.message).toMatch(/2_bad\.sql:2:1/);
    await app.write('supabase/migrations/2_bad.sql', 'create table more (id int);');
    await page.next('full-reload');
    expect((await fetch(`${server.url}/rest/v1/more`, { headers: { apikey: KEY } })).status).toBe(200);
  });

  test('reloads its pages when a command replaces the database afterwards', async () => {
    const app = await project({ 'supabase/migrations/1_items.sql': 'create tabl' });
    const server = await serve(app);
    await server.waitForOutput(/syntax error/);
    const opened = await openHmr(server);
    await app.write('supabase/migrations/1_items.sql', 'create table items (id int primary key);');
    await opened.next('full-reload');
    // At its usual place, so that it is found.
    const types = 'src/database.types.ts';
    await app.write(types, 'export type Json = string\nexport type Database = {}\n');
    const page = await openHmr(server);
    const owner = await findOwner(join(app.root, '.supabase'));
    await owner?.request('reset');
    owner?.leave();
    expect(await page.next('full-reload')).toMatchObject({ type: 'full-reload' });
    await server.waitForOutput(/wrote src\/database\.types\.ts/);
    expect(await readFile(join(app.root, types), 'utf8')).toContain('items: {');
  });

  test.each([
    ['config.toml', '[api]\nport = 1\n[auth]\nenable_signup = "maybe"\n[db]\nport = 0\n', 4, 1],
    [
      'config.json',
      '{ "api": { "port": 1 }, "db": { "port": 0 },\n  "auth": { "enable_signup": "maybe" } }',
      2,
      14,
    ],
  ])(
    'shows a setting of the wrong type in %s with its place, until it is corrected',
    async (name, text, line, column) => {
      const app = await project({ [`supabase/${name}`]: text });
      const server = await serve(app);
      await server.waitForOutput(
        new RegExp(
          `supabase/${name}:${line}:${column}: auth.enable_signup must be true or false, not "maybe"`,
        ),
      );
      const [mark] = await server.waitForOutput(/> \d \| .*enable_signup.*\n +\| +\^/);
      const page = await openHmr(server);
      const { err } = await page.next('error');
      expect(err).toMatchObject({
        id: join(app.root, 'supabase', name),
        loc: { file: join(app.root, 'supabase', name), line, column },
        message: expect.stringContaining('auth.enable_signup must be true or false'),
      });
      expect(err?.frame).toContain(mark);
      await app.write(`supabase/${name}`, text.replace('"maybe"', 'true'));
      await server.waitForOutput(/Supabase:\s+embedded/);
    },
  );

  test('follows a migration that is added, edited, broken and deleted while it runs, and so do the types', async () => {
    const app = await project(
      { 'src/database.types.ts': 'export type Json = string\nexport type Database = {}\n' },
      "{ types: 'app/db.ts' }",
    );
    const server = await serve(app);
    const dbUrl = await dbUrlOf(server);
    const types = (): Promise<string> => readFile(join(app.root, 'app/db.ts'), 'utf8').catch(() => '');
    await expect.poll(types, { timeout: 30_000 }).toContain('export type Database = {');
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key);');
    await server.waitForOutput(/applied 1 new migration\(s\): 1/);
    await expect
      .poll(async () => (await fetch(`${server.url}/rest/v1/late`, { headers: { apikey: KEY } })).status)
      .toBe(200);
    await expect.poll(types, { timeout: 30_000 }).toContain('late: {');
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key, more int);');
    await server.waitForOutput(/built the database again from its files \(changed: 1\)/);
    await expect.poll(types, { timeout: 30_000 }).toContain('more: number | null');
    const schemas = ['public', 'graphql_public'];
    expect(await types()).toBe(await generateTypes({ databaseUrl: dbUrl, schemas }));
    await app.write('supabase/migrations/1_late.sql', 'create table late (id int primary key, mo');
    await server.waitForOutput(/1_late\.sql:1:.*syntax error/);
    const row = await fetch(`${server.url}/rest/v1/late?select=more`, { headers: { apikey: KEY } });
    expect(row.status).toBe(200);
    expect(await types()).toContain('more: number | null');
    await rm(join(app.root, 'supabase/migrations/1_late.sql'));
    await server.waitForOutput(/built the database again from its files \(gone: 1\)/);
    await expect.poll(types, { timeout: 30_000 }).not.toContain('late: {');
    // Not the file that the option does not name.
    expect(await readFile(join(app.root, 'src/database.types.ts'), 'utf8')).toMatch(/Database = \{\}\n$/);
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

  test.each(['config.json', 'config.jsonc', 'config.toml'])(
    'takes over what is saved in supabase/%s, also in a new file',
    async (name) => {
      const rows = Array.from({ length: 3 }, (_, id) => `insert into items values (${id});`).join('');
      const app = await project({
        'supabase/migrations/1_items.sql': `create table items (id int primary key); ${rows}`,
      });
      const server = await serve(app);
      const count = async (): Promise<number> => {
        const response = await fetch(`${server.url}/rest/v1/items`, { headers: { apikey: KEY } });
        const body: unknown = await response.json();
        return Array.isArray(body) ? body.length : -1;
      };
      expect(await count()).toBe(3);
      const settings = (maxRows: number): string =>
        name === 'config.toml'
          ? `[api]\nport = 1\nauto_expose_new_tables = true\nmax_rows = ${maxRows}\n[db]\nport = 0\n`
          : `{ "api": { "port": 1, "auto_expose_new_tables": true, "max_rows": ${maxRows} }, "db": { "port": 0 } }`;
      for (const maxRows of [2, 1]) {
        await app.write(`supabase/${name}`, settings(maxRows));
        await expect.poll(count, { timeout: 30_000 }).toBe(maxRows);
      }
    },
  );

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
