export interface Column {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
}

/** A table, as far as copying its rows is concerned. */
export interface Table {
  /** Quoted and qualified. */
  readonly name: string;
  readonly isPartitioned: boolean;
  /** Without generated ones, which have no values of their own. */
  readonly columns: readonly Column[];
  /** Columns of the primary key; null without one. */
  readonly key: readonly string[] | null;
}

/** Rows that could not be kept. */
export interface Misfit {
  /** Name of the table. */
  readonly table: string;
  readonly rows: number;
  /** PostgreSQL's error for the first of them, or why. */
  readonly reason: string;
}
