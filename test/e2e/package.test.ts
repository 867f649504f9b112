import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { LOCAL_KEYS } from '../../plugin/stack/keys.ts';
import { connectAgent, wrapAgent, type Agent } from '../helpers/agent.ts';
import { readItems } from '../helpers/api.ts';
import { startDevServer } from '../helpers/dev-server.ts';
import { installPackage } from '../helpers/installed-package.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';

const run = promisify(execFile);

let project: TestProject;
let cli: string;

beforeAll(async () => {
  project = await makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><title>Test</title>',
    'vite.config.js':
      "import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase({ backend: 'embedded' })] };\n",
    'supabase/config.toml': '[api]\nport = 1\nauto_expose_new_tables = true\n[db]\nport = 0\n',
    'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
    'supabase/seed.sql': 'insert into items values (7);',
  });
  cli = join(await installPackage(project.root), 'dist/cli.js');
});
afterAll(() => project.remove());

test('the published package serves a project in another folder', async () => {
  await using server = await startDevServer(project.root);
  await server.waitForOutput(/Supabase:\s+embedded/);
  expect(await readItems(server.url)).toEqual([{ id: 7 }]);

  // It reads where its tools are, and a guide.
  const [, guide = ''] = await server.waitForOutput(
    /Agents: http:.*\/__supabase\/mcp \(MCP\), and read (\S+)/,
  );
  expect(await readFile(join(project.root, guide), 'utf8')).toMatch(/^# vite-plugin-supabase/);
  // An agent reaches that server's stack over HTTP, and through a command of its own.
  await using overHttp = await connectAgent(server.url);
  await using overStdio = await spawnAgent();
  await fetch(`${server.url}/rest/v1/itms`, { headers: { apikey: LOCAL_KEYS.publishableKey } });
  for (const agent of [overHttp, overStdio]) {
    const { why } = await agent.call<{ why: { cause: string }[] }>('explain_why');
    expect(why[0]?.cause).toMatch(/public\.itms/);
  }
  const query = 'create table tools (id int primary key);';
  await overStdio.call('apply_migration', { name: 'tools', query });
  expect((await overHttp.call<{ tables: object[] }>('list_tables')).tables).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'public.tools' })]),
  );
  // The dev server has seen the file, too: it is applied once.
  const { migrations } = await overHttp.call<{ migrations: { name: string }[] }>('list_migrations');
  expect(migrations.map(({ name }) => name)).toEqual(['items', 'tools']);
});

test('without a dev server, the command mcp starts the stack when a tool needs it, and stops it', async () => {
  await using agent = await spawnAgent('--read-only');
  expect(await agent.tools()).not.toContain('apply_migration');
  expect(agent.messages()).not.toMatch(/starting/);
  const { result } = await agent.call<{ result: string }>('execute_sql', { query: 'table items' });
  expect(result).toContain('[{"id":7}]');
  expect(agent.messages()).toMatch(/starting one for this session/);
  await agent.client.close();
  expect(await runCommand('status', '--workdir', project.root)).toMatchObject({ code: 1 });
});

/** An agent that starts the command `mcp`, as its configuration says. */
async function spawnAgent(...flags: string[]): Promise<Agent & { messages(): string }> {
  const args = [cli, 'mcp', '--workdir', project.root, ...flags];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'pipe' });
  let messages = '';
  transport.stderr?.on('data', (chunk: Buffer) => (messages += chunk.toString()));
  return { ...(await wrapAgent((client) => client.connect(transport))), messages: () => messages };
}

test('the command start prints keys as the Supabase CLI does, serves them, and ends on a signal, with shortcuts', async () => {
  const args = [cli, 'start', '--ephemeral', '--port', '0', '--db-port', '0', '--workdir', project.root];
  const terminal = '--import=data:text/javascript,process.stdin.isTTY=true';
  const child = spawn(process.execPath, [terminal, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, CI: '' },
  });
  let [output, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/JWT_SECRET=/);
  const env = Object.fromEntries(
    [...output.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(env).toMatchObject({
    API_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    DB_URL: expect.stringMatching(/^postgresql:\/\/postgres:postgres@127\.0\.0\.1:\d+\/postgres$/),
    PUBLISHABLE_KEY: expect.stringMatching(/^sb_publishable_/),
    SECRET_KEY: expect.stringMatching(/^sb_secret_/),
  });
  const rows = await fetch(`${env.API_URL}/rest/v1/items`, {
    headers: { apikey: env.PUBLISHABLE_KEY ?? '' },
  });
  expect(await rows.json()).toEqual([{ id: 7 }]);
  child.stdin.write('h\nreset\n');
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(/press save \+ enter[^]*the database is reset/);
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect([code, said]).toEqual([0, expect.stringContaining('Ctrl-C')]);
});

test.each([
  [['start', '--port', 'many'], /--port must be a port number, not "many"/],
  [['begin'], /no command "begin"/],
  [['start', '--fast'], /fast/],
])('the command refuses %j and points to --help', async (args, message) => {
  const failure = run(process.execPath, [cli, ...args]);
  await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  await expect(failure).rejects.toMatchObject({ stderr: expect.stringContaining('--help') });
});

async function runCommand(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, out: await out, errors: await errors };
}

test('the bare command prints its usage', async () => {
  expect(await runCommand()).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: /), errors: '' });
});

test.each([
  ['a folder that does not exist', ['start', '--workdir', '/nonexistent'], /not a folder \(OPTION_INVALID\)/],
  ['an unknown command', ['finish'], /no command "finish" \(USAGE\)/],
  ['a missing argument', ['snapshot', 'save'], /snapshot save NAME \(USAGE\)/],
  ['a version that is none', ['migration', 'repair', 'x', '--status', 'applied'], /"x" is not the version/],
  ['a missing status', ['migration', 'repair', '1'], /--status must be applied or reverted/],
  ['an unknown service', ['logs', '--service', 'kong'], /--service must be one of postgres/],
  ['a missing stack', ['status'], /No process runs .* \(STACK_NOT_RUNNING\)/],
  ['an unknown flag', ['start', '--prot', '1'], /\(USAGE\)/],
  ['a wrong installation, by its flag', ['start', '--ephemeral', '--bin-dir', '/nonexistent'], /--bin-dir/],
])('the command names %s, with a code, and hints by flags', async (_, args, expected) => {
  const { code, errors } = await runCommand(...args);
  expect([code, errors]).toEqual([1, expect.stringMatching(expected)]);
  expect(errors).not.toContain('vite.config');
});

test.each([
  'start',
  'stop',
  'status',
  'db diff',
  'db dump',
  'db reset',
  'migration new',
  'restore',
  'snapshot list',
  'functions new',
  'gen types',
  'logs',
  'migration repair',
  'seed buckets',
])('%s --help prints its options', async (command) => {
  expect(await runCommand(...command.split(' '), '--help')).toMatchObject({
    code: 0,
    out: expect.stringMatching(new RegExp(`^Usage: vite-plugin-supabase ${command}[^]*--workdir DIR`)),
    errors: '',
  });
});

test.each(['llms.txt', 'skills/vite-plugin-supabase/SKILL.md'])(
  'the commands in %s exist, with their flags',
  async (page) => {
    const guide = await readFile(join(project.root, 'node_modules/vite-plugin-supabase', page), 'utf8');
    const written = [...guide.matchAll(/npx vite-plugin-supabase ([^`\n]+)`/g)].map(([, call = '']) => call);
    const results = await Promise.all(
      [...new Set(written)].map(async (call) => {
        const { code, out } = await runCommand(...call.split(' '), '--help');
        return [call, code, /^Usage: vite-plugin-supabase ((?:[a-z]+ ?)+)/.exec(out)?.[1]?.trim()];
      }),
    );
    for (const [call, code, name] of results)
      expect([call, code]).toEqual([expect.stringMatching(`^${name}`), 0]);
    if (page !== 'llms.txt') return;
    const { out: usage } = await runCommand('--help');
    const names = [...usage.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(results.map(([, , name]) => name))).toEqual(new Set(names));
  },
);

test('the command skips extensions; others use its stack, and a second one says how to run beside it', async () => {
  await project.write('supabase/migrations/2_more.sql', 'create extension if not exists no_such_extension;');
  const args = ['start', '--port', '0', '--db-port', '0', '--workdir', project.root];
  const child = spawn(process.execPath, [cli, ...args, '--skip-extensions', 'a, no_such_extension'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/JWT_SECRET=/);
  const { code, errors } = await runCommand(...args);
  expect([code, errors]).toEqual([1, expect.stringMatching(/\(STACK_RUNNING\)\n.*--ephemeral/)]);
  const workdir = ['--workdir', project.root];
  const table = expect.stringContaining('CREATE TABLE IF NOT EXISTS "public"."items"') as string;
  expect(await runCommand('db', 'dump', ...workdir)).toEqual({ code: 0, out: table, errors: '' });
  const none = expect.stringMatching(/^(db diff… \d+ s\n)*No schema changes found\n$/) as string;
  expect(await runCommand('db', 'diff', ...workdir)).toEqual({ code: 0, out: '', errors: none });
  child.kill('SIGINT');
  await once(child, 'exit');
});

test('the command gen types names the package that it needs', async () => {
  await rm(join(project.root, 'node_modules/@supabase/postgrest-typegen'));
  expect(await runCommand('gen', 'types', '--workdir', project.root)).toMatchObject({
    code: 1,
    out: '',
    errors: expect.stringMatching(
      /TYPES_GENERATOR_MISSING\)\n.*npm install --save-dev @supabase\/postgrest-typegen/,
    ),
  });
});
