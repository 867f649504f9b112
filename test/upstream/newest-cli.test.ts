import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCli } from '../../plugin/backend/cli-binary.ts';
import { readCliStatus } from '../../plugin/backend/cli-status.ts';
import { isObject, parseJson, type JsonObject } from '../../plugin/shared/json.ts';
import { LOCAL_KEYS, LOCAL_SIGNING_KEY } from '../../plugin/stack/keys.ts';
import { startStack } from '../../plugin/start-stack.ts';
import { npm, npmInstall } from '../helpers/npm-install.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';
import { startTestStack } from '../helpers/stack.ts';

// What Supabase publishes today, against what this package knows of it. Run on a schedule, because only the world changes.

/** The newest version of `supabase`; undefined without a network. In CI a network is expected. */
const newest = await npm(['view', 'supabase', 'version', '--fetch-retries=0'], tmpdir()).then(
  (output) => output.trim(),
  (error: unknown) => {
    if (process.env.CI !== undefined) throw error;
    return undefined;
  },
);

let project: TestProject;
beforeAll(async () => {
  if (newest === undefined) return;
  project = await makeProject({ 'package.json': '{ "private": true }' });
  const packages = ['@supabase/config', '@supabase/server', '@supabase/supabase-js'].map(
    (name) => `${name}@latest`,
  );
  // @supabase/config is only read.
  await npmInstall(project.root, '--legacy-peer-deps', `supabase@${newest}`, ...packages);
}, 300_000);
afterAll(() => project?.remove());

async function runCli(args: readonly string[], variables = {}): Promise<string> {
  const cli = await findCli(project.root, { PATH: '' });
  // A home of its own: it keeps state there.
  const env = {
    ...process.env,
    HOME: project.root,
    USERPROFILE: project.root,
    DO_NOT_TRACK: '1',
    ...variables,
  };
  return new Promise((resolve) => {
    execFile(cli ?? '', args, { cwd: project.root, env }, (_error, stdout) => resolve(stdout));
  });
}

/** Starts the stack of the project and returns its warnings. */
async function startAndStop(root: string): Promise<string[]> {
  const warnings: string[] = [];
  const logger = { info() {}, warn: (text: string) => void warnings.push(text), error() {} };
  const stack = await startStack({ root, ephemeral: true, port: 0, dbPort: 0, logger });
  await stack.stop();
  return warnings;
}

describe.skipIf(newest === undefined)(`supabase ${newest}`, () => {
  test('is found where npm puts it', async () => {
    expect(await findCli(project.root, { PATH: '' })).toContain(join(project.root, 'node_modules'));
    expect((await runCli(['--version'])).trim()).toContain(newest);
  });

  test('has the keys that are well known here', async () => {
    const program = await readFile((await findCli(project.root, { PATH: '' })) ?? '', 'latin1');
    const known = [...Object.values(LOCAL_KEYS), LOCAL_SIGNING_KEY.kid, LOCAL_SIGNING_KEY.d];
    expect(known.filter((key) => !program.includes(key))).toEqual([]);
  });

  test('answers questions about its stacks in JSON, as cli-status.ts reads them', async () => {
    const status = parseJson(await runCli(['status', '--output-format', 'json', '--workdir', project.root]));
    expect(status).toMatchObject({ _tag: 'Error' });
    const stacks = { SUPABASE_EXPERIMENTAL_STACK: '1' };
    const list = parseJson(await runCli(['stack', 'list', '--output-format', 'json'], stacks));
    expect(list).toMatchObject({ stacks: [] });
    expect(await readCliStatus(project.root, { PATH: '' })).toBeUndefined();
  });

  test('makes projects that start without a warning', async () => {
    await runCli(['init', '--yes']);
    expect(await readFile(join(project.root, 'supabase', 'config.toml'), 'utf8')).toContain('project_id');
    expect(await startAndStop(project.root)).toEqual([]);
  });
});

describe.skipIf(newest === undefined)('the newest @supabase/server', () => {
  test('accepts the session of a local stack, and refuses none', async () => {
    await using stack = await startTestStack();
    const { data } = await stack.client().auth.signUp({ email: 'a@example.com', password: 'password' });
    const jwks: unknown = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
    const env = {
      url: stack.url,
      publishableKeys: { default: stack.publishableKey },
      secretKeys: { default: stack.secretKey },
      jwks,
    };
    const entry = createRequire(join(project.root, 'package.json')).resolve('@supabase/server/core');
    const { verifyAuth } = (await import(pathToFileURL(entry).href)) as ServerModule;
    const verify = (headers: Record<string, string>): ReturnType<ServerModule['verifyAuth']> =>
      verifyAuth(new Request('http://x/', { headers }), { auth: 'user', env });
    const authorization = `Bearer ${data.session?.access_token}`;
    expect((await verify({ authorization })).data?.userClaims).toMatchObject({ id: data.user?.id });
    expect((await verify({})).error).toMatchObject({ status: 401 });
  });
});

interface ServerModule {
  readonly verifyAuth: (
    request: Request,
    options: object,
  ) => Promise<{ data?: { userClaims: unknown }; error?: unknown }>;
}

describe.skipIf(newest === undefined)('the newest @supabase/config', () => {
  test('has no setting whose default value this stack does not know', async () => {
    const file = join(project.root, 'node_modules/@supabase/config/dist/schema.json');
    const schema: unknown = JSON.parse(await readFile(file, 'utf8'));
    const defaults = defaultsOf(schema) as JsonObject;
    expect(Object.keys(defaults)).toContain('auth');
    await using other = await makeProject({ 'supabase/config.json': JSON.stringify(defaults) });
    expect(await startAndStop(other.root)).toEqual([]);
  });
});

/** The document in which every setting of a JSON schema has its default. */
function defaultsOf(schema: unknown): unknown {
  if (!isObject(schema)) return undefined;
  if (!isObject(schema.properties)) return schema.default;
  const entries = Object.entries(schema.properties).map(
    ([name, inner]) => [name, defaultsOf(inner)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}
