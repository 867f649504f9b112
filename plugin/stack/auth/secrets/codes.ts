import { createHash, randomInt } from 'node:crypto';
import { isSameSecret } from './compare.ts';
import { PKCE_PREFIX } from './pkce.ts';

// GoTrue v2.196 internal/crypto/crypto.go

/** A random code of this many decimal digits. */
export function randomCode(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}

/** The hash under which a code is stored: valid only together with the address or number that the code was sent to. */
export function hashCode(recipient: string, code: string): string {
  return createHash('sha224')
    .update(recipient + code)
    .digest('hex');
}

/**
 * Whether a hash is the stored one and not too old.
 *
 * @param stored '' when no code was sent; that of a PKCE flow has a prefix
 * @param sentAt RFC 3339
 * @param lifetime seconds
 */
export function isCodeValid(hash: string, stored: string, sentAt: string | null, lifetime: number): boolean {
  if (stored === '' || isCodeExpired(sentAt, lifetime)) return false;
  return isSameSecret(hash, stored.replace(PKCE_PREFIX, ''));
}

/** @param lifetime seconds */
export function isCodeExpired(sentAt: string | null, lifetime: number): boolean {
  return sentAt === null || Date.now() > Date.parse(sentAt) + lifetime * 1000;
}
