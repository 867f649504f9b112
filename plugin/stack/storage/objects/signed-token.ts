import { SignJWT } from 'jose';
import { JwtVerifyError, type Claims, type JwtVerifier } from '../../jwt.ts';
import { storageErrors } from '../errors.ts';
import { verifyToken } from '../verify-token.ts';

export type TokenScope = 'download' | 'upload';

// Beyond this, milliseconds since 1970 are no safe integer.
const LAST_SECOND = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/**
 * Tokens of signed URLs: JWTs for one action on one object, with an expiry. They are signed with the stack's JWT secret
 * and carry no role, so they are of no use as access tokens.
 */
export class SignedTokens {
  readonly #verifier: JwtVerifier;
  readonly #secret: Uint8Array;

  constructor(verifier: JwtVerifier, secret: string) {
    this.#verifier = verifier;
    this.#secret = new TextEncoder().encode(secret);
  }

  /**
   * @param claims in the order in which the payload has them
   * @param expiresIn seconds
   */
  async sign(claims: Claims, expiresIn: number): Promise<string> {
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
    if (!allows(claims, scope)) throw storageErrors.invalidSignature(`Token is not scoped for ${scope}`);
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

/** Older tokens have no scope; those for uploads have the claim `upsert`. */
function allows(claims: Claims, scope: TokenScope): boolean {
  if (claims.scope !== undefined) return claims.scope === scope;
  return scope === 'upload' ? claims.upsert !== undefined : claims.upsert === undefined;
}
