import { settingsOfCaller } from '../../explain/facts/caller.ts';
import type { Attempt, ReadSession } from '../../explain/facts/explain-database.ts';
import type { DatabaseCaller } from '../../shared/observations.ts';
import { readColumns, type TableName } from './columns.ts';
import { countRows, selectRows, type Selection } from './selection.ts';

/** One page of rows as somebody sees them. */
export interface RowsPage {
  /** Cells as text, in the order of the columns; longer ones are cut after `cellLength` characters. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** What PostgreSQL says instead. */
  readonly error?: string;
  /** Rows that the filters select, without policies. */
  readonly total: number | undefined;
  /** Those that the caller sees. */
  readonly visible: number | undefined;
  readonly pageRows: number;
  readonly cellLength: number;
}

const PAGE_ROWS = 50;
const CELL_LENGTH = 5_000;

/** @param caller undefined: `postgres`, who sees every row */
export async function readPageOfRows(
  session: ReadSession,
  table: TableName,
  caller: DatabaseCaller | undefined,
  { page, ...selection }: Selection & { readonly page: number },
): Promise<RowsPage> {
  const columns = await readColumns(session, table);
  const settings = caller ? settingsOfCaller(caller) : [];
  // One character more than is shown tells that a cell is longer.
  const { text, params } = selectRows(table, columns, selection, CELL_LENGTH + 1);
  const limit = ` limit ${PAGE_ROWS} offset ${page * PAGE_ROWS}`;
  const rows = await session.attempt(settings, { text: text + limit, params });
  const count = countRows(table, columns, selection);
  const all = await session.attempt([], count);
  const visible = caller ? await session.attempt(settings, count) : all;
  return {
    ...('error' in rows
      ? { error: rows.error, rows: [] }
      : { rows: rows.rows.map(({ cells }) => cells as (string | null)[]) }),
    total: numberOf(all),
    visible: numberOf(visible),
    pageRows: PAGE_ROWS,
    cellLength: CELL_LENGTH,
  };
}

function numberOf(attempt: Attempt): number | undefined {
  return 'rows' in attempt ? Number(attempt.rows[0]?.n) : undefined;
}
