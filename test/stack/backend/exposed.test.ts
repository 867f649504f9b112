import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { createEmbeddedBackend } from '../../../plugin/backend/embedded/embedded-backend.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig, type ConfigOverrides } from '../../../plugin/stack/config/config.ts';
import { LOCAL_KEYS, LOCAL_SIGNING_KEY, resolveKeys } from '../../../plugin/stack/keys.ts';
import { replacePublicKeys } from '../../../plugin/stack/private-keys.ts';
import { ask, startGateway } from '../../helpers/gateway/support.ts';
import { signEs256, signToken } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

// Everybody knows the keys of a local Supabase, and can sign any user's token with them. A stack that other machines can
// reach has keys of its own; one that they cannot reach keeps the well-known ones, and serves nobody else.

async function project(files: Record<string, string> = {}): Promise<TestProject> {
  const made = await makeProject({
    'package.json': '{}',
    'supabase/migrations/1_items.sql':
      'create table items (id int primary key); grant select on items to anon, authenticated;',
    ...files,
  });
  onTestEnd(() => made.remove());
  return made;
}

async function start(
  root: string,
  isExposed: boolean,
  env: Record<string, string> = {},
  config: ConfigOverrides = {},
): Promise<Backend> {
  const backend = await createEmbeddedBackend({
    root,
    reason: 'the test says so',
    env,
    embedded: { dbPort: 0, config },
    isExposed,
    logger: silentLogger,
  });
  onTestEnd(() => backend.close());
  return backend;
}

const NEIGHBOUR = { host: 'dev.example', 'x-forwarded-for': '192.168.7.7' };
const CLAIMS = { role: 'authenticated', sub: '8f4b5f4e-0000-4000-8000-000000000001' };
const forged = (): string[] => [signToken(CLAIMS), signEs256(CLAIMS), signEs256(CLAIMS, undefined, '')];

test('the schemas that a backend exposes are those of the option config, where it has some', async () => {
  const { root } = await project({ 'supabase/config.toml': '[api]\nschemas = ["public", "other"]\n' });
  const backend = await start(root, false, {}, { api: { schemas: ['public'] } });
  expect(backend.exposedSchemas).toEqual(['public']);
});

describe('a stack that other machines can reach', () => {
  test('has random keys, the same after a restart, in a file for its user alone', async () => {
    const { root } = await project();
    const first = await start(root, true);
    const { keys } = await first.target();
    for (const name of ['secretKey', 'jwtSecret'] as const) expect(keys[name]).not.toBe(LOCAL_KEYS[name]);
    expect(keys.publishableKey).toBe(LOCAL_KEYS.publishableKey);
    expect(
      first
        .describe()
        .map(({ value }) => value)
        .join('\n'),
    ).toContain('keys.json');
    const file = join(root, '.supabase', 'keys.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ jwtSecret: keys.jwtSecret });
    // Windows has no such bits.
    const { mode } = await stat(file);
    expect(process.platform === 'win32' ? 0 : mode & 0o077).toBe(0);
    await first.close();
    expect((await (await start(root, true)).target()).keys).toEqual(keys);
  });

  test('accepts no token that a well-known key signed, and its own users’ tokens', async () => {
    const { root } = await project();
    const backend = await start(root, true);
    const { url } = await startGateway({ target: () => backend.target(), allowedHosts: ['dev.example'] });
    const { keys } = await backend.target();
    const get = (headers: Record<string, string>): Promise<{ status: number; body: string }> =>
      ask(url, '/rest/v1/items', { headers });
    expect((await get({ ...NEIGHBOUR, apikey: LOCAL_KEYS.publishableKey })).status).toBe(200);
    for (const token of forged()) {
      expect((await get({ ...NEIGHBOUR, authorization: `Bearer ${token}` })).status).toBe(401);
      expect((await get({ authorization: `Bearer ${token}` })).status).toBe(401);
    }
    expect((await get({ apikey: keys.secretKey ?? '' })).status).toBe(200);
    const client = createClient(url, LOCAL_KEYS.publishableKey, {
      realtime: { transport: WebSocket as never },
    });
    const { data } = await client.auth.signUp({ email: 'a@example.com', password: 'password' });
    const token = data.session?.access_token ?? '';
    expect((await get({ ...NEIGHBOUR, authorization: `Bearer ${token}` })).body).toBe('[]');
    const me = await ask(url, '/auth/v1/user', {
      headers: { ...NEIGHBOUR, authorization: `Bearer ${token}` },
    });
    expect(me.status).toBe(200);
  });

  test('keeps keys that the project configures itself, and replaces well-known ones that it repeats', async () => {
    const { root } = await project();
    const own = {
      SUPABASE_JWT_SECRET: 'a-secret-of-this-project-with-32-characters',
      SUPABASE_SECRET_KEY: 'sb_secret_own',
    };
    const { keys } = await (await start(root, true, own)).target();
    expect(keys).toMatchObject({ jwtSecret: own.SUPABASE_JWT_SECRET, secretKey: 'sb_secret_own' });
    // User tokens are signed with another key than the secret.
    expect(keys.jwks?.map(({ kid, alg }) => [kid === LOCAL_SIGNING_KEY.kid, alg])).toEqual([
      [false, 'ES256'],
    ]);
    const repeated = { SUPABASE_JWT_SECRET: LOCAL_KEYS.jwtSecret, SUPABASE_SECRET_KEY: LOCAL_KEYS.secretKey };
    const other = await project();
    const replaced = (await (await start(other.root, true, repeated)).target()).keys;
    expect(replaced.jwtSecret).not.toBe(LOCAL_KEYS.jwtSecret);
    expect(replaced.secretKey).not.toBe(LOCAL_KEYS.secretKey);
  });
});

describe('signing keys of a stack that other machines can reach', () => {
  test('a file of an older version gets one, and keeps its other keys', async () => {
    const { root } = await project();
    const old = {
      jwtSecret: 'a-random-secret-of-an-older-version-0001',
      secretKey: 'sb_secret_of_an_older_version_of_the_stack',
      s3AccessKey: '0123456789abcdef0123456789abcdef',
      s3SecretKey: '0123456789abcdef0123456789abcdef',
    };
    await mkdir(join(root, '.supabase'), { mode: 0o700 });
    await writeFile(join(root, '.supabase', 'keys.json'), JSON.stringify(old), { mode: 0o600 });
    const { keys } = await (await start(root, true)).target();
    expect(keys).toMatchObject({ jwtSecret: old.jwtSecret, secretKey: old.secretKey });
    expect(keys.jwks?.[0]?.kid).not.toBe(LOCAL_SIGNING_KEY.kid);
    expect(keys.jwks?.[0]).not.toHaveProperty('d');
  });

  test.each([
    [
      'those of the project stay',
      { ...LOCAL_SIGNING_KEY, kid: 'own', x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0' },
      false,
    ],
    ['the well-known one under another kid does not', { ...LOCAL_SIGNING_KEY, kid: 'own' }, true],
  ])('%s', async (_what, key, isReplaced) => {
    const { root } = await project({
      'supabase/config.toml': '[auth]\nsigning_keys_path = "./signing_keys.json"\n',
      'supabase/signing_keys.json': JSON.stringify([key]),
    });
    const config = await loadConfig(root, { env: {} });
    const { signingKeys } = await replacePublicKeys(await resolveKeys(config), join(root, '.supabase'));
    expect(signingKeys.map(({ kid }) => kid !== 'own')).toEqual([isReplaced]);
  });
});

test('a secret of its own does not make a stack safe whose tokens the well-known key signs', async () => {
  const { root } = await project();
  const owner = await start(root, false, {
    SUPABASE_JWT_SECRET: 'a-secret-of-this-project-with-32-characters',
  });
  const { url } = await startGateway({ target: () => owner.target(), allowedHosts: ['dev.example'] });
  const authorization = `Bearer ${signEs256(CLAIMS)}`;
  const refused = await ask(url, '/rest/v1/items', { headers: { ...NEIGHBOUR, authorization } });
  expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('KEYS_ARE_PUBLIC')]);
  expect((await ask(url, '/rest/v1/items', { headers: { authorization } })).status).toBe(200);
});

test('a stack for this machine keeps the well-known keys; a server that joins it refuses other machines', async () => {
  const { root } = await project();
  const owner = await start(root, false);
  expect((await owner.target()).keys.jwtSecret).toBe(LOCAL_KEYS.jwtSecret);
  const joined = await start(root, true);
  const socket = `/realtime/v1/websocket?apikey=${LOCAL_KEYS.publishableKey}&vsn=1.0.0`;
  for (const [backend, hint] of [
    [owner, '--host'],
    [joined, `process ${process.pid}`],
  ] as const) {
    const { url } = await startGateway({ target: () => backend.target(), allowedHosts: ['dev.example'] });
    const headers = { ...NEIGHBOUR, apikey: LOCAL_KEYS.publishableKey };
    const refused = await ask(url, '/rest/v1/items', { headers });
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining(hint)]);
    expect(refused.body).toContain('KEYS_ARE_PUBLIC');
    expect((await upgrade(url, socket, NEIGHBOUR)).status).toBe(403);
    expect((await ask(url, '/rest/v1/items', { headers: { apikey: LOCAL_KEYS.secretKey } })).status).toBe(
      200,
    );
    expect((await upgrade(url, socket)).status).toBe(101);
  }
});
