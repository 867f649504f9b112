import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { createEmbeddedBackend } from '../../../plugin/backend/embedded/embedded-backend.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayKeys } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { explainInTerminal } from '../../../plugin/vite/explain-in-terminal.ts';
import { connectAgent, type Agent } from '../../helpers/agent.ts';
import { ask } from '../../helpers/gateway/support.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const MIGRATION = `
create table notes (id int primary key, body text);
insert into notes values (1, 'one');
alter table notes enable row level security;
create table open (id int primary key, note int references notes);
create table diary (id int primary key, owner uuid);
alter table diary enable row level security;
create policy "own diary" on diary for select to authenticated using ((select auth.uid()) = owner);`;

let project: TestProject;
let backend: Backend;
let gateway: Gateway;
let server: Server;
let url: string;
let agent: Agent;
let backendKeys: GatewayKeys;

beforeAll(async () => {
  project = await makeProject({
    'package.json': '{}',
    'supabase/migrations/1_notes.sql': MIGRATION,
    'supabase/functions/hello/index.ts': "Deno.serve(() => new Response('hello'));\n",
    'supabase/config.toml':
      '[api]\nauto_expose_new_tables = true\n[db]\nport = 0\n[functions.public]\nverify_jwt = false\n',
  });
  const { root } = project;
  const reason = 'the test says so';
  const embedded = await createEmbeddedBackend({ root, reason, env: {}, embedded: {}, logger: silentLogger });
  backend = explainInTerminal(embedded, { level: 'hints', root, logger: silentLogger });
  gateway = new Gateway({
    target: () => backend.target(),
    logger: silentLogger,
    observations: () => backend.observations,
  });
  server = createServer((req, res) => void (gateway.handle(req, res) || res.writeHead(299).end()));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  agent = await connectAgent(url);
  backendKeys = (await backend.target()).keys;
});

afterAll(async () => {
  await agent?.client.close();
  await gateway?.close();
  server?.closeAllConnections();
  server?.close();
  await backend?.close();
  await project?.remove();
});

test('offers the tools of the official server that make sense here, and explain_why', async () => {
  expect((await agent.tools()).filter((name) => name !== 'search_docs')).toEqual([
    'explain_why',
    'list_tables',
    'list_extensions',
    'list_migrations',
    'apply_migration',
    'execute_sql',
    'get_logs',
    'get_advisors',
    'get_project_url',
    'get_publishable_keys',
    'generate_typescript_types',
    'list_edge_functions',
    'get_edge_function',
    'deploy_edge_function',
    'list_storage_buckets',
    'get_storage_config',
  ]);
});

describe('SQL', () => {
  const sql = (query: string, from = agent): Promise<string> =>
    from.call<{ result: string }>('execute_sql', { query }).then(({ result }) => result);

  test('returns the rows of the last statement, and errors as PostgreSQL says them', async () => {
    expect(await sql("select 1 as one; select body from notes where body = 'one'")).toContain(
      '[{"body":"one"}]',
    );
    await expect(sql('select * from nots')).rejects.toThrow('ERROR: 42P01: relation "nots" does not exist');
  });

  test('runs as postgres, who is no superuser', async () => {
    await expect(sql("select pg_read_file('/etc/passwd')")).rejects.toThrow(/42501/);
  });

  test.each([
    'delete from notes',
    'commit; delete from notes',
    'set transaction read write',
    "select set_config('transaction_read_only', 'off', true)",
    "do $$ begin perform set_config('transaction_read_only', 'off', true); delete from notes; end $$",
    'do $$ begin set transaction read write; delete from notes; end $$',
    'do $$ begin commit; delete from notes; end $$',
    'with gone as (delete from notes returning *) select * from gone',
    'explain analyze delete from notes',
  ])('read-only mode refuses: %s', async (query) => {
    await using careful = await connectAgent(url, '?read_only=true');
    await expect(sql(query, careful)).rejects.toThrow(/ERROR: \w{5}: /);
    expect(await sql('select count(*)::int as n from notes', careful)).toContain('[{"n":1}]');
  });

  test('read-only mode does not offer what changes something', async () => {
    await using careful = await connectAgent(url, '?read_only=true');
    const tools = await careful.tools();
    expect(tools).toContain('execute_sql');
    for (const name of ['apply_migration', 'deploy_edge_function']) {
      expect(tools).not.toContain(name);
      await expect(
        careful.call(name, { name: 'x', query: 'select 1', files: [], entrypoint_path: 'index.ts' }),
      ).rejects.toThrow(/read-only|Unrecognized|unrecognized/);
    }
  });

  test('tables, extensions and buckets are listed', async () => {
    const { tables } = await agent.call<{ tables: { name: string; rls_enabled: boolean }[] }>('list_tables', {
      verbose: true,
    });
    expect(tables.map(({ name, rls_enabled }) => [name, rls_enabled])).toEqual(
      expect.arrayContaining([
        ['public.notes', true],
        ['public.open', false],
      ]),
    );
    const { extensions } = await agent.call<{ extensions: { name: string }[] }>('list_extensions');
    expect(extensions.map(({ name }) => name)).toContain('pgcrypto');
    await sql("insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true)");
    expect(await agent.call('list_storage_buckets')).toMatchObject({
      buckets: [{ id: 'pictures', public: true }],
    });
    expect(await agent.call('get_storage_config')).toMatchObject({ fileSizeLimit: 50 * 1024 * 1024 });
  });
});

describe('a migration', () => {
  const files = (): Promise<string[]> => readdir(join(project.root, 'supabase/migrations'));

  test('becomes a file and is applied, so that the database equals its files', async () => {
    const query = 'create table things (id int primary key);\nalter table things enable row level security;';
    expect(await agent.call('apply_migration', { name: 'add things', query })).toEqual({ success: true });
    const [file = ''] = (await files()).filter((name) => name.includes('things'));
    expect(file).toMatch(/^\d{14}_add_things\.sql$/);
    expect(await readFile(join(project.root, 'supabase/migrations', file), 'utf8')).toBe(`${query}\n`);
    const { migrations } = await agent.call<{ migrations: { version: string; name: string }[] }>(
      'list_migrations',
    );
    expect(migrations.at(-1)).toEqual({ version: file.slice(0, 14), name: 'add_things' });
    expect(await backend.request?.('drift')).toEqual({ changed: [], gone: [], isChangedByHand: false });
  });

  test.each([
    ['with an error', 'create table broken (id int); selec 1', /syntax error/],
    ['without a statement', '-- nothing', /no statement/],
  ])('%s leaves no file and no trace', async (_, query, message) => {
    const before = await files();
    await expect(agent.call('apply_migration', { name: 'broken', query })).rejects.toThrow(message);
    expect(await files()).toEqual(before);
    expect(await agent.call('list_tables')).not.toMatchObject({
      tables: expect.arrayContaining([expect.objectContaining({ name: 'public.broken' })]),
    });
  });

  test.each(['../../evil', 'a/b', 'c\\d', '..'])('cannot be named out of its folder: %s', async (name) => {
    await agent.call('apply_migration', { name, query: 'select 1;' });
    for (const file of await files()) expect(file).toMatch(/^\d+_\w+\.sql$/);
    expect(existsSync(join(project.root, 'supabase/evil.sql'))).toBe(false);
  });
});

describe('functions', () => {
  test('are listed and read from supabase/functions', async () => {
    const { functions } = await agent.call<{ functions: object[] }>('list_edge_functions');
    expect(functions).toMatchObject([
      { slug: 'hello', verify_jwt: true, entrypoint_path: 'functions/hello/index.ts' },
      { slug: 'public', verify_jwt: false },
    ]);
    expect(await agent.call('get_edge_function', { function_slug: 'hello' })).toMatchObject({
      files: [{ name: 'index.ts', content: "Deno.serve(() => new Response('hello'));\n" }],
    });
    await expect(agent.call('get_edge_function', { function_slug: '../migrations' })).rejects.toThrow(
      /no function/,
    );
  });

  const deploy = (name: string, file: string, more = {}): Promise<unknown> =>
    agent.call('deploy_edge_function', {
      name,
      files: [
        { name: 'index.ts', content: 'Deno.serve(() => new Response());' },
        { name: file, content: 'x' },
      ],
      ...more,
    });

  test('are deployed by writing their files', async () => {
    expect(await deploy('fresh', '../_shared/x.ts')).toMatchObject({ slug: 'fresh', status: 'ACTIVE' });
    const folder = join(project.root, 'supabase/functions');
    expect(existsSync(join(folder, 'fresh/index.ts'))).toBe(true);
    expect(existsSync(join(folder, '_shared/x.ts'))).toBe(true);
  });

  test.each<[what: string, name: string, file: string, more?: object]>([
    ['a path upwards', 'evil', '../../config.toml'],
    ['another function', 'evil', '../hello/index.ts'],
    ['an absolute path', 'evil', join(tmpdir(), 'evil.ts')],
    ['the name of no function', '../evil', 'index.ts'],
    ['a folder that is a link', 'evil', 'link/x.ts'],
    ['another setting than in config.toml', 'evil', 'a.ts', { verify_jwt: false }],
    ['another entrypoint', 'evil', 'a.ts', { entrypoint_path: 'main.ts' }],
  ])('are not deployed with %s', async (what, name, file, more) => {
    const folder = join(project.root, 'supabase/functions');
    if (what.includes('link'))
      await symlink(tmpdir(), join(await ensure(join(folder, 'evil')), 'link'), 'junction');
    await expect(deploy(name, file, more)).rejects.toThrow(/_shared|supabase|cannot be the name|entrypoint/);
    expect(existsSync(join(folder, 'evil/index.ts'))).toBe(false);
  });
});

describe('what happened', () => {
  const anon = () => clientWith(backendKeys.publishableKey ?? '');

  test('URL and public keys are given, and no secret one', async () => {
    expect(await agent.call('get_project_url')).toEqual({ url });
    const { keys } = await agent.call<{ keys: { api_key: string }[] }>('get_publishable_keys');
    expect(keys.map(({ api_key }) => api_key)).toEqual([backendKeys.publishableKey, backendKeys.anonKey]);
  });

  test('types of the exposed schemas are generated', async () => {
    const { types } = await agent.call<{ types: string }>('generate_typescript_types');
    expect(types).toMatch(/export type Database = \{[^]*\bnotes: \{/);
  });

  test('advisors name what is open', async () => {
    const { result } = await agent.call<{ result: { lints: { name: string; findings: object[] }[] } }>(
      'get_advisors',
      { type: 'security' },
    );
    expect(result.lints.find(({ name }) => name === 'rls_disabled_in_public')?.findings).toMatchObject([
      { subject: 'public.open' },
    ]);
    const performance = await agent.call<{ result: { lints: { name: string }[] } }>('get_advisors', {
      type: 'performance',
    });
    expect(performance.result.lints.map(({ name }) => name)).toContain('unindexed_foreign_keys');
  });

  test('explain_why names the cause of the latest refusals', async () => {
    expect((await anon().from('notes').select()).data).toEqual([]);
    await anon().from('nots').select();
    const { why } = await agent.call<{ why: { kind: string; observed: string; cause: string }[] }>(
      'explain_why',
    );
    expect(why).toMatchObject([
      { observed: expect.stringMatching(/^GET \/rest\/v1\/nots\?select=\*: 404 PGRST205$/) },
      { cause: expect.stringMatching(/1 row of public\.notes matches, and anon may see none of them/) },
    ]);
  });

  test('explain_why sends a GET again, as whoever is named', async () => {
    const user = anon();
    await user.auth.signUp({ email: 'anna@example.com', password: 'password' });
    await agent.call('execute_sql', { query: 'insert into diary values (1, null)' });
    const ask = (as?: string): Promise<{ sent: string; why: { cause: string }[]; note?: string }> =>
      agent.call('explain_why', { request: 'GET /rest/v1/diary?select=id&id=eq.1', ...(as && { as }) });
    expect((await ask('anna@example.com')).why[0]?.cause).toMatch(
      /authenticated \(anna@example\.com\) may see none of them: policy "own diary"/,
    );
    expect((await ask()).why[0]?.cause).toMatch(/anon may see none of them/);
    expect(await ask('service_role')).toMatchObject({ sent: expect.stringMatching(/: 200, /), why: [] });
    await expect(ask('nobody@example.com')).rejects.toThrow('There is no user nobody@example.com');
  });

  test('explain_why explains another request that was sent before, and sends none itself', async () => {
    const request = 'POST /rest/v1/notes';
    expect(await agent.call('explain_why', { request })).toMatchObject({ why: [], note: expect.any(String) });
    const { error } = await anon().from('notes').insert({ id: 2 });
    expect(error?.code).toBe('42501');
    expect(await agent.call('explain_why', { request })).toMatchObject({
      why: [{ cause: expect.stringMatching(/public\.notes/) }],
    });
  });

  test.each([
    'GET http://evil.example/',
    'notes',
    'GET //evil.example/rest/v1/x',
    'GET /rest/v1/../../x',
    'GET /functions/v1/hello',
  ])('explain_why sends nothing for: %s', async (request) => {
    const answer = await agent
      .call<object>('explain_why', { request })
      .catch((error: unknown) => ({ error }));
    expect(answer).not.toHaveProperty('sent');
  });

  test('logs have the requests since the agent came, PostgreSQL has its own', async () => {
    await anon().from('open').select('id');
    const { result } = await agent.call<{ result: string }>('get_logs', { service: 'api' });
    expect(result).toMatch(/GET \/rest\/v1\/open\?select=id: 200, [\d.]+ ms/);
    expect(result).not.toContain('sb_publishable');
    const postgres = await agent.call<{ result: string }>('get_logs', { service: 'postgres' });
    expect(postgres.result).toMatch(/database system is ready to accept connections/);
    expect((await agent.call<{ result: string }>('get_logs', { service: 'storage' })).result).not.toContain(
      '/rest/',
    );
  });
});

describe('nobody else is served', () => {
  const call = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'execute_sql', arguments: { query: "select 'it ran' as proof" } },
  });
  const post = (headers: Record<string, string>, to = url) =>
    ask(to, '/__supabase/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': String(call.length),
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: call,
    });

  test('a program on this machine is', async () => {
    expect(await post({})).toMatchObject({ status: 200, body: expect.stringContaining('it ran') });
  });

  test.each<[who: string, headers: Record<string, string>]>([
    ['a foreign site', { origin: 'https://evil.example' }],
    ['a foreign site by text/plain', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
    ['a foreign site without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { origin: 'http://localhost:9999' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a browser extension', { origin: 'chrome-extension://abcdefgh' }],
    ['a page of the app itself', { origin: 'OWN' }],
    ['a page of the app itself, by the browser', { 'sec-fetch-site': 'same-origin' }],
    ['a name that leads here', { host: 'evil.example:80' }],
    ['a name of this machine in a foreign zone', { host: 'localhost.evil.example' }],
    ['a tunnel', { 'x-forwarded-for': '203.0.113.7' }],
    ['a proxy', { via: '1.1 proxy' }],
  ])('%s is not', async (_, headers) => {
    const answer = await post({ ...headers, ...(headers.origin === 'OWN' && { origin: url }) });
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain('it ran');
  });

  test('another machine is not, as a signed-in user or with the secret key neither', async () => {
    const { data } = await clientWith(backendKeys.publishableKey ?? '').auth.signUp({
      email: 'ben@example.com',
      password: 'password',
    });
    const address = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    const neighbour = `http://${address}:${new URL(url).port}`;
    for (const credential of [
      '',
      data.session?.access_token,
      backendKeys.secretKey,
      backendKeys.serviceRoleKey,
    ]) {
      const answer = await post(
        { authorization: `Bearer ${credential}`, apikey: credential ?? '' },
        neighbour,
      );
      expect([credential, answer.status]).toEqual([credential, 403]);
    }
  });
});

function clientWith(key: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
  });
}

async function ensure(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}
