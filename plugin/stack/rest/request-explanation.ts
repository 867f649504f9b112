import type { Claims } from '../jwt.ts';
import type { Transaction } from './database/transaction.ts';

/**
 * What a request does in the database: for tools that show a developer the SQL, the role and the claims behind a
 * response. `before` holds the statement that sets the transaction's settings and the call of the pre-request function.
 *
 * `EngineOptions.onExplain` receives one before each transaction of a request runs.
 */
export interface RequestExplanation extends Pick<
  Transaction,
  'isolationLevel' | 'readOnly' | 'before' | 'statements' | 'end'
> {
  readonly method: string;
  /** Path and query string, without the gateway's prefix. */
  readonly url: string;
  readonly role: string;
  /** Claims of the request's token; empty without one. */
  readonly claims: Claims;
}
