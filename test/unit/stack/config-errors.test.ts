import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import type { Section } from '../../../plugin/stack/config/section.ts';
import { SupabaseDevError } from '../../../plugin/shared/errors.ts';
import { makeProject } from '../../helpers/project.ts';

type Read = (section: (name: string) => Section) => unknown;

/** The error of reading something in a project with this file. `^` in the text marks the expected place. */
async function errorOf(
  name: string,
  marked: string,
  read: Read,
  options: Parameters<typeof loadConfig>[1] = {},
): Promise<{ error: SupabaseDevError; expected: { line: number; column: number } }> {
  const before = marked.slice(0, marked.indexOf('^')).split('\n');
  await using project = await makeProject({ [`supabase/${name}`]: marked.replace('^', '') });
  const expected = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  try {
    const config = await loadConfig(project.root, options);
    read((section) => config.section(section));
  } catch (error) {
    if (error instanceof SupabaseDevError) return { error, expected };
    throw error;
  }
  throw new Error('expected an error');
}

const signup: Read = (s) => s('auth').boolean('enable_signup', true);
const expiry: Read = (s) => s('auth').integer('jwt_expiry');

// The same words in comments, texts and other tables.
const DECOYS = `# enable_signup = 1
x = "enable_signup"
[auth.email]
enable_signup = true
[auth]
yenable_signup = 1
site_url = """
enable_signup = 2"""
^enable_signup = "enable_signup"`;

// Wrong types in config.toml, with a mark where the message must point to.
const TOML: [what: string, text: string, read: Read, says: string][] = [
  ['a text for a switch', '[auth]\n^enable_signup = "maybe"', signup, 'true or false, not "maybe"'],
  ['a number for a switch', '[auth]\n^enable_signup = 1', signup, 'true or false, not 1'],
  ['a date', '[auth]\n^enable_signup = 2026-01-01', signup, 'true or false, not a date'],
  ['a table', '[auth]\nsite_url = "x"\n[auth.^enable_signup]\nx = 1', signup, 'not a table'],
  ['a list of tables', '[[auth.^enable_signup]]\nx = 1', signup, 'not a list of tables'],
  ['a dotted key', 'auth.^enable_signup = "maybe"', signup, 'auth.enable_signup must be'],
  ['an inline table', 'auth = { site_url = "x", ^enable_signup = "maybe" }', signup, 'must be'],
  ['a quoted key', '[ "auth" ]\n  "^enable_signup" = "maybe"', signup, 'must be'],
  ['Windows lines', '# c\r\n[auth]\r\n\t^enable_signup = "maybe"\r\n', signup, 'must be'],
  ['a key whose words are elsewhere, too', DECOYS, signup, 'not "enable_signup"'],
  ['a port', '[db]\n^port = "x"', (s) => s('db').integer('port'), 'a whole number, not "x"'],
  ['a fraction', '[db]\n^port = 1.5', (s) => s('db').integer('port'), 'a whole number, not 1.5'],
  ['a list for a table', '^auth = []', (s) => s('auth'), 'a table, not a list'],
  ['tables for a table', '[[^auth]]\na = 1\n[[auth]]\na = 2', (s) => s('auth'), 'not a list of tables'],
  ['a text for a table', '[auth]\n^email = "x"', (s) => s('auth').section('email'), 'a table, not "x"'],
  [
    'a list with a number',
    '[api]\nport = 1\n^schemas = [\n  "public",\n  1,\n]',
    (s) => s('api').strings('schemas'),
    'a list of strings, not a list',
  ],
  [
    'a duration',
    '[auth.email]\n^max_frequency = 5',
    (s) => s('auth').section('email').duration('max_frequency', 1),
    'a duration such as',
  ],
  [
    'a name with a dot',
    '[functions."a.b"]\n^verify_jwt = "no"',
    (s) => s('functions').section('a.b').boolean('verify_jwt', true),
    'functions.a.b.verify_jwt must be',
  ],
  [
    'a switch among buckets',
    '[storage.buckets]\n^images = true',
    (s) => s('storage').section('buckets').sections(),
    'storage.buckets.images must be a table, not true',
  ],
  [
    'a code that is a number',
    '[auth.sms.test_otp]\n4151 = "1"\n^4152 = 123456',
    (s) => s('auth').section('sms').section('test_otp').stringMap(),
    'auth.sms.test_otp.4152 must be a string, not 123456',
  ],
];

describe('a wrong type in config.toml', () => {
  test.each(TOML)('%s', async (_, text, read, says) => {
    const { error, expected } = await errorOf('config.toml', text, read);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.location).toMatchObject(expected);
    expect(error.message).toContain(`supabase/config.toml:${expected.line}:${expected.column}: `);
    expect(error.message).toContain(says);
    const [, line, mark = ''] = /^> *\d+ \| (.*)\n *\| ( *\^)$/m.exec(error.location?.frame ?? '') ?? [];
    expect(line).toBe(text.replace('^', '').split(/\r?\n/)[expected.line - 1]);
    expect(mark).toHaveLength(expected.column);
  });

  test('of the project itself', async () => {
    const { error, expected } = await errorOf('config.toml', '\n^project_id = 5', () => {});
    expect(error.location).toMatchObject(expected);
    expect(error.message).toBe('supabase/config.toml:2:1: project_id must be a string, not 5');
  });

  test('written with escapes has no place, and the same message', async () => {
    const { error } = await errorOf('config.toml', '[auth]\n"enable\\u005fsignup" = "maybe"', signup);
    expect([error.location, error.message]).toEqual([
      undefined,
      'supabase/config.toml: auth.enable_signup must be true or false, not "maybe"',
    ]);
  });

  test('in the option config is not looked for in the file', async () => {
    const overrides = { auth: { enable_signup: 'maybe' } };
    const { error } = await errorOf('config.toml', '[auth]\nenable_signup = true', signup, { overrides });
    expect([error.location, error.message]).toEqual([
      undefined,
      'the option config: auth.enable_signup must be true or false, not "maybe"',
    ]);
  });
});

test.each([
  ['config.json', '{\n  "auth": {\n    "^enable_signup": "maybe"\n  }\n}'],
  ['config.json', '{"x":"enable_signup","auth":{"email":{"enable_signup":1},"^enable_signup":[]}}'],
  ['config.jsonc', '{\n  // "enable_signup": 1\n  "auth": { /* enable_signup */ "^enable_signup": 1, },\n}'],
])('a wrong type in %s: %s', async (name, text) => {
  const { error, expected } = await errorOf(name, text, signup);
  expect(error.location).toMatchObject({ ...expected, frame: expect.stringContaining('^') as unknown });
  expect(error.message).toContain(`supabase/${name}:${expected.line}:${expected.column}: auth.enable_signup`);
});

test.each([
  ['config.toml', '[auth]\nenable_signup = ^= true'],
  ['config.toml', '\n\n[auth^\n'],
  ['config.json', '{\n  "a": 1,\n  "b": ^= 2\n}'],
  ['config.json', '{ "a": 1 ^"b": 2 }'],
  ['config.jsonc', '{\n  "a": [1, 2\n^}'],
])('a file that cannot be parsed, %s: %s', async (name, text) => {
  const { error, expected } = await errorOf(name, text, () => {});
  const frame: unknown = expect.stringContaining('^');
  expect(error.location).toMatchObject({ line: expected.line, frame });
  expect(error.message).toContain(`supabase/${name} is not valid`);
  expect(error.message).toContain(`(line ${expected.line})`);
});

describe('a variable', () => {
  test.each([true, false])('may be a switch: %s', async (expected) => {
    await using project = await makeProject({ 'supabase/config.toml': '[auth]\nenable_signup = "env(X)"' });
    const config = await loadConfig(project.root, { env: { X: String(expected) } });
    expect(config.section('auth').boolean('enable_signup', !expected)).toBe(expected);
  });

  test('may be a number, a list, a duration or a text', async () => {
    await using project = await makeProject({
      'supabase/config.toml':
        '[a]\nport = "env(PORT)"\nurls = "env(URLS)"\nsome = ["x", "env(PORT)"]\nage = "env(AGE)"\nname = "env(PORT)"',
    });
    const env = { PORT: '54321', URLS: 'http://a,http://b', AGE: '1m' };
    const a = (await loadConfig(project.root, { env })).section('a');
    expect([a.integer('port'), a.strings('urls'), a.strings('some')]).toEqual([
      54321,
      ['http://a', 'http://b'],
      ['x', '54321'],
    ]);
    expect([a.duration('age', 0), a.string('name')]).toEqual([60, '54321']);
  });

  const email: Read = (s) => s('auth').section('email');
  test.each([
    ['enable_signup = "env(X)"', signup, 'yes', 'true or false'],
    ['enable_signup = "env(X)"', signup, '', 'true or false'],
    ['jwt_expiry = "env(X)"', expiry, '1h', 'a whole number'],
    ['jwt_expiry = "env(X)"', expiry, ' ', 'a whole number'],
    ['email = "env(X)"', email, 'x', 'a table'],
  ])('of the wrong type is named, and its value is not shown: %s', async (line, read, value, expected) => {
    const { error } = await errorOf('config.toml', `[auth]\n^${line}`, read, { env: { X: value } });
    expect(error.message).toBe(
      `supabase/config.toml:2:1: auth.${line.split(' ')[0]} must be ${expected}, not the value of the variable X`,
    );
  });
});
