import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeProject } from '../../helpers/project.ts';

test('reads env(NAME) from the environment, and leaves keys of unset variables unset', async () => {
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

test('says nothing about the schema that editors use', async () => {
  await using project = await makeProject({
    'supabase/config.json': '{ "$schema": "https://x", "other": 1 }',
  });
  expect((await loadConfig(project.root)).notices()).toEqual([
    'supabase/config.json: other is unknown and ignored',
  ]);
});

test('names the option for what comes from it', async () => {
  await using project = await makeProject({
    'supabase/config.toml': 'mine = 1\n[auth]\nenabled = false\n',
  });
  const overrides = { atuh: {}, api: { enabled: false } };
  expect((await loadConfig(project.root, { overrides })).notices()).toEqual([
    'supabase/config.toml: mine is unknown and ignored',
    'the option config: atuh is unknown and ignored; did you mean auth?',
    'the option config: not supported here and ignored: api.enabled',
    'supabase/config.toml: not supported here and ignored: auth.enabled',
  ]);
});

test('overrides the file key by key', async () => {
  await using project = await makeProject({ 'supabase/config.toml': '[auth]\na = 1\nb = 2\n' });
  const auth = (await loadConfig(project.root, { overrides: { auth: { b: 3 } } })).section('auth');
  expect([auth.integer('a'), auth.integer('b')]).toEqual([1, 3]);
});

test('works without a supabase folder, and names the project after its folder', async () => {
  await using project = await makeProject();
  const config = await loadConfig(project.root);
  expect([config.file, project.root.endsWith(config.projectId)]).toEqual([undefined, true]);
});

test('reports the line where the file is not TOML', async () => {
  await using project = await makeProject({ 'supabase/config.toml': 'a = 1\nb = = 2\n' });
  await expect(loadConfig(project.root)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    location: { line: 2 },
  });
});

test.each([
  ['config.json', '{ "project_id": "json", "auth": { "jwt_expiry": 60 } }'],
  ['config.jsonc', '// c\n{ "project_id": "json", /* "x" */ "auth": { "jwt_expiry": 60, }, }'],
  ['config.json', '{ "project_id": "json", "auth": { "jwt_expiry": 60, "site_url": "http://a//b,}" } }'],
])('reads %s: %s', async (name, text) => {
  await using project = await makeProject({
    [`supabase/${name}`]: text,
    'supabase/config.toml': 'project_id = "toml"',
  });
  const config = await loadConfig(project.root);
  expect([config.projectId, config.section('auth').integer('jwt_expiry')]).toEqual(['json', 60]);
  expect(config.file?.endsWith(name)).toBe(true);
});

test.each(['{\n "a": 1,\n "b": = 2\n}', '[]', '"x"'])('reports where JSON is none: %s', async (text) => {
  await using project = await makeProject({ 'supabase/config.json': text });
  await expect(loadConfig(project.root)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    location: { file: expect.stringContaining('config.json') as unknown },
  });
});

test.each([
  ['config.toml', 'project_id = "x"\n'],
  ['config.json', '{ "project_id": "x" }'],
])('reads %s with a byte order mark, and names the encoding of one in UTF-16', async (name, text) => {
  await using project = await makeProject({ [`supabase/${name}`]: `\uFEFF${text}` });
  expect((await loadConfig(project.root)).projectId).toBe('x');
  await writeFile(join(project.root, 'supabase', name), Buffer.from(`\uFEFF${text}`, 'utf16le'));
  await expect(loadConfig(project.root)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `supabase/${name} is not UTF-8`,
  });
});
