// supabase/realtime v2.129.8 lib/realtime/tenants/authorization.ex
import pg from 'pg';
import { errorMessage, hasErrorCode } from '../../../shared/errors.ts';
import { repeatWhenLost } from '../../postgres/connection-loss.ts';
import type { ChannelClaims } from './tokens.ts';

/** What a token may do with a private topic. Undefined: not checked yet. */
export interface Policies {
  readonly broadcast: { readonly read?: boolean; readonly write?: boolean };
  readonly presence: { readonly read?: boolean; readonly write?: boolean };
}

export type Extension = 'broadcast' | 'presence';

/** Who wants to use which topic. */
export interface PolicyQuestion {
  /** The topic without `realtime:`. */
  readonly topic: string;
  readonly claims: ChannelClaims;
  /** Headers `x-…` of the request, which policies can read as `request.headers`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** SQLSTATE of `_realtime.check_policies` for an error of the policies; any other is the server's. */
const POLICY_FAILED = 'RTPOL';

/** A policy raised an error, or the role does not exist in the database. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** Evaluates the database's policies on `realtime.messages`. */
export class PolicyChecker {
  readonly #pool: pg.Pool;
  readonly #report: (error: unknown) => void;

  /** @param report receives the errors of the server, which are not the policies' */
  constructor(pool: pg.Pool, report: (error: unknown) => void) {
    this.#pool = pool;
    this.#report = report;
  }

  /** @throws PolicyError, or the connection's error */
  async read(question: PolicyQuestion, extensions: readonly Extension[]): Promise<Policies> {
    const allowed = await this.#check(question, extensions, false);
    const answer = (extension: Extension): { read?: boolean } =>
      extensions.includes(extension) ? { read: allowed.includes(extension) } : {};
    return { broadcast: answer('broadcast'), presence: answer('presence') };
  }

  /** @throws PolicyError, or the connection's error */
  async write(question: PolicyQuestion): Promise<Record<Extension, boolean>> {
    const allowed = await this.#check(question, ['broadcast', 'presence'], true);
    return { broadcast: allowed.includes('broadcast'), presence: allowed.includes('presence') };
  }

  async isDatabaseUp(): Promise<boolean> {
    return this.#pool.query('select').then(
      () => true,
      () => false,
    );
  }

  async #check(
    { topic, claims, headers }: PolicyQuestion,
    extensions: readonly Extension[],
    isWrite: boolean,
  ): Promise<string[]> {
    try {
      const query = {
        name: 'check_policies',
        text: `select _realtime.check_policies($1, $2, $3, $4, $5, $6, current_setting('search_path')) as allowed`,
        values: [topic, claims.role, JSON.stringify(claims), JSON.stringify(headers), extensions, isWrite],
      };
      const ask = (): Promise<{ rows: { allowed: string[] }[] }> => this.#pool.query(query);
      const { rows } = await repeatWhenLost(ask);
      return rows[0]?.allowed ?? [];
    } catch (error) {
      if (hasErrorCode(error, POLICY_FAILED)) throw new PolicyError(errorMessage(error), { cause: error });
      if (error instanceof pg.DatabaseError) this.#report(error);
      throw error;
    }
  }
}
