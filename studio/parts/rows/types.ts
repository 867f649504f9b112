import type { Explanation } from '../../api.ts';

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** As plugin/studio/rows/columns.ts. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly input: 'boolean' | 'enum' | 'json' | 'array' | 'text';
  readonly values: readonly string[] | null;
  readonly isNullable: boolean;
  readonly default: string | null;
  readonly isKey: boolean;
  readonly isGenerated: boolean;
  readonly isOptional: boolean;
  readonly references: (TableName & { readonly column: string }) | null;
}

/** In PostgreSQL's format. */
export type Cell = string | null;

/** As plugin/studio/rows/read-page.ts. */
export interface RowsPage {
  readonly rows: readonly (readonly Cell[])[];
  readonly error?: string;
  readonly total?: number;
  readonly visible?: number;
  readonly pageRows: number;
  readonly cellLength: number;
}

/** As plugin/studio/rows/refusal.ts. */
export interface Refusal {
  readonly message: string;
  readonly column?: string;
  readonly line?: number;
  readonly explanation?: Explanation;
}

export interface Changed {
  readonly refusal?: Refusal;
}

/** The values of a row's primary key, by column. */
export function keyOf(columns: readonly Column[], row: readonly Cell[]): Readonly<Record<string, Cell>> {
  return Object.fromEntries(
    columns.flatMap(({ name, isKey }, at) => (isKey ? [[name, row[at] ?? null]] : [])),
  );
}
