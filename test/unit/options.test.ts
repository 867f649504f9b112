import { expect, test } from 'vitest';
import { resolveOptions } from '../../plugin/options.ts';

test('fills in defaults and leaves the rest to environment and config.toml', () => {
  expect(resolveOptions()).toEqual({ requireKey: false, embedded: {} });
  expect(resolveOptions({ backend: 'local', requireKey: true })).toEqual({
    backend: 'local',
    requireKey: true,
    embedded: {},
  });
});

test.each([
  [{ backendd: 'auto' }, /unknown option "backendd"/],
  [{ embedded: { dbport: 1 } }, /unknown option "embedded\.dbport"/],
  [{ backend: 'docker' }, /"backend" must be one of 'auto', 'local', 'remote', 'embedded', not "docker"/],
  [{ url: 'localhost:54321' }, /"url" must be a URL that begins with http/],
  [{ requireKey: 'yes' }, /"requireKey" must be true or false/],
  [{ embedded: { dbPort: 70000 } }, /"embedded\.dbPort" must be a port number/],
  [{ embedded: { skipExtensions: 'pg_cron' } }, /must be a list of strings/],
])('refuses %j', (options, message) => {
  expect(() => resolveOptions(options as never)).toThrow(message);
});
