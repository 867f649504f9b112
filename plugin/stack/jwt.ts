import {
  compactVerify,
  errors,
  importJWK,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JWK,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { errorMessage } from '../shared/errors.ts';
import { decodeJwt } from '../shared/jwt.ts';
import type { Keys } from './keys.ts';

/** The claims of a verified token. Times (`exp`, `iat`, `nbf`) are seconds since 1970. */
export interface Claims {
  readonly [name: string]: unknown;
  readonly role?: string;
  readonly sub?: string;
  readonly exp?: number;
}

/** A token with a valid signature. Each service checks the times itself, with its own rules and messages. */
export interface VerifiedJwt {
  readonly header: CompactJWSHeaderParameters;
  readonly claims: Claims;
}

/** Why a token was rejected: not a JWT, an algorithm or key that this stack does not accept, or an invalid signature. */
export class JwtVerifyError extends Error {
  override readonly name = 'JwtVerifyError';
  readonly reason: 'malformed' | 'algorithm' | 'key' | 'signature';

  constructor(reason: JwtVerifyError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface JwtVerifier {
  /** @throws JwtVerifyError */
  verify(token: string): Promise<VerifiedJwt>;
}

// A client sends the same token with every request: valid ones are cached instead of verified again.
const CACHED_TOKENS = 1000;

type VerificationKey = CryptoKey | Uint8Array;

/**
 * Verifies by the token's own `alg` and `kid`: HS256 with the secret (any `kid`, as on Supabase), ES256 and RS256 with
 * the signing key of that `kid`.
 */
export function createJwtVerifier(keys: Pick<Keys, 'jwtSecret' | 'signingKeys'>): JwtVerifier {
  return new CachingJwtVerifier(keys);
}

class CachingJwtVerifier implements JwtVerifier {
  readonly #secret: Uint8Array;
  readonly #signingKeys: readonly JWK[];
  readonly #publicKeys = new Map<string, Promise<VerificationKey>>();
  readonly #verified = new LRUCache<string, VerifiedJwt>({ max: CACHED_TOKENS });

  constructor(keys: Pick<Keys, 'jwtSecret' | 'signingKeys'>) {
    this.#secret = new TextEncoder().encode(keys.jwtSecret);
    this.#signingKeys = keys.signingKeys;
  }

  async verify(token: string): Promise<VerifiedJwt> {
    const known = this.#verified.get(token);
    if (known) return known;
    const verified = await verifySignature(token, (header) => this.#findKey(header));
    this.#verified.set(token, verified);
    return verified;
  }

  /** @throws JwtVerifyError when no key has the header's `alg` and `kid` */
  #findKey(header: CompactJWSHeaderParameters): Promise<VerificationKey> | Uint8Array {
    if (header.alg === 'HS256') return this.#secret;
    const jwk = this.#signingKeys.find(
      (key) => key.alg === header.alg && (!header.kid || key.kid === header.kid),
    );
    if (!jwk) throw new JwtVerifyError('key', `no ${header.alg} key with kid "${header.kid ?? ''}"`);
    const id = `${jwk.alg}:${jwk.kid ?? ''}`;
    let key = this.#publicKeys.get(id);
    if (!key) this.#publicKeys.set(id, (key = importJWK(publicJwk(jwk))));
    return key;
  }
}

/** The public half of a private JWK, as published in the JWKS. */
export function publicJwk(jwk: JWK): JWK {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = jwk;
  return { ...rest, key_ops: ['verify'] };
}

async function verifySignature(
  token: string,
  findKey: (header: CompactJWSHeaderParameters) => Promise<VerificationKey> | Uint8Array,
): Promise<VerifiedJwt> {
  try {
    const { protectedHeader } = await compactVerify(token, async (header) => findKey(header), {
      algorithms: ['HS256', 'ES256', 'RS256'],
    });
    const decoded = decodeJwt(token);
    if (!decoded) throw new JwtVerifyError('malformed', 'the token is not a plain JWT with a JSON object');
    return { header: protectedHeader, claims: decoded.claims };
  } catch (error) {
    if (error instanceof JwtVerifyError) throw error;
    if (error instanceof errors.JWSSignatureVerificationFailed)
      throw new JwtVerifyError('signature', error.message);
    if (error instanceof errors.JOSEAlgNotAllowed) throw new JwtVerifyError('algorithm', error.message);
    throw new JwtVerifyError('malformed', errorMessage(error));
  }
}
