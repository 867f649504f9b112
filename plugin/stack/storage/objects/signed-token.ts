import { SignJWT } from 'jose';
import { createJwtVerifier, JwtVerifyError, type Claims, type JwtVerifier } from '../../jwt.ts';
import { storageErrors } from '../errors.ts';
import { verifyToken } from '../verify-token.ts';

export type TokenScope = 'download' | 'upload';

// Beyond this, milliseconds since 1970 are no safe integer.
const LAST_SECOND = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/**
 * Tokens of signed URLs: JWTs for one action on one object, with an expiry. A key of their own signs them, so that they
 * are no access tokens, access tokens are none of them, and nobody but this API can issue one.
 */
export class SignedTokens {
  readonly #verifier: JwtVerifier;
  readonly #secret: Uint8Array;

  /** @param key text that nobody else knows */
  constructor(key: string) {
    this.#verifier = createJwtVerifier({ jwtSecret: key, signingKeys: [] });
    this.#secret = new TextEncoder().encode(key);
  }

  /**
   * @param claims in the order in which the payload has them
   * @param expiresIn seconds
   */
  async sign(claims: Claims & { readonly scope: TokenScope }, expiresIn: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...claims, iat: now, exp: now + expiresIn })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(this.#secret);
  }

  /**
   * @param url `bucket/name` of the requested object
   * @throws StorageError InvalidJWT, InvalidSignature for another object or another action
   */
  async verify(token: string, url: string, scope: TokenScope): Promise<Claims> {
    const claims = await this.#claims(token);
    if (claims.scope !== scope) throw storageErrors.invalidSignature(`Token is not scoped for ${scope}`);
    if (claims.url !== url) throw storageErrors.invalidSignature();
    return claims;
  }

  async #claims(token: string): Promise<Claims> {
    try {
      return (await verifyToken(this.#verifier, token)).claims;
    } catch (error) {
      throw error instanceof JwtVerifyError ? storageErrors.invalidJwt(error.message) : error;
    }
  }
}

/** @throws StorageError InvalidParameter */
export function checkExpiresIn(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > LAST_SECOND - Math.floor(Date.now() / 1000))
    throw storageErrors.invalidParameter('expiresIn');
}
