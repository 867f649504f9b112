import { realpath, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { findLocalStack, type LocalStack } from '../../../plugin/backend/detect.ts';
import { resolveLocalKeys } from '../../../plugin/backend/keys.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { installFakeCli, NEW_PLACE, OLD_PLACE } from '../../helpers/fake-cli.ts';
import { startFixtureStack } from '../../helpers/gateway/fixture-stack.ts';
import { listen } from '../../helpers/gateway/support.ts';
import { signToken } from '../../helpers/gateway/tokens.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const SECRET = 'a-secret-that-the-cli-has-chosen-itself';
const ANON_KEY = signToken({ role: 'anon' }, SECRET);

async function emptyProject(): Promise<TestProject> {
  // Nothing listens on port 1.
  const project = await makeProject({ 'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 2\n' });
  onTestEnd(() => project.remove());
  return project;
}

async function startStack(): Promise<string> {
  const keys = {
    publishableKey: 'sb_publishable_of_the_stack',
    secretKey: 'sb_secret_of_the_stack',
    anonKey: ANON_KEY,
    serviceRoleKey: signToken({ role: 'service_role' }, SECRET),
  };
  const stack = await startFixtureStack({ secret: SECRET, keys, jwks: [{ kty: 'EC', kid: 'of-the-stack' }] });
  onTestEnd(() => {
    for (const server of stack.servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  return stack.url;
}

async function find({ root }: TestProject, env = {}): Promise<LocalStack> {
  const config = await loadConfig(root, { env: {} });
  return findLocalStack({ config, keys: await resolveLocalKeys(config, {}), env: { PATH: '', ...env } });
}

/** The values that every version reports, and those that only a stack of containers does. */
function values(url: string): object {
  return { API_URL: url, ANON_KEY, PUBLISHABLE_KEY: 'sb_publishable_of_the_stack' };
}

function managedStatus(url: string): object {
  return {
    identity: { id: 'abcd' },
    lifecycle: 'running',
    readiness: 'ready',
    env: values(url),
    message: '',
  };
}

const STATUS = 'status --output-format json';

// A script cannot stand in for an .exe file.
describe.skipIf(process.platform === 'win32')('the stack that the CLI reports is used', () => {
  test.each([
    ['containers, asked by CLI 2', 2, OLD_PLACE, 'status -o json'],
    ['containers, asked by CLI 2 in the new place', 2, NEW_PLACE, 'status -o json'],
    ['containers, asked by CLI 3', 3, NEW_PLACE, STATUS],
  ] as const)('%s', async (_what, version, place, line) => {
    const url = await startStack();
    const project = await emptyProject();
    const answer = { linked_project: null, ...values(url), JWT_SECRET: SECRET };
    // Version 2 prints other lines too.
    const text = version === 2 ? `Using workdir ${project.root}\n${JSON.stringify(answer)}` : answer;
    await installFakeCli(project, { version, containers: { [line]: text } }, place);
    expect(await find(project)).toMatchObject({
      ok: true,
      url: new URL(url),
      keys: { jwtSecret: SECRET, anonKey: ANON_KEY, jwks: [{ kid: 'of-the-stack' }] },
      reason: `the Supabase CLI reports it at ${new URL(url).host}`,
    });
  });

  test('the experimental stack of a project that is in stack mode', async () => {
    vi.stubEnv('SUPABASE_EXPERIMENTAL_STACK', '1');
    onTestEnd(() => vi.unstubAllEnvs());
    const url = await startStack();
    const project = await emptyProject();
    await installFakeCli(project, { version: 3, stacks: { [STATUS]: managedStatus(url) } });
    const found = await find(project);
    expect(found).toMatchObject({
      ok: true,
      url: new URL(url),
      keys: { publishableKey: 'sb_publishable_of_the_stack' },
    });
    // It does not say what signs its tokens, and the value of config.toml would be a guess.
    expect(found.ok && found.keys.jwtSecret).toBeUndefined();
  });

  test('an experimental stack of another name, and of a project without stack mode', async () => {
    const url = await startStack();
    const project = await emptyProject();
    const stack = { project_root: await realpath(project.root), owner: 'reachable', branch_context: 'main' };
    const list = [
      { ...stack, id: 'aaaa', project_root: '/elsewhere', name: 'default' },
      { ...stack, id: 'bbbb', owner: 'unavailable', name: 'stopped' },
      { ...stack, id: 'cccc', name: 'feature-a' },
    ];
    await installFakeCli(project, {
      version: 3,
      stacks: {
        'stack list --output-format json': { stacks: list, message: '' },
        'stack status --stack-id cccc': managedStatus(url),
        'stack status --stack-id': managedStatus('http://127.0.0.1:1'),
      },
    });
    expect(await find(project)).toMatchObject({
      ok: true,
      url: new URL(url),
      reason: expect.stringContaining('(feature-a, main)'),
    });
  });

  test('also while it does not answer: a second, empty database would hide it', async () => {
    const { port } = await listen(createServer((_, res) => void res.writeHead(502).end()));
    const project = await emptyProject();
    const url = `http://127.0.0.1:${port}`;
    await installFakeCli(project, { version: 3, containers: { [STATUS]: values(url) } });
    expect(await find(project)).toMatchObject({
      ok: true,
      url: new URL(url),
      reason: expect.stringMatching(/, where something that is not Supabase answers/),
    });
  });
});

describe.skipIf(process.platform === 'win32')('the CLI is found', () => {
  test('in a folder above the project', async () => {
    const workspace = await makeProject({ 'apps/web/supabase/config.toml': '[api]\nport = 1\n' });
    onTestEnd(() => workspace.remove());
    const url = await startStack();
    await installFakeCli(workspace, { version: 3, containers: { [STATUS]: values(url) } });
    const root = join(workspace.root, 'apps/web');
    expect(await find({ ...workspace, root })).toMatchObject({ ok: true, url: new URL(url) });
  });

  test('where pnpm puts it, beside the package behind a link', async () => {
    const url = await startStack();
    const project = await emptyProject();
    const folder = 'node_modules/.pnpm/supabase@3.1.0';
    const root = join(project.root, folder);
    const store = {
      ...project,
      root,
      write: (path: string, text: string) => project.write(`${folder}/${path}`, text),
    };
    await installFakeCli(store, { version: 3, containers: { [STATUS]: values(url) } });
    await symlink(join(root, 'node_modules/supabase'), join(project.root, 'node_modules/supabase'));
    expect(await find(project)).toMatchObject({ ok: true, url: new URL(url) });
  });

  test('on the PATH', async () => {
    const elsewhere = await emptyProject();
    const project = await emptyProject();
    const url = await startStack();
    await installFakeCli(elsewhere, { version: 3, containers: { [STATUS]: values(url) } });
    const env = { PATH: join(elsewhere.root, NEW_PLACE, 'bin') };
    expect(await find(project, env)).toMatchObject({ ok: true, url: new URL(url) });
  });
});

describe.skipIf(process.platform === 'win32')('nothing runs', () => {
  test.each([
    ['CLI 2', { version: 2 }],
    ['CLI 2 that says something else', { version: 2, containers: { status: '{"API_URL":' } }],
    ['CLI 2 without an API', { version: 2, containers: { status: { ANON_KEY, API_URL: '' } } }],
    ['CLI 3 without a container engine', { version: 3 }],
    ['CLI 3 that reports no URL', { version: 3, containers: { status: { API_URL: 'nonsense' } } }],
    [
      'CLI 3 with stacks that are stopped',
      {
        version: 3,
        stacks: {
          'stack list': { stacks: [{ id: 'a', project_root: 'ROOT', owner: 'unavailable' }] },
          status: { env: { ANON_KEY }, lifecycle: 'stopped' },
        },
      },
    ],
  ] as const)('%s', async (_what, answers) => {
    const project = await emptyProject();
    await installFakeCli(project, answers);
    expect(await find(project)).toEqual({ ok: false, reason: 'at 127.0.0.1:1 nothing listens there' });
  });
});
