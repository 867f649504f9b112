import { SignJWT } from 'jose';
import { verifyInTime } from '../http/authenticate.ts';
import { JwtVerifyError, type Claims, type JwtVerifier } from '../../jwt.ts';
import { storageErrors } from '../errors.ts';

export type TokenScope = 'download' | 'upload';

// Beyond this, milliseconds since 1970 are no exact number.
const LAST_SECOND = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/**
 * Tokens of signed URLs: JWTs that stand for one action on one object until a time. Being signed with the stack's own
 * secret they can be made by nobody else, and carry no role, so that they open no other door.
 */
export class SignedTokens {
  readonly #verifier: JwtVerifier;
  readonly #secret: Uint8Array;

  constructor(verifier: JwtVerifier, secret: string) {
    this.#verifier = verifier;
    this.#secret = new TextEncoder().encode(secret);
  }

  /**
   * @param claims in the order in which they are to stand
   * @param expiresIn seconds
   */
  async sign(claims: Claims, expiresIn: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...claims, iat: now, exp: now + expiresIn })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(this.#secret);
  }

  /**
   * @param url `bucket/name` of the object that is asked for
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
      return (await verifyInTime(this.#verifier, token)).claims;
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

/** Tokens from before there were scopes: those for uploads can be told by their claim `upsert`. */
function allows(claims: Claims, scope: TokenScope): boolean {
  if (claims.scope !== undefined) return claims.scope === scope;
  return scope === 'upload' ? claims.upsert !== undefined : claims.upsert === undefined;
}
