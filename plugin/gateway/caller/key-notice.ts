import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '../../shared/logger.ts';
import type { GatewayKeys } from '../target.ts';
import { decodeClaims } from './access-token.ts';

/**
 * Says once in the terminal that a client has the wrong API key. Such a client is anonymous here, as with the CLI's Kong,
 * and gets 401 from a hosted project.
 */
export class KeyNotice {
  readonly #logger: Logger;
  #isGiven = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  check({ apikey }: IncomingHttpHeaders, keys: GatewayKeys): void {
    if (this.#isGiven || typeof apikey !== 'string' || apikey === '' || isKnown(apikey, keys)) return;
    this.#isGiven = true;
    this.#logger.warn(
      `supabase: a client sends the apikey "${shorten(apikey)}", which is not one of this project: it counts as anonymous ` +
        'here, and hosted Supabase refuses it (401)',
    );
  }
}

/** A JWT is judged by the services. */
function isKnown(apikey: string, keys: GatewayKeys): boolean {
  const isOneOf = [keys.publishableKey, keys.anonKey, keys.secretKey, keys.serviceRoleKey].includes(apikey);
  return isOneOf || keys.publishableKey === undefined || decodeClaims(apikey) !== undefined;
}

function shorten(key: string): string {
  const printable = key.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 24 ? `${printable.slice(0, 24)}…` : printable;
}
