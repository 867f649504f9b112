import { expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { LOCAL_KEYS, resolveKeys } from '../../../plugin/stack/keys.ts';

test('has the keys of the Supabase CLI by default', async () => {
  const keys = await resolveKeys(await loadConfig('/nowhere', { env: {} }));
  expect(keys).toMatchObject(LOCAL_KEYS);
  expect(keys.anonKey).toMatch(/CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0$/);
});

test('prefers keys of the environment to config.toml, and signs the legacy ones with the secret', async () => {
  const overrides = { auth: { publishable_key: 'sb_publishable_file', secret_key: 'sb_secret_file' } };
  const env = {
    SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_env',
    SUPABASE_JWT_SECRET: 'another-secret-of-some-length',
  };
  const keys = await resolveKeys(await loadConfig('/nowhere', { overrides, env }));
  expect(keys).toMatchObject({ publishableKey: 'sb_publishable_env', secretKey: 'sb_secret_file' });
  expect(keys.anonKey).not.toMatch(/CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0$/);
});

test('does not use an opaque key in a legacy variable as a JWT', async () => {
  const env = { SUPABASE_ANON_KEY: 'sb_publishable_x', SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_x' };
  const keys = await resolveKeys(await loadConfig('/nowhere', { env }));
  expect([keys.anonKey, keys.serviceRoleKey]).toEqual([
    expect.stringMatching(/^eyJ/),
    expect.stringMatching(/^eyJ/),
  ]);
});

test('refuses a short secret', async () => {
  const config = await loadConfig('/nowhere', { env: { SUPABASE_JWT_SECRET: 'short' } });
  await expect(resolveKeys(config)).rejects.toMatchObject({ code: 'KEYS_INVALID' });
});

test('takes empty keys of config.toml as absent, and refuses a legacy key that is no JWT', async () => {
  const empty = { publishable_key: '', secret_key: '', anon_key: '', service_role_key: '' };
  const keys = await resolveKeys(await loadConfig('/nowhere', { overrides: { auth: empty }, env: {} }));
  expect(keys).toMatchObject(LOCAL_KEYS);
  expect(keys.serviceRoleKey).toMatch(/^eyJ/);
  for (const name of ['anon_key', 'service_role_key']) {
    const config = await loadConfig('/nowhere', { overrides: { auth: { [name]: 'abc' } }, env: {} });
    await expect(resolveKeys(config)).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      message: `the ${name.replace('_key', '')} key is not a JWT`,
    });
  }
});
