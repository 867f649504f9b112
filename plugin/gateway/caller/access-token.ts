import {
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import type { JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import type { GatewayKeys } from '../target.ts';

/** What the gateway needs to know of a token; `exp` counts seconds since 1970. */
export interface TokenClaims {
  readonly role: string | undefined;
  readonly exp: number | undefined;
}

/**
 * Reads a JWT's claims without trusting them: enough to refuse or to prefer, never to grant. Undefined when it is
 * no JWT.
 */
export function decodeClaims(token: string): TokenClaims | undefined {
  const payload = decodePart(token.split('.', 3)[1]);
  if (!payload) return undefined;
  return {
    role: typeof payload.role === 'string' ? payload.role : undefined,
    exp: typeof payload.exp === 'number' ? payload.exp : undefined,
  };
}

/** Decides whether a session cookie's token is worth sending on. */
export interface TokenJudge {
  /** False for a token that is expired, has no expiry, or was not signed by this backend (where that is known). */
  isGood(token: string): boolean;
}

const CACHED_TOKENS = 500;

/** A judge with the backend's keys. Synchronous, so that an upgrade is claimed and judged in one turn. */
export function createTokenJudge(keys: Pick<GatewayKeys, 'jwtSecret' | 'jwks'>): TokenJudge {
  const publicKeys = new Map<JWK, KeyObject>();
  // Expiry by token, 0 for one with a bad signature: the signature of a token never changes, the time does.
  const expiries = new LRUCache<string, number>({ max: CACHED_TOKENS });

  const hasGoodSignature = (token: string): boolean => {
    const [head = '', body = '', signature = ''] = token.split('.');
    const header = decodePart(head);
    const signed = Buffer.from(`${head}.${body}`);
    const actual = Buffer.from(signature, 'base64url');
    if (header?.alg === 'HS256') {
      if (keys.jwtSecret === undefined) return true;
      const expected = createHmac('sha256', keys.jwtSecret).update(signed).digest();
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    }
    if (header?.alg !== 'ES256' && header?.alg !== 'RS256') return false;
    // Without the backend's public keys the services themselves are the judge.
    if (keys.jwks === undefined) return true;
    const jwk = keys.jwks.find(({ alg, kid }) => alg === header.alg && (!header.kid || kid === header.kid));
    if (!jwk) return false;
    let key = publicKeys.get(jwk);
    if (!key) publicKeys.set(jwk, (key = createPublicKey({ key: publicPart(jwk), format: 'jwk' })));
    return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, actual);
  };

  return {
    isGood(token) {
      let expiry = expiries.get(token);
      if (expiry === undefined) {
        expiry = hasGoodSignature(token) ? (decodeClaims(token)?.exp ?? 0) : 0;
        expiries.set(token, expiry);
      }
      return expiry > Date.now() / 1000;
    },
  };
}

/** A backend in this process may hand over its private keys. */
function publicPart({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: JWK): JsonWebKey {
  return rest;
}

function decodePart(part: string | undefined): Record<string, unknown> | undefined {
  if (part === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
