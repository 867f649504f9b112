import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Detects requests that have passed this gateway before. A target that leads back to this server, such as SUPABASE_URL
 * with the dev server's own address, would otherwise send them in circles until connections run out.
 *
 * One for each gateway: passing a second gateway, of another dev server or on another port, is no loop.
 */
export class LoopGuard {
  readonly #pseudonym = `vite-plugin-supabase-${randomBytes(6).toString('hex')}`;

  isLoop({ via }: IncomingHttpHeaders): boolean {
    return via?.includes(this.#pseudonym) ?? false;
  }

  /** The Via header for an upstream (RFC 9110, 7.6.3). */
  via({ via }: IncomingHttpHeaders): string {
    return via === undefined ? `1.1 ${this.#pseudonym}` : `${via}, 1.1 ${this.#pseudonym}`;
  }
}
