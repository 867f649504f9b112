import type pg from 'pg';
import type { ChannelClaims } from './tokens.ts';

/** What a token may do with a private topic. Undefined: not asked yet. */
export interface Policies {
  readonly broadcast: { readonly read?: boolean; readonly write?: boolean };
  readonly presence: { readonly read?: boolean; readonly write?: boolean };
}

export type Extension = 'broadcast' | 'presence';

export interface PolicyQuestion {
  /** The topic without `realtime:`. */
  readonly topic: string;
  readonly claims: ChannelClaims;
  /** Headers `x-…` of the request, readable by policies as `request.headers`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A policy that failed, or a role that the database does not know. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** Asks the database's policies on `realtime.messages`. */
export class PolicyChecker {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** @throws PolicyError, or the connection's error */
  async read(question: PolicyQuestion, extensions: readonly Extension[]): Promise<Policies> {
    const allowed = await this.#ask(question, extensions, false);
    const answer = (extension: Extension): { read?: boolean } =>
      extensions.includes(extension) ? { read: allowed.includes(extension) } : {};
    return { broadcast: answer('broadcast'), presence: answer('presence') };
  }

  /** @throws PolicyError, or the connection's error */
  async write(question: PolicyQuestion): Promise<Record<Extension, boolean>> {
    const allowed = await this.#ask(question, ['broadcast', 'presence'], true);
    return { broadcast: allowed.includes('broadcast'), presence: allowed.includes('presence') };
  }

  async isDatabaseUp(): Promise<boolean> {
    return this.#pool.query('select').then(
      () => true,
      () => false,
    );
  }

  async #ask(
    { topic, claims, headers }: PolicyQuestion,
    extensions: readonly Extension[],
    isWrite: boolean,
  ): Promise<string[]> {
    try {
      const { rows } = await this.#pool.query<{ allowed: string[] }>({
        name: 'check_policies',
        text: 'select _realtime.check_policies($1, $2, $3, $4, $5, $6) as allowed',
        values: [topic, claims.role, JSON.stringify(claims), JSON.stringify(headers), extensions, isWrite],
      });
      return rows[0]?.allowed ?? [];
    } catch (error) {
      if (isSqlError(error)) throw new PolicyError(error.message, { cause: error });
      throw error;
    }
  }
}

/** An error that the statement itself met, not one of the connection (classes 08, 57P). */
function isSqlError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return /^[0-9A-Z]{5}$/.test(error.code) && !/^(08|57P)/.test(error.code);
}
