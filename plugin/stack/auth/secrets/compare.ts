import { timingSafeEqual } from 'node:crypto';

/** Whether two strings are equal, compared in constant time. */
export function isSameSecret(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
