// Storage v1.70.6 src/internal/auth/jwt.ts
import { JwtVerifyError, type JwtVerifier, type VerifiedJwt } from '../jwt.ts';
import type { Caller } from './database/request-scope.ts';

/**
 * Verifies signature and times. Storage passes on the messages of the jose library, so these are the same.
 *
 * @throws JwtVerifyError
 */
export async function verifyToken(verifier: JwtVerifier, token: string): Promise<VerifiedJwt> {
  const verified = await verifier.verify(token);
  const now = Math.floor(Date.now() / 1000);
  const { exp, nbf } = verified.claims;
  if (exp !== undefined && (typeof exp !== 'number' || exp <= now))
    throw new JwtVerifyError('malformed', '"exp" claim timestamp check failed');
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now))
    throw new JwtVerifyError('malformed', '"nbf" claim timestamp check failed');
  return verified;
}

/**
 * The caller that a valid token stands for; without a role claim it is `anon`.
 *
 * @throws JwtVerifyError
 */
export async function verifyCaller(verifier: JwtVerifier, jwt: string): Promise<Caller> {
  const { claims } = await verifyToken(verifier, jwt);
  const role = typeof claims.role === 'string' && claims.role !== '' ? claims.role : 'anon';
  const owner = typeof claims.sub === 'string' ? claims.sub : undefined;
  return { authenticated: true, role, claims, jwt, owner };
}
