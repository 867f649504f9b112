import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { LOCAL_KEYS, resolveKeys } from '../../../plugin/stack/keys.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

test('a setting that is read is named when its variable is not set', async () => {
  const project = await makeProject({
    'supabase/config.toml': `
      [auth]
      jwt_secret = "env(UNSET_SECRET)"
      site_url = "env(SITE_URL)"
      [auth.external.github]
      enabled = true
      secret = "env(GITHUB_SECRET)"
      client_id = "env(NEVER_READ)"
      [auth.external.apple]
      enabled = false
      secret = "env(APPLE_SECRET)"
      [studio]
      openai_api_key = "env(OPENAI_API_KEY)"`,
  });
  onTestEnd(() => project.remove());
  const config = await loadConfig(project.root, { env: { SITE_URL: 'http://x' } });
  const auth = config.section('auth');
  expect(auth.string('jwt_secret')).toBeUndefined();
  expect(auth.string('site_url')).toBe('http://x');
  for (const name of ['github', 'apple']) auth.section('external').section(name).string('secret');
  expect(config.notices().filter((line) => line.includes('variable'))).toEqual([
    'supabase/config.toml: no value, because the variable is not set: auth.jwt_secret (UNSET_SECRET), auth.external.github.secret (GITHUB_SECRET)',
  ]);
});

test('an unset variable in a list is named, and none that an option takes the place of', async () => {
  await using project = await makeProject({
    'supabase/config.toml':
      '[auth]\nsite_url = "env(SITE)"\nadditional_redirect_urls = ["http://a", "env(PREVIEW)"]\n',
  });
  const overrides = { auth: { site_url: 'http://x' } };
  const config = await loadConfig(project.root, { env: {}, overrides });
  const auth = config.section('auth');
  expect([auth.string('site_url'), auth.strings('additional_redirect_urls')]).toEqual([
    'http://x',
    ['http://a'],
  ]);
  expect(config.notices()).toEqual([
    'supabase/config.toml: no value, because the variable is not set: auth.additional_redirect_urls (PREVIEW)',
  ]);
});

describe('the .env files of the project', () => {
  const read = async (files: Record<string, string>, env = {}): Promise<[string | undefined, unknown]> => {
    await using project = await makeProject({
      'supabase/config.toml': '[auth]\nsite_url = "env(SITE)"\n',
      ...files,
    });
    const config = await loadConfig(project.root, { env });
    return [
      config.section('auth').string('site_url'),
      config.notices().filter((line) => line.includes('variable')),
    ];
  };

  test.each([
    [{ '.env': 'SITE=root' }, 'root'],
    [{ '.env': 'SITE=root', 'supabase/.env': 'SITE="of supabase"' }, 'of supabase'],
    [{ 'supabase/.env': 'SITE=shared', 'supabase/.env.local': '# mine\nexport SITE=mine' }, 'mine'],
    [{ '.env.local': 'SITE=local', '.env.development': 'SITE=development' }, 'local'],
    [{ '.env.development': 'SITE=development', '.env': 'SITE=root' }, 'development'],
    [{ '.env.development.local': 'SITE=nearest', '.env.local': 'SITE=local' }, 'nearest'],
    [{ '.env.production': 'SITE=production' }, undefined],
  ])('%j: %s', async (files, expected) => {
    const unset =
      expected === undefined
        ? ['supabase/config.toml: no value, because the variable is not set: auth.site_url (SITE)']
        : [];
    expect(await read(files)).toEqual([expected, unset]);
  });

  test('count for an element of a list, and for a table that an option switches on', async () => {
    await using project = await makeProject({
      'supabase/config.toml':
        '[auth]\nadditional_redirect_urls = ["env(SITE)", "env(MISSING)"]\n[auth.external.github]\nenabled = false\nsecret = "env(SECRET)"\n',
      '.env': 'SITE=http://site\nSECRET=hidden',
    });
    const overrides = { auth: { external: { github: { enabled: true } } } };
    const auth = (await loadConfig(project.root, { env: {}, overrides })).section('auth');
    expect(auth.strings('additional_redirect_urls')).toEqual(['http://site']);
    expect(auth.section('external').section('github').string('secret')).toBe('hidden');
  });

  test('give way to the environment, and hold no keys of the stack', async () => {
    expect(await read({ '.env': 'SITE=file' }, { SITE: 'environment' })).toEqual(['environment', []]);
    await using project = await makeProject({
      'supabase/config.toml': '[auth]\nsite_url = "env(SITE)"\n',
      '.env': 'SITE=x\nSUPABASE_SECRET_KEY=sb_secret_of_the_deployed_project',
    });
    const config = await loadConfig(project.root, { env: {} });
    expect((await resolveKeys(config)).secretKey).toBe(LOCAL_KEYS.secretKey);
  });
});

test('a variable is read by the type of its setting', async () => {
  await using project = await makeProject({
    'supabase/config.toml':
      '[api]\nenabled = "env(ON)"\nport = "env(PORT)"\nschemas = "env(LIST)"\nmax_rows = "env(TEXT)"\n',
  });
  const env = { ON: 'false', PORT: '54399', LIST: 'public,api', TEXT: 'many' };
  const api = (await loadConfig(project.root, { env })).section('api');
  expect(api.boolean('enabled', true)).toBe(false);
  expect(api.integer('port')).toBe(54399);
  expect(api.strings('schemas')).toEqual(['public', 'api']);
  expect(() => api.integer('max_rows')).toThrow('api.max_rows must be a whole number');
});
