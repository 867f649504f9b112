import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import type { GatewayKeys, GatewayTarget, UrlUpstream } from '../../../plugin/gateway/target.ts';
import { createFixtureKong, type KongTemplate } from '../../helpers/gateway/kong.ts';
import { createFixtureRealtime, type FixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { listen, startGateway } from '../../helpers/gateway/support.ts';
import {
  JWT_SECRET,
  KEYS,
  sessionCookie,
  signEs256,
  signToken,
  USER_TOKEN,
} from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'es', alg: 'ES256' };
const keys: GatewayKeys = { ...KEYS, jwks: [jwk] };

/** A user token with the algorithm of newer CLIs. */
const ES256_TOKEN = signEs256({ role: 'authenticated', sub: 'b' }, pair.privateKey, 'es');

type GatewayRoute = 'direct' | KongTemplate;
const ROUTES: readonly GatewayRoute[] = ['direct', 'key-auth', 'plain', 'translating'];
const VERSIONS = ['2.129', '2.102'] as const;

async function setUp(
  route: GatewayRoute,
  version: '2.129' | '2.102',
): Promise<{ url: string; realtime: FixtureRealtime }> {
  const realtime = createFixtureRealtime({
    secret: JWT_SECRET,
    jwks: [jwk],
    version,
    refusalDelay: 1,
    maxHeader: 4096,
  });
  const { url: realtimeUrl } = await listen(realtime.server);
  const way: UrlUpstream =
    route === 'direct'
      ? createDirectUpstream(new URL(realtimeUrl))
      : {
          kind: 'url',
          url: new URL(
            (await listen(createFixtureKong({ template: route, keys, upstreams: { realtime: realtimeUrl } })))
              .url,
          ),
          speaks: 'gateway',
          host: 'client',
        };
  const target: GatewayTarget = { keys, upstreams: { realtime: way } };
  const { url } = await startGateway({ target });
  return { url, realtime };
}

const big = signToken({ role: 'authenticated', sub: 'c', app_metadata: 'x'.repeat(5_000) });

interface Case {
  readonly name: string;
  readonly apikey: string;
  readonly cookie?: string;
  /** The token that Realtime gets for the caller. */
  readonly expected: string | undefined;
}

const CASES: readonly Case[] = [
  { name: 'publishable key', apikey: 'sb_publishable_test', expected: keys.anonKey },
  { name: 'secret key', apikey: 'sb_secret_test', expected: keys.serviceRoleKey },
  { name: 'legacy anon key', apikey: keys.anonKey ?? '', expected: keys.anonKey },
  { name: 'legacy service_role key', apikey: keys.serviceRoleKey ?? '', expected: keys.serviceRoleKey },
  {
    name: 'publishable key and session cookie',
    apikey: 'sb_publishable_test',
    cookie: sessionCookie(USER_TOKEN),
    expected: USER_TOKEN,
  },
  {
    name: 'legacy anon key and a session in chunks, larger than any header may be',
    apikey: keys.anonKey ?? '',
    cookie: sessionCookie(USER_TOKEN, '127', 'p'.repeat(9_000)),
    expected: USER_TOKEN,
  },
  {
    name: 'publishable key and a session signed with ES256',
    apikey: 'sb_publishable_test',
    cookie: sessionCookie(ES256_TOKEN),
    expected: ES256_TOKEN,
  },
  {
    name: 'publishable key and an expired session',
    apikey: 'sb_publishable_test',
    cookie: sessionCookie(signToken({ role: 'authenticated', exp: 1_600_000_000 })),
    expected: keys.anonKey,
  },
  {
    name: 'publishable key and a session of another project',
    apikey: 'sb_publishable_test',
    cookie: sessionCookie(signToken({ role: 'authenticated' }, 'another-secret-of-thirty-two-characters')),
    expected: keys.anonKey,
  },
  {
    name: 'publishable key and a token too large for a header of Realtime',
    apikey: 'sb_publishable_test',
    cookie: sessionCookie(big),
    expected: keys.anonKey,
  },
];

describe.each(VERSIONS)('Realtime %s', (version) => {
  describe.each(ROUTES)('reached %s', (route) => {
    test.each(CASES)('accepts a $name', async ({ apikey, cookie, expected }) => {
      const { url, realtime } = await setUp(route, version);
      const path = `/realtime/v1/websocket?apikey=${apikey}&vsn=2.0.0`;
      const answer = await upgrade(url, path, cookie === undefined ? {} : { cookie, origin: url });
      expect(answer.status).toBe(101);
      expect(realtime.accepted).toEqual([expected]);
      expect(realtime.seen[0]?.headers.cookie).toBeUndefined();
    });
  });
});

describe('the client gets a refusal of Realtime unchanged', () => {
  test.each([
    ['no key', '', 401, '{"error":"API key is missing"}'],
    [
      'an unknown opaque key',
      '&apikey=sb_publishable_other',
      401,
      '{"error":"The token provided is not a valid JWT"}',
    ],
    [
      'a JWT of another secret',
      `&apikey=${signToken({ role: 'anon' }, 'x'.repeat(32))}`,
      401,
      '{"error":"Failed to validate JWT signature"}',
    ],
    ['an unknown protocol version', '&apikey=sb_publishable_test&vsn=9.0.0', 403, ''],
  ])('%s', async (_, query, status, body) => {
    const { url } = await setUp('direct', '2.129');
    const answer = await upgrade(url, `/realtime/v1/websocket?log_level=info${query}`);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
  });
});
