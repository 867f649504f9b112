import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'test-key', alg: 'ES256', use: 'sig' };
  stack = await startAuth(
    `
    [auth]
    signing_keys_path = "./signing_keys.json"
    [auth.oauth_server]
    enabled = true
    allow_dynamic_registration = true`,
    { files: { 'signing_keys.json': JSON.stringify([jwk]) } },
  );
});

afterAll(() => stack.stop());

const REDIRECT = 'https://client.example/callback';

async function call(
  method: string,
  path: string,
  options: { readonly token?: string; readonly json?: object; readonly form?: Record<string, string> } = {},
): Promise<{ status: number; location: string; body: Record<string, unknown> }> {
  const response = await fetch(path.startsWith('http') ? path : `${stack.url}/auth/v1${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(options.token ? { Authorization: `Bearer ${options.token}` } : {}),
      ...(options.json ? { 'Content-Type': 'application/json' } : {}),
    },
    body: options.json
      ? JSON.stringify(options.json)
      : options.form
        ? new URLSearchParams(options.form)
        : null,
  });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, location: response.headers.get('location') ?? '', body };
}

test('signs users in to a registered client', async () => {
  const discovery = await call('GET', '/.well-known/oauth-authorization-server');
  expect(discovery.body).toMatchObject({
    issuer: `${stack.url}/auth/v1`,
    token_endpoint: `${stack.url}/auth/v1/oauth/token`,
  });
  const registered = await call('POST', '/oauth/clients/register', {
    json: { client_name: 'Agent', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
  });
  expect(registered.status).toBe(201);
  const clientId = String(registered.body.client_id);

  const supabase = createTestClient(stack);
  const signedUp = await supabase.auth.signUp({ email: 'owner@example.com', password: 'correct-horse' });
  const token = signedUp.data.session?.access_token ?? '';
  const verifier = randomBytes(40).toString('base64url');
  const authorize = new URLSearchParams({
    client_id: clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'openid email profile',
    state: 'xyz',
    nonce: 'n-1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const started = await call('GET', `/oauth/authorize?${authorize.toString()}`);
  expect(started.status).toBe(302);
  const page = new URL(started.location);
  expect(page.pathname).toBe('/oauth/consent');
  const id = page.searchParams.get('authorization_id') ?? '';

  const details = await call('GET', `/oauth/authorizations/${id}`, { token });
  expect(details.body).toMatchObject({ client: { name: 'Agent' }, scope: 'openid email profile' });
  const approved = await call('POST', `/oauth/authorizations/${id}/consent`, {
    token,
    json: { action: 'approve' },
  });
  const back = new URL(String(approved.body.redirect_url));
  expect(back.searchParams.get('state')).toBe('xyz');
  const form = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: back.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT,
  };
  const wrong = await call('POST', '/oauth/token', { form: { ...form, code_verifier: 'w'.repeat(50) } });
  expect(wrong.body.error).toBe('invalid_grant');
  const exchanged = await call('POST', '/oauth/token', { form: { ...form, code_verifier: verifier } });
  expect(exchanged.status).toBe(200);
  const jwks = createRemoteJWKSet(new URL(`${stack.url}/auth/v1/.well-known/jwks.json`));
  const { payload } = await jwtVerify(String(exchanged.body.id_token), jwks, { audience: clientId });
  expect(payload).toMatchObject({ nonce: 'n-1', email: 'owner@example.com', iss: `${stack.url}/auth/v1` });
  const again = await call('POST', '/oauth/token', { form: { ...form, code_verifier: verifier } });
  expect(again.body.error).toBe('invalid_grant');

  const access = String(exchanged.body.access_token);
  expect((await jwtVerify(access, jwks)).payload.client_id).toBe(clientId);
  expect((await call('GET', '/oauth/userinfo', { token: access })).body).toMatchObject({
    email: 'owner@example.com',
  });
  const refresh = { grant_type: 'refresh_token', refresh_token: String(exchanged.body.refresh_token) };
  const refreshed = await call('POST', '/oauth/token', { form: { ...refresh, client_id: clientId } });
  expect(refreshed.status).toBe(200);
  // The endpoint of the users' own sessions refuses a client's token.
  const stolen = await call('POST', '/token?grant_type=refresh_token', {
    json: { refresh_token: String(refreshed.body.refresh_token) },
  });
  expect(stolen.status).toBe(400);

  const second = await call('GET', `/oauth/authorize?${authorize.toString()}`);
  const secondId = new URL(second.location).searchParams.get('authorization_id') ?? '';
  const known = await call('GET', `/oauth/authorizations/${secondId}`, { token });
  expect(String(known.body.redirect_url)).toContain('code=');
  expect((await call('DELETE', `/user/oauth/grants?client_id=${clientId}`, { token })).status).toBe(204);
  expect((await call('GET', '/oauth/userinfo', { token: access })).status).toBe(403);
});

test('never redirects to an address that is not registered', async () => {
  const registered = await call('POST', '/oauth/clients/register', {
    json: { client_name: 'Agent', redirect_uris: [REDIRECT] },
  });
  const query = new URLSearchParams({
    client_id: String(registered.body.client_id),
    redirect_uri: 'https://evil.example/callback',
  });
  const refused = await call('GET', `/oauth/authorize?${query.toString()}`);
  expect(refused).toMatchObject({ status: 400, location: '' });
});
