import { expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeProject } from '../../helpers/project.ts';

test('takes values from the environment, and leaves unset ones out', async () => {
  await using project = await makeProject({
    'supabase/config.toml':
      '[auth]\nsite_url = "env(SITE)"\njwt_secret = "env(MISSING)"\nurls = ["env(SITE)", "env(MISSING)"]\n',
  });
  const auth = (await loadConfig(project.root, { env: { SITE: 'http://site' } })).section('auth');
  expect([auth.string('site_url'), auth.string('jwt_secret', 'default'), auth.strings('urls')]).toEqual([
    'http://site',
    'default',
    ['http://site'],
  ]);
});

test('lets overrides win key by key', async () => {
  await using project = await makeProject({ 'supabase/config.toml': '[auth]\na = 1\nb = 2\n' });
  const auth = (await loadConfig(project.root, { overrides: { auth: { b: 3 } } })).section('auth');
  expect([auth.integer('a'), auth.integer('b')]).toEqual([1, 3]);
});

test('does without a folder supabase, named after the project folder', async () => {
  await using project = await makeProject();
  const config = await loadConfig(project.root);
  expect([config.file, project.root.endsWith(config.projectId)]).toEqual([undefined, true]);
});

test('says where the file is not TOML', async () => {
  await using project = await makeProject({ 'supabase/config.toml': 'a = 1\nb = = 2\n' });
  await expect(loadConfig(project.root)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    location: { line: 2 },
  });
});
