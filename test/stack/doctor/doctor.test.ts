import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diagnose } from '../../../plugin/doctor/doctor.ts';
import type { Finding } from '../../../plugin/doctor/finding.ts';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { startStack, type Stack } from '../../../plugin/start-stack.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const serious = (findings: readonly Finding[]): string[] =>
  findings
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ kind, subject }) => `${kind} ${subject}`);

const EMPTY = { PATH: '' };

const [SERVICE_ROLE_KEY, ANON_KEY] = await Promise.all(
  ['service_role', 'anon'].map((role) =>
    new SignJWT({ role }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32)),
  ),
);

describe('a running stack', () => {
  let project: TestProject;
  let stack: Stack;

  beforeAll(async () => {
    project = await makeProject({
      'package.json': '{}',
      // What "supabase init" writes and nobody has set.
      'supabase/config.toml': `[api]\nauto_expose_new_tables = true\n[studio]\nopenai_api_key = "env(OPENAI_API_KEY)"
[auth.sms.twilio]\nenabled = false\nauth_token = "env(SUPABASE_AUTH_SMS_TWILIO_AUTH_TOKEN)"
[auth.external.apple]\nenabled = false\nsecret = "env(SUPABASE_AUTH_EXTERNAL_APPLE_SECRET)"
[experimental]\norioledb_version = ""\ns3_host = "env(S3_HOST)"\ns3_secret_key = "env(S3_SECRET_KEY)"\n`,
      'supabase/migrations/1_t.sql': `create table open (id int primary key); create table safe (id int primary key);
        alter table safe enable row level security; create policy p on safe for select using (true);`,
    });
    stack = await startStack({
      root: project.root,
      dataDir: join(project.root, '.supabase'),
      port: 0,
      dbPort: 0,
      ephemeral: true,
    });
  });

  afterAll(async () => {
    await stack.stop();
    await project.remove();
  });

  test('is found, its API and Realtime answer, and the advisors look at it', async () => {
    const findings = await diagnose({ root: project.root, env: EMPTY });
    expect(findings.filter(({ check }) => check === 'backend')).toMatchObject([
      { severity: 'ok', cause: `The embedded stack runs at ${stack.url}` },
      { severity: 'ok', cause: `The API at ${stack.url} answers and accepts the keys` },
      { severity: 'ok', cause: `A WebSocket reaches Realtime through ${stack.url}` },
    ]);
    expect(serious(findings.filter(({ check }) => check === 'database'))).toEqual([
      'rls_disabled_in_public public.open',
    ]);
    // The configuration that every project begins with has no warning.
    expect(findings.filter(({ check }) => check === 'drift')).toMatchObject([{ severity: 'ok' }]);
  });
});

describe('the database and its files', () => {
  test('are compared', async () => {
    await using project = await makeProject({
      'package.json': '{}',
      'supabase/config.toml': '[api]\nauto_expose_new_tables = true\nmax_row = 5\n',
      'supabase/migrations/1_kept.sql': 'create table kept (id int primary key);',
      'supabase/migrations/2_edited.sql': 'create table edited (id int primary key);',
      'supabase/migrations/3_removed.sql': 'create table removed (id int primary key);',
    });
    const dataDir = join(project.root, '.supabase');
    await using stack = await startStack({
      root: project.root,
      dataDir,
      port: 0,
      dbPort: 0,
    });
    const drift = async (): Promise<string[]> =>
      (await diagnose({ root: project.root, env: EMPTY }))
        .filter(({ check }) => check === 'drift')
        .map(({ kind, subject }) => `${kind} ${subject}`);
    expect(await drift()).toEqual(['config-notice supabase/config.toml']);
    await project.write('supabase/config.toml', '[api]\nauto_expose_new_tables = true\n');
    await project.write('supabase/migrations/2_edited.sql', 'create table edited (id bigint primary key);');
    await rm(join(project.root, 'supabase/migrations/3_removed.sql'));
    await project.write('supabase/migrations/4_fresh.sql', 'create table fresh (id int primary key);');
    const client = new pg.Client({ connectionString: stack.dbUrl });
    await client.connect();
    await client.query('alter table kept add column by_hand int').finally(() => void client.end());
    expect((await drift()).filter((text) => !text.startsWith('config'))).toEqual([
      'migration-changed 2',
      'migration-gone 3',
      'migration-new 4',
      'changed-by-hand schema',
    ]);
    await stack.sync();
    expect((await drift()).filter((text) => !text.startsWith('config'))).toEqual([]);
  });
});

describe('a project', () => {
  test('without a running stack is told so, and nothing starts', async () => {
    await using project = await makeProject({
      'package.json': '{}',
      'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 0\n',
    });
    const findings = await diagnose({ root: project.root, env: EMPTY });
    expect(findings.find(({ check }) => check === 'backend')).toMatchObject({
      kind: 'not-running',
      severity: 'info',
    });
    expect(findings.filter(({ check }) => check === 'database')).toEqual([]);
  });

  test.each<[what: string, files: Record<string, string>, expected: string[]]>([
    [
      'a secret in a variable for the browser',
      { '.env': 'VITE_SUPABASE_KEY=sb_secret_x\n' },
      ['secret-in-client VITE_SUPABASE_KEY'],
    ],
    [
      'the same in another file',
      { '.env.local': 'NEXT_PUBLIC_ADMIN=sb_secret_x\n' },
      ['secret-in-client NEXT_PUBLIC_ADMIN'],
    ],
    [
      'the secret key as the publishable one',
      { '.env': 'SUPABASE_PUBLISHABLE_KEY=sb_secret_x\n' },
      ['key-of-other-kind SUPABASE_PUBLISHABLE_KEY'],
    ],
    [
      'the publishable key as the secret one',
      { '.env': 'SUPABASE_SECRET_KEY=sb_publishable_x\n' },
      ['key-of-other-kind SUPABASE_SECRET_KEY'],
    ],
    [
      'a secret in the variables of a build',
      { '.env.production': `VITE_ADMIN=${SERVICE_ROLE_KEY}\n` },
      ['secret-in-client VITE_ADMIN'],
    ],
    [
      'a secret key in the built output',
      { 'dist/assets/index-1.js': `fetch("/x",{headers:{apikey:"${LOCAL_KEYS.secretKey}"}})` },
      ['secret-in-output dist/assets/index-1.js'],
    ],
    [
      'a service_role key in a source map',
      { 'build/index.js.map': `{"sourcesContent":["key = '${SERVICE_ROLE_KEY}'"]}` },
      ['secret-in-output build/index.js.map'],
    ],
    [
      'a secret key in the folder that is copied as it is',
      { 'public/config.json': `{"key":"${LOCAL_KEYS.secretKey}"}` },
      ['secret-in-output public/config.json'],
    ],
    [
      'the JWT secret in the built output',
      {
        '.env': 'SUPABASE_JWT_SECRET=a-secret-with-at-least-32-characters-in-it\n',
        'dist/index.html': '<script>const s = "a-secret-with-at-least-32-characters-in-it"</script>',
      },
      ['secret-in-output dist/index.html'],
    ],
    [
      'built output with public keys, and a secret on its server side',
      {
        'dist/index.js': `a("${LOCAL_KEYS.publishableKey}", "${ANON_KEY}", "my_sb_secret_name_of_it")`,
        'dist/server/entry.js': `b("${LOCAL_KEYS.secretKey}")`,
      },
      [],
    ],
    [
      'the right keys',
      { '.env': 'VITE_SUPABASE_KEY=sb_publishable_x\nSUPABASE_SECRET_KEY=sb_secret_x\n' },
      [],
    ],
    [
      'a migration without a timestamp',
      { 'supabase/migrations/notes.sql': '' },
      ['migration-name notes.sql'],
    ],
    ['a configuration with an error', { 'supabase/config.toml': '[api\n' }, ['CONFIG_INVALID project']],
    ['a URL that is none', { '.env': 'SUPABASE_URL=abc\n' }, ['OPTION_INVALID backend']],
  ])('%s', async (_, files, expected) => {
    await using project = await makeProject({
      'package.json': '{}',
      'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 0\n',
      ...files,
    });
    const findings = await diagnose({ root: project.root, env: EMPTY });
    expect(serious(findings).filter((text) => !text.startsWith('client-presence'))).toEqual(expected);
  });

  test('without a folder supabase', async () => {
    await using project = await makeProject({ 'package.json': '{}' });
    expect(serious(await diagnose({ root: project.root, env: EMPTY }))).toContain(
      `no-supabase-folder ${project.root}`,
    );
  });

  test('whose port is taken', async () => {
    const other = await serve(() => 200);
    const { port } = other.address() as AddressInfo;
    await using project = await makeProject({
      'package.json': '{}',
      'supabase/config.toml': `[api]\nport = 1\n[db]\nport = ${port}\n`,
    });
    const findings = await diagnose({ root: project.root, env: EMPTY });
    expect(findings.find(({ kind }) => kind === 'port-taken')).toMatchObject({ subject: '[db] port' });
    other.close();
  });
});

describe('the route to Realtime of a remote backend', () => {
  test.each<[status: number, cause: RegExp]>([
    [401, /is refused with 401: it does not accept this project's key/],
    [403, /is refused with 403: it passes opaque keys .* without translating them/],
    [404, /is refused with 404: something answers there that is not Realtime/],
    [200, /is refused with 200: a proxy on the way removes the header Upgrade/],
    [502, /is refused with 502/],
  ])('%i', async (status, cause) => {
    const server = await serve((url) => (url.startsWith('/realtime') ? status : 200));
    const { port } = server.address() as AddressInfo;
    const anonKey = await new SignJWT({ role: 'anon' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.alloc(32));
    await using project = await makeProject({ 'package.json': '{}', 'supabase/config.toml': '' });
    const env = {
      ...EMPTY,
      SUPABASE_BACKEND: 'remote',
      SUPABASE_URL: `http://127.0.0.1:${port}`,
      SUPABASE_ANON_KEY: anonKey,
    };
    const findings = await diagnose({ root: project.root, env });
    const route = findings.filter(({ kind }) => kind.startsWith('route'));
    expect(route).toHaveLength(1);
    expect(route[0]?.cause).toMatch(cause);
    server.closeAllConnections();
    server.close();
  });

  test('nothing listens', async () => {
    await using project = await makeProject({ 'package.json': '{}', 'supabase/config.toml': '' });
    const env = { ...EMPTY, SUPABASE_BACKEND: 'remote', SUPABASE_URL: 'http://127.0.0.1:1' };
    const causes = (await diagnose({ root: project.root, env })).map(({ cause }) => cause);
    expect(causes).toContain('The API at http://127.0.0.1:1 does not answer: nothing listens there.');
    expect(causes).toContain(
      'A WebSocket to the API gateway at http://127.0.0.1:1 fails: nothing listens there.',
    );
  });
});

/** A Supabase as far as probes look, which answers upgrades with this status. */
async function serve(statusOf: (url: string) => number): Promise<Server> {
  const server = createServer((req, res) => {
    res.writeHead(statusOf(req.url ?? ''), { 'content-type': 'application/json' });
    res.end(JSON.stringify({ name: 'GoTrue' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
