import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSoftAuthenticator } from './soft-authenticator.ts';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth(`
    [auth.passkey]
    enabled = true
    [auth.webauthn]
    rp_id = "localhost"
    rp_display_name = "Shop"
    rp_origins = ["http://localhost:3000"]
    [auth.mfa.web_authn]
    enroll_enabled = true
    verify_enabled = true`);
});

afterAll(() => stack.stop());

interface Answer {
  readonly status: number;
  /** The fields that these tests read; those of another endpoint are undefined. */
  readonly body: {
    readonly id: string;
    readonly error_code: string;
    readonly access_token: string;
    readonly challenge_id: string;
    readonly friendly_name: string;
    readonly options: { readonly challenge: string };
    readonly user: { readonly email: string };
    readonly webauthn: {
      readonly type: 'create' | 'request';
      readonly credential_options: { readonly publicKey: { readonly challenge: string } };
    };
  };
}

async function call(method: string, path: string, token: string, body?: object): Promise<Answer> {
  const response = await fetch(`${stack.url}/auth/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text || '{}') as Answer['body'] };
}

async function signUp(email: string): Promise<string> {
  const { data } = await createTestClient(stack).auth.signUp({ email, password: 'correct-horse' });
  return data.session?.access_token ?? '';
}

test('signs in with a registered passkey, once per challenge', async () => {
  const token = await signUp('key@example.com');
  const authenticator = createSoftAuthenticator('http://localhost:3000');
  const offer = (await call('POST', '/passkeys/registration/options', token, {})).body;
  const registered = await call('POST', '/passkeys/registration/verify', token, {
    challenge_id: offer.challenge_id,
    credential: authenticator.create(offer.options),
  });
  expect(registered.status).toBe(200);
  const id = registered.body.id;

  const { body: request } = await call('POST', '/passkeys/authentication/options', '', {});
  const answer = { challenge_id: request.challenge_id, credential: authenticator.get(request.options) };
  const signedIn = await call('POST', '/passkeys/authentication/verify', '', answer);
  expect(signedIn.body.user.email).toBe('key@example.com');
  const again = await call('POST', '/passkeys/authentication/verify', '', answer);
  expect(again.body.error_code).toBe('webauthn_challenge_not_found');

  const renamed = await call('PATCH', `/passkeys/${id}`, token, { friendly_name: 'Laptop' });
  expect(renamed.body.friendly_name).toBe('Laptop');
  const other = await signUp('thief@example.com');
  expect((await call('DELETE', `/passkeys/${id}`, other)).status).toBe(404);
  expect((await call('DELETE', `/passkeys/${id}`, token)).status).toBe(204);
  expect((await call('GET', '/passkeys', token)).body).toEqual([]);
});

test('refuses a passkey of another site', async () => {
  const token = await signUp('phished@example.com');
  const offer = (await call('POST', '/passkeys/registration/options', token, {})).body;
  const refused = await call('POST', '/passkeys/registration/verify', token, {
    challenge_id: offer.challenge_id,
    credential: createSoftAuthenticator('http://evil.example').create(offer.options),
  });
  expect(refused).toMatchObject({ status: 400, body: { error_code: 'webauthn_verification_failed' } });
});

test('reaches aal2 with a security key', async () => {
  let token = await signUp('mfa-key@example.com');
  const authenticator = createSoftAuthenticator('http://localhost:3000');
  const factor = { factor_type: 'webauthn', friendly_name: 'Key' };
  const { id } = (await call('POST', '/factors', token, factor)).body;
  for (const expected of ['create', 'request'] as const) {
    const challenge = (await call('POST', `/factors/${id}/challenge`, token, { webauthn: {} })).body;
    const { type, credential_options: options } = challenge.webauthn;
    expect(type).toBe(expected);
    const credential_response = authenticator[type === 'create' ? 'create' : 'get'](options.publicKey);
    const verified = await call('POST', `/factors/${id}/verify`, token, {
      challenge_id: challenge.id,
      webauthn: { type, credential_response },
    });
    expect(verified.status).toBe(200);
    token = verified.body.access_token;
    const claims = await createTestClient(stack).auth.getClaims(token);
    expect(claims.data?.claims.aal).toBe('aal2');
  }
});
