import type pg from 'pg';
import type { ColumnValue } from '../wal/message-reader.ts';
import type { ChangeFilter } from './filter-syntax.ts';
import type { RelationInfo } from './relation-info.ts';

/** A filter of a subscription, bound to a version of its table. */
export interface BoundFilter extends ChangeFilter {
  /** Position of the column. */
  readonly position: number;
  /** The right side in the text of the log; a list for `in`, a pattern as the client sent it. */
  readonly operand: string | readonly (string | null)[];
}

/** A comparison for the database. */
export interface Comparison {
  readonly filter: BoundFilter;
  readonly typeOid: number;
  readonly value: string | null;
}

/**
 * Evaluates a filter without the database where comparing text is enough: nulls, and equality of types whose equal values
 * have equal text. A null matches only `is` and `isdistinct`.
 *
 * @returns undefined when the database has to compare
 */
export function compareLocally(
  filter: BoundFilter,
  info: RelationInfo,
  value: string | null,
): boolean | undefined {
  const { op, operand, negate } = filter;
  const column = info.columns[filter.position];
  if (op === 'is') {
    // A row of nulls is null, too.
    if (value !== null && column?.kind === 'database') return undefined;
    const isTrue =
      operand === 'null' || operand === 'unknown'
        ? value === null
        : value === (operand === 'true' ? 't' : 'f');
    return isTrue !== negate;
  }
  if (value === null && op !== 'isdistinct') return false;
  if (!column?.hasCanonicalText) return undefined;
  switch (op) {
    case 'eq':
      return (value === operand) !== negate;
    case 'neq':
    case 'isdistinct':
      return (value !== operand) !== negate;
    case 'in':
      // As in SQL: `not in` a list with a null is never true.
      if (operand.includes(value as string)) return !negate;
      return negate && !operand.includes(null as never);
    default:
      return undefined;
  }
}

/** The value that a filter compares: from the new row, or from the old row for a delete; undefined when not logged. */
export function filteredValue(
  filter: BoundFilter,
  row: readonly ColumnValue[] | undefined,
  oldRow: readonly ColumnValue[] | undefined,
): ColumnValue {
  return (row ?? oldRow)?.[filter.position];
}

/** Evaluates all comparisons in one round trip. */
export async function compareInDatabase(
  pool: pg.Pool,
  comparisons: readonly Comparison[],
): Promise<readonly boolean[]> {
  if (comparisons.length === 0) return [];
  const { rows } = await pool.query<{ results: boolean[] }>({
    name: 'compare_all',
    text: `select _realtime.compare_all($1, $2, $3, $4, $5, current_setting('search_path')) as results`,
    values: [
      comparisons.map(({ filter }) => filter.op),
      comparisons.map(({ typeOid }) => typeOid),
      comparisons.map(({ filter }) => filter.negate),
      comparisons.map(({ value }) => value),
      comparisons.map(({ filter: { operand } }) =>
        typeof operand === 'string' ? operand : JSON.stringify(operand),
      ),
    ],
  });
  return rows[0]?.results ?? [];
}
