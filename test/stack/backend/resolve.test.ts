import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { resolveLocalKeys } from '../../../plugin/backend/keys.ts';
import { resolveBackend, type ResolveBackendOptions } from '../../../plugin/backend/resolve.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { Observations } from '../../../plugin/shared/observations.ts';
import { startFixtureStack, type FixtureStack } from '../../helpers/gateway/fixture-stack.ts';
import { makeProject } from '../../helpers/project.ts';
import { listen } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

const LOCAL_SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';

/** A project folder with this config.toml. */
async function projectWith(config: string): Promise<string> {
  const project = await makeProject({ 'supabase/config.toml': config });
  onTestEnd(() => project.remove());
  return project.root;
}

async function startStack(secret = LOCAL_SECRET): Promise<FixtureStack> {
  const { anonKey, serviceRoleKey, ...opaque } = await resolveLocalKeys(
    await loadConfig(await projectWith(`[auth]\njwt_secret = "${secret}"`)),
    {},
  );
  const stack = await startFixtureStack({ secret, keys: { ...opaque, anonKey, serviceRoleKey } });
  onTestEnd(() => {
    for (const server of stack.servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  return stack;
}

async function choose(
  options: Partial<ResolveBackendOptions> & { root: string },
): Promise<Backend & { startedFor?: string }> {
  const backend = await resolveBackend({
    // No CLI: detection must do without one here.
    env: { PATH: '' },
    logger: silentLogger,
    createEmbeddedBackend: (reason) =>
      Promise.resolve({
        kind: 'embedded',
        reason,
        observations: new Observations(),
        target: () => ({ keys: {}, upstreams: {} }) as never,
        describe: () => [],
        close: () => Promise.resolve(),
      }),
    ...options,
  });
  onTestEnd(() => backend.close());
  return backend;
}

describe('auto', () => {
  test('uses a stack of this project that answers on the port of config.toml', async () => {
    const { url } = await startStack();
    const root = await projectWith(`[api]\nport = ${new URL(url).port}`);
    const backend = await choose({ root });
    expect(backend.kind).toBe('local');
    expect(backend.reason).toContain(new URL(url).host);
  });

  test('uses the embedded stack when nothing answers, and gives the reason', async () => {
    const { url, servers } = await startStack();
    for (const server of servers) server.close();
    const root = await projectWith(`[api]\nport = ${new URL(url).port}`);
    const backend = await choose({ root });
    expect(backend.kind).toBe('embedded');
    expect(backend.reason).toContain('nothing listens there');
  });

  test('ignores another program on the port', async () => {
    const { port } = await listen(createServer((_, res) => void res.end('{"hello":"world"}')));
    const backend = await choose({ root: await projectWith(`[api]\nport = ${port}`) });
    expect(backend.kind).toBe('embedded');
    expect(backend.reason).toContain('something that is not Supabase');
  });

  test('ignores a program that never answers', async () => {
    const { port } = await listen(createServer(() => {}));
    const backend = await choose({ root: await projectWith(`[api]\nport = ${port}`) });
    expect(backend.kind).toBe('embedded');
    expect(backend.reason).toContain('no answer in time');
  });

  test('does not use another project’s stack, which has other secrets', async () => {
    const { url } = await startStack('another-secret-with-more-than-32-characters');
    const root = await projectWith(`[api]\nport = ${new URL(url).port}`);
    const backend = await choose({ root });
    expect(backend.kind).toBe('embedded');
    expect(backend.reason).toContain('refuses the keys');
  });
});

describe('an explicit target', () => {
  test.each([
    [{ SUPABASE_URL: 'http://127.0.0.1:1' }, 'local', 'SUPABASE_URL is set'],
    [{ REALTIME_PROXY_KONG_TARGET: 'http://localhost:1' }, 'local', 'REALTIME_PROXY_KONG_TARGET is set'],
    [{ SUPABASE_URL: 'https://abc.supabase.co' }, 'remote', 'SUPABASE_URL is set'],
    [{ VITE_SUPABASE_URL: 'https://abc.supabase.co' }, 'remote', 'VITE_SUPABASE_URL is set'],
  ] as const)('%j is used without probing: %s', async (env, kind, reason) => {
    const backend = await choose({ root: await projectWith(''), env });
    expect({ kind: backend.kind, reason: backend.reason }).toEqual({ kind, reason });
  });

  test('the option wins over the environment', async () => {
    const backend = await choose({
      root: await projectWith(''),
      env: { SUPABASE_URL: 'http://127.0.0.1:1' },
      url: 'https://x.example',
    });
    expect(backend.kind).toBe('remote');
  });

  test('a variable for the page that names this machine is not a target: it may be this very gateway', async () => {
    const env = {
      NEXT_PUBLIC_SUPABASE_URL: 'http://localhost:54320',
      VITE_SUPABASE_URL: 'http://localhost:3002',
    };
    expect((await choose({ root: await projectWith('[api]\nport = 1'), env })).kind).toBe('embedded');
  });

  test('the error of remote without a URL names what to set', async () => {
    const root = await projectWith('');
    await expect(choose({ root, backend: 'remote' })).rejects.toMatchObject({ code: 'BACKEND_URL_MISSING' });
    const direct = choose({ root, url: 'https://abc.supabase.co', realtime: 'direct' });
    await expect(direct).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('embedded is started without probing', async () => {
    const backend = await choose({
      root: await projectWith(''),
      backend: 'embedded',
      env: { SUPABASE_URL: 'https://abc.supabase.co' },
    });
    expect(backend).toMatchObject({ kind: 'embedded', reason: 'the option "backend" says so' });
  });
});

test('keys of the local stack: an opaque key in a legacy variable does not replace the JWT', async () => {
  const config = await loadConfig(await projectWith(''));
  const plain = await resolveLocalKeys(config, {});
  const keys = await resolveLocalKeys(config, {
    SUPABASE_ANON_KEY: 'sb_publishable_own',
    SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_own',
  });
  expect(keys).toEqual({ ...plain, publishableKey: 'sb_publishable_own', secretKey: 'sb_secret_own' });
});
