import { expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
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
    'supabase/config.toml: auth.jwt_secret has no value, because the variable UNSET_SECRET is not set',
    'supabase/config.toml: auth.external.github.secret has no value, because the variable GITHUB_SECRET is not set',
  ]);
});
