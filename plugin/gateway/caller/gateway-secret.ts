import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * The header by which one gateway vouches for a request to another one: it has judged host and origin by its own rules,
 * which the other does not know. Its value is a secret that the other one has given out. No client's header of this
 * name is ever passed on.
 */
export const VOUCHED_HEADER = 'x-supabase-vouched';

/** Whether a request came through a gateway that holds this secret; without a secret none did. */
export function createVouchingCheck(proof: string | undefined): (headers: IncomingHttpHeaders) => boolean {
  if (!proof) return () => false;
  const expected = Buffer.from(proof);
  return (headers) => {
    const presented = headers[VOUCHED_HEADER];
    if (typeof presented !== 'string') return false;
    const bytes = Buffer.from(presented);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  };
}
