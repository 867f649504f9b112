import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { AuthTokenResponse } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;
let provider: Server;
let issuer: string;
let sign: (claims: JWTPayload, key?: Parameters<SignJWT['sign']>[0]) => Promise<string>;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' };
  provider = createServer((req, res) => {
    const isKeys = req.url === '/realms/shop/keys';
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/realms/shop`;
  sign = (claims, key = privateKey) =>
    new SignJWT({ iss: issuer, aud: 'shop-client', sub: 'kc-1', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
  stack = await startAuth(`
    [auth.external.keycloak]
    enabled = true
    client_id = "shop-client"
    secret = "s"
    url = "${issuer}"`);
});

afterAll(async () => {
  provider.close();
  await stack.stop();
});

const signIn = (token: string, nonce?: string): Promise<AuthTokenResponse> =>
  createTestClient(stack).auth.signInWithIdToken({
    provider: 'keycloak',
    token,
    ...(nonce === undefined ? {} : { nonce }),
  });

test('signs the same person in with every token of the provider', async () => {
  const claims = { email: 'Kay@Example.com', email_verified: true, name: 'Kay' };
  const first = await signIn(await sign(claims));
  expect(first.error).toBeNull();
  expect(first.data.user).toMatchObject({
    email: 'kay@example.com',
    app_metadata: { provider: 'keycloak' },
    user_metadata: { name: 'Kay', email_verified: true },
  });
  const hash = createHash('sha256').update('raw-nonce').digest('hex');
  const second = await signIn(await sign({ ...claims, nonce: hash }), 'raw-nonce');
  expect(second.data.user?.id).toBe(first.data.user?.id);
});

test('refuses every token that does not prove the identity', async () => {
  const message = async (token: string, nonce?: string): Promise<string | undefined> =>
    (await signIn(token, nonce)).error?.message;
  const stranger = await generateKeyPair('RS256');
  expect(await message(await sign({}, stranger.privateKey))).toBe('Bad ID token');
  expect(await message(await sign({ iss: 'https://evil.example' }))).toBe('Bad ID token');
  expect(await message('garbage')).toBe('Bad ID token');
  expect(await message(await sign({ aud: 'other' }))).toBe('Unacceptable audience in id_token: [other]');
  expect(await message(await sign({ nonce: 'abc' }))).toContain('should either both exist or not');
  expect(await message(await sign({ nonce: 'abc' }), 'abc')).toBe('Nonces mismatch');
});
