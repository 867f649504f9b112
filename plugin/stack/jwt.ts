import {
  compactVerify,
  errors,
  importJWK,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JWK,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Keys } from './keys.ts';

/** The claims of a verified token. Times (`exp`, `iat`, `nbf`) are seconds since 1970. */
export interface Claims {
  readonly [name: string]: unknown;
  readonly role?: string;
  readonly sub?: string;
  readonly exp?: number;
}

/** A token whose signature is good. Its times are not judged here: each service has rules (and texts) of its own. */
export interface VerifiedJwt {
  readonly header: CompactJWSHeaderParameters;
  readonly claims: Claims;
}

/** Why a token was refused: not a JWT at all, an algorithm or key that this stack does not accept, a bad signature. */
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

// A client sends the same token with every request: remember the good ones instead of hashing again.
const CACHED_TOKENS = 1000;

/**
 * Verifies by the token's own `alg` and `kid`: HS256 with the secret (whatever its `kid`, as Supabase does),
 * ES256 and RS256 with the signing key of that `kid`.
 */
export function createJwtVerifier(keys: Pick<Keys, 'jwtSecret' | 'signingKeys'>): JwtVerifier {
  const secret = new TextEncoder().encode(keys.jwtSecret);
  const publicKeys = new Map<string, Promise<CryptoKey | Uint8Array>>();
  const cache = new LRUCache<string, VerifiedJwt>({ max: CACHED_TOKENS });

  const findKey = (header: CompactJWSHeaderParameters): Promise<CryptoKey | Uint8Array> | Uint8Array => {
    if (header.alg === 'HS256') return secret;
    const jwk = keys.signingKeys.find(
      (key) => key.alg === header.alg && (!header.kid || key.kid === header.kid),
    );
    if (!jwk) throw new JwtVerifyError('key', `no ${header.alg} key with kid "${header.kid ?? ''}"`);
    const id = `${jwk.alg}:${jwk.kid ?? ''}`;
    let key = publicKeys.get(id);
    if (!key) publicKeys.set(id, (key = importJWK(publicJwk(jwk))));
    return key;
  };

  return {
    async verify(token) {
      const known = cache.get(token);
      if (known) return known;
      const verified = await verifySignature(token, findKey);
      cache.set(token, verified);
      return verified;
    },
  };
}

/** The public half of a private JWK, as published in the JWKS. */
export function publicJwk(jwk: JWK): JWK {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = jwk;
  return { ...rest, key_ops: ['verify'] };
}

async function verifySignature(
  token: string,
  findKey: (header: CompactJWSHeaderParameters) => Promise<CryptoKey | Uint8Array> | Uint8Array,
): Promise<VerifiedJwt> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, async (header) => findKey(header), {
      algorithms: ['HS256', 'ES256', 'RS256'],
    });
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
      throw new JwtVerifyError('malformed', 'the payload is not a JSON object');
    }
    return { header: protectedHeader, claims: claims as Claims };
  } catch (error) {
    if (error instanceof JwtVerifyError) throw error;
    if (error instanceof errors.JWSSignatureVerificationFailed)
      throw new JwtVerifyError('signature', error.message);
    if (error instanceof errors.JOSEAlgNotAllowed) throw new JwtVerifyError('algorithm', error.message);
    throw new JwtVerifyError('malformed', error instanceof Error ? error.message : String(error));
  }
}
