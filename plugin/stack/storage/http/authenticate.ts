import type { IncomingMessage } from 'node:http';
import { JwtVerifyError, type Claims, type JwtVerifier, type VerifiedJwt } from '../../jwt.ts';
import { storageErrors } from '../errors.ts';

/** Who sent a request: what policies decide on. */
export interface Caller {
  /** False for a request without a good token on a route that needs none; it is then `anon`. */
  readonly authenticated: boolean;
  readonly role: string;
  readonly claims: Claims;
  readonly jwt: string;
  /** `sub` of the token, the owner of what it stores. */
  readonly owner: string | undefined;
}

export const ANONYMOUS: Caller = {
  authenticated: false,
  role: 'anon',
  claims: { role: 'anon' },
  jwt: '',
  owner: undefined,
};

/**
 * The caller by the Authorization header, with or without "Bearer".
 *
 * @throws StorageError AccessDenied
 */
export async function authenticate(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  const token = (req.headers.authorization ?? '').replace(/^Bearer\s+/i, '');
  try {
    return callerOf(await verifyInTime(verifier, token), token);
  } catch (error) {
    throw error instanceof JwtVerifyError ? storageErrors.accessDenied(error.message) : error;
  }
}

/** As `authenticate`, but a missing or bad token makes an anonymous caller. */
export async function authenticateLoosely(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  if (!req.headers.authorization) return ANONYMOUS;
  return authenticate(verifier, req).catch(() => ANONYMOUS);
}

/** Verifies signature and times, with the texts of the jose library, which the original passes on. */
export async function verifyInTime(verifier: JwtVerifier, token: string): Promise<VerifiedJwt> {
  const verified = await verifier.verify(token);
  const now = Math.floor(Date.now() / 1000);
  const { exp, nbf } = verified.claims;
  if (exp !== undefined && (typeof exp !== 'number' || exp <= now))
    throw new JwtVerifyError('malformed', '"exp" claim timestamp check failed');
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now))
    throw new JwtVerifyError('malformed', '"nbf" claim timestamp check failed');
  return verified;
}

export function callerOf({ claims }: VerifiedJwt, jwt: string): Caller {
  const role = typeof claims.role === 'string' && claims.role !== '' ? claims.role : 'anon';
  const owner = typeof claims.sub === 'string' ? claims.sub : undefined;
  return { authenticated: true, role, claims, jwt, owner };
}
