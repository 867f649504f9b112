import { timingSafeEqual } from 'node:crypto';

/** Whether two strings are equal, compared in constant time. */
export function isSameSecret(a: string, b: string): boolean {
  return isSameBytes(Buffer.from(a), Buffer.from(b));
}

/** The same for bytes. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
