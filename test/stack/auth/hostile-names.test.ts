import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAuth, type TestStack } from './start-auth.ts';

// Names that every JavaScript object has, and texts that no column can hold, in all places where Auth looks something up.

let stack: TestStack;
beforeAll(async () => {
  stack = await startAuth(`
    [auth.mfa.totp]
    enroll_enabled = true
    [auth.external.keycloak]
    enabled = true
    url = "http://127.0.0.1:9"
    [auth.external.constructor]
    enabled = true
    [auth.email.template.constructor]
    subject = "x"`);
});
afterAll(() => stack.stop());

async function send(method: string, path: string, body?: string): Promise<{ status: number; code: unknown }> {
  const response = await fetch(`${stack.url}/auth/v1${path}`, {
    method,
    redirect: 'manual',
    headers: { Authorization: `Bearer ${stack.keys.serviceRoleKey}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  const { error_code: code } = (isJson ? JSON.parse(text) : {}) as { error_code?: unknown };
  return { status: response.status, code: code ?? response.headers.get('location') };
}

const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'];
const json = JSON.stringify;

test.for(NAMES)('%s is no entry of any table', async (name) => {
  const token = (grant: string, body = '{}') => send('POST', `/token?grant_type=${grant}`, body);
  expect(await token(name)).toEqual({ status: 400, code: 'invalid_credentials' });
  expect(await send('POST', '/verify', json({ type: name, token_hash: 'x' }))).toEqual({
    status: 400,
    code: 'validation_failed',
  });
  expect(await send('POST', '/verify', json({ type: name, token: 'x', email: 'a@example.com' }))).toEqual({
    status: 403,
    code: 'otp_expired',
  });
  const link = await send('GET', `/verify?type=${name}&token=x`);
  expect(link).toEqual({ status: 303, code: expect.stringContaining('error_code=validation_failed') });
  const idToken = json({ provider: name, id_token: 'x' });
  expect(await token('id_token', idToken)).toEqual({ status: 400, code: 'validation_failed' });
  const byIssuer = json({ issuer: name, client_id: 'x', id_token: 'x' });
  expect(await token('id_token', byIssuer)).toEqual({ status: 400, code: 'validation_failed' });
  expect(await send('GET', `/authorize?provider=${name}`)).toEqual({
    status: 400,
    code: 'validation_failed',
  });
  expect(await send('GET', `/admin/audit?query=${name}:x`)).toEqual({
    status: 400,
    code: 'validation_failed',
  });
  expect(await send('POST', '/admin/generate_link', json({ type: name, email: 'a@example.com' }))).toEqual({
    status: 400,
    code: 'validation_failed',
  });
  expect(await send('POST', '/resend', json({ type: name, email: 'a@example.com' }))).toEqual({
    status: 400,
    code: 'validation_failed',
  });
});

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const signup = (address: string, data: string): string =>
  `{"email":"${address}@example.com","password":"correct-horse","data":${data}}`;

test.for([
  ['POST', '/signup', '['.repeat(20_000)],
  ['POST', '/signup', signup('a', deep(6000))],
  ['POST', '/signup', signup('b', `${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}`)],
  ['POST', '/signup', deep(500_000)],
  ['POST', '/token?grant_type=password', deep(3000)],
  ['POST', '/admin/users', `{"email":"x@example.com","app_metadata":{"a":${deep(3000)}}}`],
] as const)('refuses deeply nested JSON: %s %s', async ([method, path, body]) => {
  expect(await send(method, path, body)).toEqual({ status: 400, code: 'bad_json' });
});

test('stores JSON of a sensible depth, and signs in with it', async () => {
  expect((await send('POST', '/signup', signup('deep', `{"a":${deep(900)}}`))).status).toBe(200);
  const credentials = json({ email: 'deep@example.com', password: 'correct-horse' });
  expect((await send('POST', '/token?grant_type=password', credentials)).status).toBe(200);
});

test('refuses U+0000 in every place, and repairs half a surrogate pair as Go does', async () => {
  const bad = { status: 400, code: 'validation_failed' };
  expect(await send('POST', '/signup', signup('c', String.raw`{"a":"\u0000"}`))).toEqual(bad);
  expect(await send('GET', '/admin/users?filter=%00')).toEqual(bad);
  expect(await send('GET', '/admin/audit?query=author:%00')).toEqual(bad);
  expect(await send('POST', '/invite', String.raw`{"email":"i@example.com","data":{"\u0000":1}}`)).toEqual(
    bad,
  );
  const created = await fetch(`${stack.url}/auth/v1/signup`, {
    method: 'POST',
    body: signup('d', String.raw`{"\ud800":"x\udc00","e":"\ud83d\ude00"}`),
  });
  expect(await created.json()).toMatchObject({ user: { user_metadata: { '\ufffd': 'x\ufffd', e: '😀' } } });
});

test('answers numbers beyond their range with 400 or an empty page', async () => {
  const large = String(Number.MAX_SAFE_INTEGER);
  expect((await send('GET', `/admin/users?page=${large}&per_page=${large}`)).status).toBe(200);
  const banned = json({ email: 'ban@example.com', ban_duration: `${'9'.repeat(30)}h` });
  expect(await send('POST', '/admin/users', banned)).toEqual({ status: 400, code: 'validation_failed' });
});

test.for([
  {},
  7,
  'https://login.microsoftonline.com/',
  'https://login.microsoftonline.com/a/v2.0?x=',
  'https://login.microsoftonline.com/a/../../v2.0',
  'https://login.microsoftonline.com@127.0.0.1/a/v2.0',
  'https://sts.windows.net/',
  'http://127.0.0.1:9',
])('fetches no keys for an id token whose issuer is %j', async (iss) => {
  const part = (value: object) => Buffer.from(json(value)).toString('base64url');
  const token = `${part({ alg: 'RS256' })}.${part({ iss })}.x`;
  const asked = json({ provider: 'azure', id_token: token });
  expect(await send('POST', '/token?grant_type=id_token', asked)).toEqual({
    status: 400,
    code: 'validation_failed',
  });
});
