import type { AuthResult } from './authenticate.ts';
import { ConnectionError, isDatabaseError } from './database/errors.ts';
import type { RestDatabase } from './database/rest-database.ts';
import type { IsolationLevel, Rows, Statement } from './database/transaction.ts';
import type { EngineState } from './engine-state.ts';
import { RestError } from './http/rest-error.ts';
import type { ServerTiming } from './http/server-timing.ts';
import type { ApiRequest, RawRequest } from './parse/api-request.ts';
import type { RequestTrace } from './request-trace.ts';
import { fromDatabaseError } from './respond/database-error.ts';
import type { Routine } from './schema-cache/types.ts';
import { quoteQualifiedName } from './sql/quote.ts';
import { buildSettings } from './sql/settings-statement.ts';
import { transactionSettings } from './transaction-settings.ts';

/** The parts of a request that its transaction depends on. */
interface RequestTransactionOptions {
  readonly raw: RawRequest;
  readonly request: ApiRequest;
  readonly auth: AuthResult;
  /** The function that the request calls, whose settings apply to the transaction. */
  readonly routine: Routine | undefined;
  /** Refuse updates and deletes without a filter inside of what the request runs. */
  readonly guarded: boolean;
  readonly state: EngineState;
  readonly database: RestDatabase;
  readonly timing: ServerTiming;
  readonly trace: RequestTrace | undefined;
}

/** The transaction of one request: runs its statements as the request's role, with the request's settings. */
export class RequestTransaction {
  readonly #options: RequestTransactionOptions;
  readonly #before: readonly Statement[];
  readonly #isolationLevel: IsolationLevel;

  constructor(options: RequestTransactionOptions) {
    const { request, auth, routine, state } = options;
    const { settings } = state;
    const role = state.roles.get(auth.role);
    this.#options = options;
    this.#isolationLevel = routine?.isolationLevel ?? role?.isolationLevel ?? 'read committed';
    this.#before = [
      buildSettings(transactionSettings(request, auth, settings, { role, routine })),
      ...(settings.preRequest
        ? [{ text: `SELECT ${quoteQualifiedName(settings.preRequest)}()`, params: [] }]
        : []),
    ];
  }

  /**
   * Runs the statements and returns the rows of each.
   *
   * @param validate checks the results before the transaction ends; a throw rolls it back
   * @throws RestError
   */
  async run(
    statements: readonly Statement[],
    readOnly: boolean,
    validate?: (results: readonly Rows[]) => void,
  ): Promise<Rows[]> {
    const { raw, request, auth, state, database, timing, guarded, trace } = this.#options;
    const { settings } = state;
    const transaction = {
      isolationLevel: this.#isolationLevel,
      readOnly,
      before: this.#before,
      statements,
      end: request.preferences.tx ?? (settings.txEnd.rollback ? 'rollback' : 'commit'),
    } as const;
    trace?.explain({
      method: raw.method,
      url: raw.url,
      role: auth.role,
      claims: auth.claims,
      ...transaction,
    });
    try {
      const results = await database.run({
        ...transaction,
        validate,
        guarded,
        prepare: settings.preparedStatements,
      });
      trace?.ran(results);
      return results;
    } catch (error) {
      throw toRestError(error, auth.role !== settings.anonRole);
    } finally {
      timing.end('transaction');
    }
  }
}

function toRestError(error: unknown, authenticated: boolean): unknown {
  if (isDatabaseError(error)) return fromDatabaseError(error, authenticated);
  if (!(error instanceof ConnectionError)) return error;
  const connecting = error.phase === 'connect';
  return new RestError(503, {
    code: connecting ? 'PGRST000' : 'PGRST001',
    message: connecting ? 'Database connection error.' : 'Database client error. Retrying the connection.',
    details: error.message,
  });
}
