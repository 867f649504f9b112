import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { createJwtVerifier, publicJwk } from '../../../plugin/stack/jwt.ts';

const jwtSecret = 'a-secret-of-at-least-thirty-two-characters';
function sign(secret = jwtSecret, header = {}): Promise<string> {
  return new SignJWT({ role: 'anon' })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(new TextEncoder().encode(secret));
}

test('verifies HS256 by the secret, with any kid', async () => {
  const verifier = createJwtVerifier({ jwtSecret, signingKeys: [] });
  expect((await verifier.verify(await sign())).claims.role).toBe('anon');
  expect((await verifier.verify(await sign(jwtSecret, { kid: 'unknown' }))).claims.role).toBe('anon');
});

test.each([
  ['a wrong secret', () => sign('another-secret-of-at-least-32-characters'), 'signature'],
  ['garbage', async () => 'garbage', 'malformed'],
  ['an opaque key', async () => 'sb_publishable_x', 'malformed'],
  ['no algorithm', async () => `${btoa('{"alg":"none"}')}.${btoa('{"role":"service_role"}')}.`, 'algorithm'],
])('rejects %s', async (_what, token, reason) => {
  const verifier = createJwtVerifier({ jwtSecret, signingKeys: [] });
  await expect(verifier.verify(await token())).rejects.toMatchObject({ name: 'JwtVerifyError', reason });
});

test('verifies ES256 by the signing key of its kid, as well as HS256', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'one' };
  const verifier = createJwtVerifier({ jwtSecret, signingKeys: [jwk] });
  const es256 = (kid: string): Promise<string> =>
    new SignJWT({ role: 'authenticated' }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  expect((await verifier.verify(await es256('one'))).claims.role).toBe('authenticated');
  expect((await verifier.verify(await sign())).claims.role).toBe('anon');
  await expect(verifier.verify(await es256('two'))).rejects.toMatchObject({ reason: 'key' });
  expect(publicJwk(jwk)).not.toHaveProperty('d');
});
