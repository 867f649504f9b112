import { expect, test } from 'vitest';
import { resolveOptions } from '../../plugin/options.ts';
import { startStack } from '../../plugin/start-stack.ts';

test('fills in defaults and leaves the rest to environment and config.toml', () => {
  expect(resolveOptions()).toEqual({ requireKey: false, log: 'hints', embedded: {} });
  expect(resolveOptions({ backend: 'local', requireKey: true })).toEqual({
    backend: 'local',
    requireKey: true,
    log: 'hints',
    embedded: {},
  });
});

test.each([
  [{ backendd: 'auto' }, /supabase\(\): unknown option "backendd"; did you mean "backend"\?/],
  [{ embedded: { dbport: 1 } }, /unknown option "embedded\.dbport"; did you mean "embedded\.dbPort"\?/],
  [{ embedded: { postgres: { bindir: '/x' } } }, /did you mean "embedded\.postgres\.binDir"\?/],
  [{ embedded: { postgres: '/x' } }, /"embedded\.postgres" must be an object/],
  [{ constructor: 1 }, /unknown option "constructor"$/],
  [{ xyz: 1 }, /unknown option "xyz"$/],
  [{ backend: 'docker' }, /"backend" must be one of 'auto', 'local', 'remote', 'embedded', not "docker"/],
  [{ url: 'localhost:54321' }, /"url" must be a URL that begins with http/],
  [{ types: true }, /"types" must be a non-empty string, or false/],
  [{ requireKey: 'yes' }, /"requireKey" must be true or false/],
  [{ embedded: { dbPort: 70000 } }, /"embedded\.dbPort" must be a port number/],
  [{ embedded: { skipExtensions: 'pg_cron' } }, /must be a list of strings/],
])('refuses %j', (options, message) => {
  expect(() => resolveOptions(options as never)).toThrow(message);
});

test.each([
  [{ unknown: 1 }, /^startStack\(\): unknown option "unknown"$/],
  [{ epheremal: true }, /did you mean "ephemeral"\?/],
  [{ skipExtension: ['pg_cron'] }, /did you mean "skipExtensions"\?/],
  [{ binDir: '/x' }, /unknown option "binDir"/],
  [{ postgres: { binDirr: '/x' } }, /did you mean "postgres\.binDir"\?/],
  [{ port: '1' }, /"port" must be a port number/],
  [{ logger: { info() {} } }, /"logger" must be an object with the methods/],
  [{ root: '/nonexistent' }, /\/nonexistent, which is not a folder/],
])('startStack refuses %j', async (options, message) => {
  const failed = startStack(options as never);
  await expect(failed).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringMatching(message),
  });
});
