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
import { decodeJwt } from '../../shared/jwt.ts';
import type { GatewayKeys } from '../target.ts';

/** What the gateway needs to know of a token; `exp` is in seconds since 1970. */
export interface TokenClaims {
  readonly role: string | undefined;
  readonly exp: number | undefined;
}

/**
 * Reads a JWT's claims without verifying them: enough to refuse or to prefer a token, never to grant something.
 * Undefined when it is not a JWT.
 */
export function decodeClaims(token: string): TokenClaims | undefined {
  const claims = decodeJwt(token)?.claims;
  if (!claims) return undefined;
  return {
    role: typeof claims.role === 'string' ? claims.role : undefined,
    exp: typeof claims.exp === 'number' ? claims.exp : undefined,
  };
}

const CACHED_TOKENS = 500;

/**
 * Decides whether the token of a session cookie is worth sending on, with the backend's keys. Synchronous, so that an
 * upgrade is claimed and checked in the same turn of the event loop.
 */
export class SessionTokenVerifier {
  readonly #keys: Pick<GatewayKeys, 'jwtSecret' | 'jwks'>;
  readonly #publicKeys = new Map<JWK, KeyObject>();
  readonly #knowsSession: ((token: string) => Promise<boolean>) | undefined;
  // Expiry by token, 0 for one that is not of this backend, which never changes.
  readonly #expiries = new LRUCache<string, number>({ max: CACHED_TOKENS });
  readonly #asked = new Map<string, Promise<void>>();

  constructor(
    keys: Pick<GatewayKeys, 'jwtSecret' | 'jwks'>,
    knowsSession?: (token: string) => Promise<boolean>,
  ) {
    this.#keys = keys;
    this.#knowsSession = knowsSession;
  }

  /**
   * False for a token that is expired, has no expiry, or was not signed by this backend (where its keys are known); also
   * for one of a session that `learn` has not learned, where the backend knows its sessions.
   */
  isValid(token: string): boolean {
    let expiry = this.#expiries.get(token);
    if (expiry === undefined) {
      if (this.#knowsSession) return false;
      expiry = this.#signedExpiry(token);
      this.#expiries.set(token, expiry);
    }
    return expiry > Date.now() / 1000;
  }

  /** Asks the backend about sessions that are not known yet; undefined when there is nothing to ask. */
  learn(tokens: readonly string[]): Promise<void> | undefined {
    const knowsSession = this.#knowsSession;
    const isNew = (token: string): boolean => !this.#expiries.has(token);
    if (!knowsSession || !tokens.some(isNew)) return undefined;
    const learnOne = async (token: string): Promise<void> => {
      const expiry = this.#signedExpiry(token);
      const isCurrent = expiry > Date.now() / 1000;
      this.#expiries.set(token, isCurrent && (await knowsSession(token)) ? expiry : 0);
    };
    // The requests of a page come together, and wait for one question.
    const learnOnce = (token: string): Promise<void> => {
      const asked = this.#asked.get(token) ?? learnOne(token).finally(() => this.#asked.delete(token));
      this.#asked.set(token, asked);
      return asked;
    };
    // A backend that cannot answer now is asked again by the next request.
    return Promise.allSettled(tokens.filter(isNew).map(learnOnce)).then(() => {});
  }

  #signedExpiry(token: string): number {
    return this.#hasValidSignature(token) ? (decodeClaims(token)?.exp ?? 0) : 0;
  }

  #hasValidSignature(token: string): boolean {
    const { jwtSecret, jwks } = this.#keys;
    const [head = '', body = '', signature = ''] = token.split('.');
    const header = decodeJwt(token)?.header;
    const signed = Buffer.from(`${head}.${body}`);
    const actual = Buffer.from(signature, 'base64url');
    if (header?.alg === 'HS256') {
      if (jwtSecret === undefined) return true;
      const expected = createHmac('sha256', jwtSecret).update(signed).digest();
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    }
    if (header?.alg !== 'ES256' && header?.alg !== 'RS256') return false;
    // Without the backend's public keys, only the services can verify it.
    if (jwks === undefined) return true;
    const jwk = jwks.find(({ alg, kid }) => alg === header.alg && (!header.kid || kid === header.kid));
    return jwk !== undefined && verify('sha256', signed, this.#publicKey(jwk), actual);
  }

  #publicKey(jwk: JWK): { key: KeyObject; dsaEncoding: 'ieee-p1363' } {
    let key = this.#publicKeys.get(jwk);
    if (!key) {
      key = createPublicKey({ key: publicPart(jwk), format: 'jwk' });
      this.#publicKeys.set(jwk, key);
    }
    return { key, dsaEncoding: 'ieee-p1363' };
  }
}

/** A backend in this process may pass its private keys. */
function publicPart({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: JWK): JsonWebKey {
  return rest;
}
