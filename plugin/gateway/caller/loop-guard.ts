import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Notices requests that have been here before: a target that leads back to this server, such as SUPABASE_URL with the
 * dev server's own address, would otherwise take them round until connections run out.
 */
export interface LoopGuard {
  isLoop(headers: IncomingHttpHeaders): boolean;
  /** The Via header for an upstream (RFC 9110, 7.6.3). */
  via(headers: IncomingHttpHeaders): string;
}

/** One for each gateway: going through a second one, of another dev server or on another port, is no loop. */
export function createLoopGuard(): LoopGuard {
  const pseudonym = `vite-plugin-supabase-${randomBytes(6).toString('hex')}`;
  return {
    isLoop: ({ via }) => via?.includes(pseudonym) ?? false,
    via: ({ via }) => (via === undefined ? `1.1 ${pseudonym}` : `${via}, 1.1 ${pseudonym}`),
  };
}
