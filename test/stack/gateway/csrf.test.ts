import { describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { ask, reflect, seenIn, startGateway, type Ask } from '../../helpers/gateway/support.ts';
import { KEYS, sessionCookie, signToken, USER_TOKEN } from '../../helpers/gateway/tokens.ts';

// A foreign page can make a browser send requests with the app's cookies: forms, images, no-cors fetches.

const target: GatewayTarget = {
  keys: KEYS,
  upstreams: { rest: { kind: 'handler', handle: reflect }, storage: { kind: 'handler', handle: reflect } },
};
const cookie = sessionCookie(USER_TOKEN, 'localhost');

/** The Authorization header that the service received. */
async function authorization(
  headers: Record<string, string>,
  options: Ask = {},
): Promise<string | undefined> {
  const { url, port } = await startGateway({ target });
  const replaced = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', `localhost:${port}`)]),
  );
  const answer = await ask(url, '/rest/v1/messages', {
    ...options,
    headers: { host: `localhost:${port}`, cookie, ...replaced },
  });
  return seenIn(answer).headers.authorization;
}

describe('a foreign page cannot use the session', () => {
  test.each<[string, Record<string, string>]>([
    ['a form of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a form of an older browser', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['a link', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ['a page whose headers contradict each other', { origin: 'http://OWN', 'sec-fetch-site': 'cross-site' }],
    ['a program without any of it', {}],
  ])('%s', async (_, headers) => {
    expect(await authorization(headers, { method: 'POST', body: 'x=1' })).toBe('');
    expect(await authorization({ apikey: 'sb_publishable_test', ...headers })).toBe(`Bearer ${KEYS.anonKey}`);
  });
});

describe('the app’s own page has its session', () => {
  test.each<[string, Record<string, string>]>([
    ['by Origin', { origin: 'http://OWN' }],
    ['by Origin and Sec-Fetch-Site', { origin: 'http://OWN', 'sec-fetch-site': 'same-origin' }],
    ['by Sec-Fetch-Site, as GET requests have no Origin', { 'sec-fetch-site': 'same-origin' }],
    ['with a publishable key', { origin: 'http://OWN', apikey: 'sb_publishable_test' }],
    [
      'with supabase-js’s Bearer of a publishable key',
      { origin: 'http://OWN', apikey: 'sb_publishable_test', authorization: 'Bearer sb_publishable_test' },
    ],
    [
      'with supabase-js’s Bearer of the legacy anon key',
      { origin: 'http://OWN', apikey: KEYS.anonKey ?? '', authorization: `Bearer ${KEYS.anonKey}` },
    ],
  ])('%s', async (_, headers) => {
    expect(await authorization(headers)).toBe(`Bearer ${USER_TOKEN}`);
  });

  test('behind a tunnel that terminates TLS', async () => {
    const { url } = await startGateway({ target, allowedHosts: ['app.tunnel.example'] });
    const headers = { host: 'app.tunnel.example', origin: 'https://app.tunnel.example', cookie };
    expect(seenIn(await ask(url, '/rest/v1/messages', { headers })).headers.authorization).toBe(
      `Bearer ${USER_TOKEN}`,
    );
  });
});

describe('a token of the request itself is never replaced', () => {
  const own = signToken({ role: 'authenticated', sub: 'other' });
  test.each<[string, Record<string, string>, string]>([
    ['a user’s', { authorization: `Bearer ${own}` }, `Bearer ${own}`],
    ['a legacy service_role key’s', { apikey: KEYS.serviceRoleKey ?? '' }, KEYS.serviceRoleKey ?? ''],
    ['another scheme’s', { authorization: 'Basic abc' }, 'Basic abc'],
  ])('%s', async (_, headers, expected) => {
    expect(await authorization({ origin: 'http://OWN', ...headers })).toBe(expected);
  });

  test('the signature of an S3 request is not replaced, and none is added', async () => {
    const { url, port } = await startGateway({ target });
    const host = `localhost:${port}`;
    const headers = { host, cookie, origin: `http://${host}`, apikey: 'sb_publishable_test' };
    const path = '/storage/v1/s3/bucket/key?X-Amz-Signature=abc';
    expect(seenIn(await ask(url, path, { headers })).headers.authorization).toBeUndefined();
    const signed = { ...headers, authorization: 'AWS4-HMAC-SHA256 Credential=a/b, Signature=c' };
    expect(seenIn(await ask(url, path, { headers: signed })).headers.authorization).toBe(
      signed.authorization,
    );
  });
});

test('an expired session is not forwarded', async () => {
  const expired = sessionCookie(signToken({ role: 'authenticated', exp: 1_600_000_000 }), 'localhost');
  const headers = { origin: 'http://OWN', cookie: expired, apikey: 'sb_publishable_test' };
  expect(await authorization(headers)).toBe(`Bearer ${KEYS.anonKey}`);
});
