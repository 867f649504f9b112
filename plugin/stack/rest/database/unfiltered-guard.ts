import pg from 'pg';
import { unfilteredCommand } from './parse-tree.ts';

/**
 * Makes PostgreSQL send the tree of each statement that a transaction analyses, those inside functions included. Plans of
 * earlier calls are discarded, because their statements would not be analysed again.
 */
const SETTINGS = [
  'DISCARD PLANS',
  'SET LOCAL log_min_messages TO fatal',
  'SET LOCAL client_min_messages TO log',
  'SET LOCAL debug_pretty_print TO off',
  'SET LOCAL debug_print_parse TO on',
];

/**
 * Notices whether a transaction analyses an UPDATE or DELETE without a WHERE, wherever that is: pg-safeupdate's hook in
 * the server refuses it there and then, this one rolls the transaction back at its end.
 */
export class UnfilteredGuard {
  static readonly settings: readonly string[] = SETTINGS;
  readonly #client: pg.PoolClient;
  readonly #listener = ({
    message,
    detail,
  }: {
    message?: string | undefined;
    detail?: string | undefined;
  }): void => {
    if (message === 'parse tree:') this.#command ??= unfilteredCommand(detail ?? '');
  };
  #command: 'UPDATE' | 'DELETE' | undefined;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    client.on('notice', this.#listener);
  }

  /** The error that pg-safeupdate would have raised; undefined when there is no reason. */
  get error(): pg.DatabaseError | undefined {
    if (this.#command === undefined) return undefined;
    const error = new pg.DatabaseError(`${this.#command} requires a WHERE clause`, 0, 'error');
    return Object.assign(error, { code: '21000' });
  }

  end(): void {
    this.#client.off('notice', this.#listener);
  }
}
