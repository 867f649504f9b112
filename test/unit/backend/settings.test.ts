import { describe, expect, test } from 'vitest';
import { resolveRemoteKeys } from '../../../plugin/backend/keys.ts';
import { parseHttpUrl, readGatewayPort, readSetting } from '../../../plugin/backend/settings.ts';
import { readKeys, VARIABLES } from '../../../plugin/shared/environment.ts';

describe('a setting', () => {
  test('comes from the option, then from the first variable that is set', () => {
    const env = {
      SUPABASE_URL: 'http://b',
      REALTIME_PROXY_KONG_TARGET: 'http://a',
      VITE_SUPABASE_URL: 'http://c',
    };
    expect(readSetting('url', env, 'http://option')).toEqual({
      value: 'http://option',
      source: 'the option "url"',
    });
    expect(readSetting('url', env)).toEqual({ value: 'http://a', source: 'REALTIME_PROXY_KONG_TARGET' });
    expect(readSetting('url', { ...env, REALTIME_PROXY_KONG_TARGET: ' ' })?.source).toBe('SUPABASE_URL');
    expect(readSetting('url', {})).toBeUndefined();
  });

  test('knows every variable of the earlier stand-alone proxy', () => {
    expect(Object.values(VARIABLES).flat()).toEqual(
      expect.arrayContaining([
        'REALTIME_PROXY_PORT',
        'REALTIME_PROXY_KONG_TARGET',
        'REALTIME_PROXY_DIRECT_TARGET',
        'SUPABASE_SERVICE_ROLE_KEY',
        'VITE_SUPABASE_URL',
        'NEXT_PUBLIC_SUPABASE_URL',
        'VITE_SUPABASE_ANON_KEY',
        'NEXT_PUBLIC_SUPABASE_ANON_KEY',
      ]),
    );
  });

  test('that is invalid is refused with the name of its variable', () => {
    expect(() => readGatewayPort({ REALTIME_PROXY_PORT: '70000' })).toThrow(
      /REALTIME_PROXY_PORT must be a port number/,
    );
    expect(() => parseHttpUrl({ value: 'localhost:4000', source: 'X' })).toThrow(/X must be a URL/);
    expect(readGatewayPort({ REALTIME_PROXY_PORT: '54320' })).toBe(54320);
    expect(readGatewayPort({})).toBeUndefined();
  });

  test('of a WebSocket URL means the same server', () => {
    expect(parseHttpUrl({ value: 'ws://127.0.0.1:4000', source: 'X' }).href).toBe('http://127.0.0.1:4000/');
  });
});

describe('keys of the environment', () => {
  test('are sorted by their form', () => {
    const env = { VITE_SUPABASE_ANON_KEY: 'sb_publishable_x', SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_y' };
    expect(readKeys(env, 'all')).toEqual({
      publishableKey: 'sb_publishable_x',
      secretKey: 'sb_secret_y',
    });
    expect(readKeys({ SUPABASE_PUBLISHABLE_KEY: 'eyJh.b.c' }, 'all')).toEqual({
      anonKey: 'eyJh.b.c',
    });
  });

  test('of the embedded stack do not come from variables for the page', () => {
    const env = { VITE_SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x', SUPABASE_SECRET_KEY: 'sb_secret_y' };
    expect(readKeys(env, 'server')).toEqual({ secretKey: 'sb_secret_y' });
  });

  test('of a remote project have no defaults: unknown keys are not translated', () => {
    expect(resolveRemoteKeys({ SUPABASE_ANON_KEY: 'eyJh.b.c' })).toEqual({
      publishableKey: undefined,
      secretKey: undefined,
      anonKey: 'eyJh.b.c',
      serviceRoleKey: undefined,
      jwtSecret: undefined,
      jwks: undefined,
    });
  });
});
