import { decodeJwt } from '../../shared/jwt.ts';
import type { Logger } from '../../shared/logger.ts';
import { bearerToken } from '../http/bearer.ts';
import type { RestError } from './http/rest-error.ts';
import type { RawRequest } from './parse/api-request.ts';

const PRIVILEGES: Readonly<Record<string, string>> = {
  GET: 'select',
  HEAD: 'select',
  POST: 'insert',
  PUT: 'insert, update',
  PATCH: 'update',
  DELETE: 'delete',
};

/**
 * Says once, in the terminal, which GRANT a refused request needs: new tables are closed to the Data API unless
 * `[api] auto_expose_new_tables` is true, which surprises at the first request.
 */
export class GrantHint {
  readonly #logger: Logger;
  #isGiven = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param error what the request is answered with */
  notice(error: RestError, { method, headers }: Pick<RawRequest, 'method' | 'headers'>): void {
    if (this.#isGiven || error.code !== '42501') return;
    const [, kind, name] =
      /^permission denied for (table|view|materialized view|foreign table|sequence) (.+)$/.exec(
        error.message,
      ) ?? [];
    if (kind === undefined || name === undefined) return;
    this.#isGiven = true;
    const role = decodeJwt(bearerToken(headers.authorization) ?? '')?.claims.role;
    const grantee = typeof role === 'string' ? role : 'anon';
    const object =
      kind === 'sequence'
        ? `usage on sequence public.${name}`
        : `${PRIVILEGES[method] ?? 'select'} on public.${name}`;
    this.#logger.warn(
      `REST: ${error.message} (42501). New tables are closed to the API roles; open this one in a migration: grant ${object} to ${grantee};`,
    );
  }
}
