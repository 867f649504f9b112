import { isObject } from '../../shared/json.ts';
import { bearerToken } from '../http/bearer.ts';
import { JwtVerifyError, type Claims, type JwtVerifier } from '../jwt.ts';
import { RestError } from './http/rest-error.ts';
import type { RestSettings } from './settings/settings.ts';

// PostgREST v16 src/library/PostgREST/Auth.hs

/** The role and claims that a request runs with. */
export interface AuthResult {
  readonly role: string;
  readonly claims: Claims;
  /** Value of the setting `request.jwt.claims`: the claims with the role. */
  readonly claimsJson: string;
}

/** Seconds by which the clocks of two machines may differ. */
const ALLOWED_SKEW = 30;

/**
 * Reads role and claims from the token of the `Authorization` header; any other scheme counts as no token.
 *
 * @param now seconds since 1970
 * @throws RestError PGRST300 to PGRST303
 */
export async function authenticate(
  authorization: string | undefined,
  verifier: JwtVerifier | undefined,
  settings: Pick<RestSettings, 'anonRole' | 'jwtAudience' | 'jwtRolePath'>,
  now: number,
): Promise<AuthResult> {
  const token = bearerToken(authorization);
  if (token === undefined) {
    if (settings.anonRole === undefined) throw tokenRequired();
    return { role: settings.anonRole, claims: {}, claimsJson: JSON.stringify({ role: settings.anonRole }) };
  }
  if (!verifier) throw new RestError(500, { code: 'PGRST300', message: 'Server lacks JWT secret' });
  const claims = await verifyToken(token, verifier);
  checkClaims(claims, settings.jwtAudience, now);
  const role = roleOf(claims, settings.jwtRolePath) ?? settings.anonRole;
  if (role === undefined) throw tokenRequired();
  return { role, claims, claimsJson: claimsJson(claims, role) };
}

async function verifyToken(token: string, verifier: JwtVerifier): Promise<Claims> {
  if (token === '') throw undecodable('Empty JWT is sent in Authorization header');
  const parts = token.split('.').length;
  if (parts !== 3) throw undecodable(`Expected 3 parts in JWT; got ${parts}`);
  try {
    return (await verifier.verify(token)).claims;
  } catch (error) {
    if (!(error instanceof JwtVerifyError)) throw error;
    switch (error.reason) {
      case 'signature':
        throw undecodable('No suitable key or wrong key type', 'None of the keys was able to decode the JWT');
      case 'key':
        throw undecodable('No suitable key or wrong key type', 'No suitable key was found to decode the JWT');
      case 'algorithm':
        throw undecodable('Wrong or unsupported encoding algorithm', algorithmDetails(token));
      case 'malformed':
        throw undecodable('JWT cryptographic operation failed');
    }
  }
}

function algorithmDetails(token: string): string | undefined {
  const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
  return isObject(header) && header.alg === 'none'
    ? "JWT is unsecured but expected 'alg' was not 'none'"
    : undefined;
}

function undecodable(message: string, details?: string): RestError {
  return new RestError(401, { code: 'PGRST301', message, details }, [invalidToken(message)]);
}

function badClaims(message: string): RestError {
  return new RestError(401, { code: 'PGRST303', message }, [invalidToken(message)]);
}

function invalidToken(message: string): readonly [string, string] {
  return ['WWW-Authenticate', `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`];
}

function tokenRequired(): RestError {
  return new RestError(401, { code: 'PGRST302', message: 'Anonymous access is disabled' }, [
    ['WWW-Authenticate', 'Bearer'],
  ]);
}

function checkClaims(claims: Claims, audience: string | undefined, now: number): void {
  const time = (name: 'exp' | 'nbf' | 'iat'): number | undefined => {
    const value: unknown = claims[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw badClaims(`The JWT '${name}' claim must be a number`);
    return Math.trunc(value);
  };
  const expires = time('exp');
  if (expires !== undefined && now - ALLOWED_SKEW > expires) throw badClaims('JWT expired');
  const notBefore = time('nbf');
  if (notBefore !== undefined && now + ALLOWED_SKEW < notBefore) throw badClaims('JWT not yet valid');
  const issuedAt = time('iat');
  if (issuedAt !== undefined && now + ALLOWED_SKEW < issuedAt) throw badClaims('JWT issued at future');
  checkAudience(claims.aud ?? undefined, audience);
}

function checkAudience(claim: unknown, audience: string | undefined): void {
  if (claim === undefined) return;
  const named = typeof claim === 'string' ? [claim] : claim;
  if (!Array.isArray(named) || !named.every((name) => typeof name === 'string'))
    throw badClaims("The JWT 'aud' claim must be a string or an array of strings");
  // An empty list accepts every audience.
  if (audience === undefined || (Array.isArray(claim) && named.length === 0)) return;
  if (!named.includes(audience)) throw badClaims('JWT not in audience');
}

function roleOf(claims: Claims, path: readonly (string | number)[]): string | undefined {
  let value: unknown = claims;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

// The verifier returns the same object for the same token, so its JSON can be kept.
const encoded = new WeakMap<Claims, { role: string; json: string }>();

function claimsJson(claims: Claims, role: string): string {
  const known = encoded.get(claims);
  if (known?.role === role) return known.json;
  const json = JSON.stringify({ ...claims, role });
  encoded.set(claims, { role, json });
  return json;
}
