/** A statement with its parameters in the order of `$1`, `$2`, …; a Buffer is sent as bytes, all else as text. */
export interface Statement {
  readonly text: string;
  readonly params: readonly (string | Buffer | null)[];
}

/** One row: values in PostgreSQL's text format, in the order of the columns. */
export type Row = readonly (string | null)[];

/** The result of one statement. */
export interface Rows {
  readonly rows: readonly Row[];
  /** OIDs of the columns' types. */
  readonly types: readonly number[];
}

export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

/** One transaction: its settings and statements are sent together, in one round trip. */
export interface Transaction {
  readonly isolationLevel: IsolationLevel;
  readonly readOnly: boolean;
  /** Run first, in this order; their results are discarded. */
  readonly before: readonly Statement[];
  readonly statements: readonly Statement[];
  readonly end: 'commit' | 'rollback';
  /** Checks the results before the transaction ends; a throw rolls it back. Costs a second round trip. */
  readonly validate?: ((results: readonly Rows[]) => void) | undefined;
  /** Refuse updates and deletes without a filter, also inside functions. Costs a second round trip. */
  readonly guarded?: boolean | undefined;
  /** Whether to prepare statements that repeat: parsed once per connection, then only executed. */
  readonly prepare: boolean;
}
