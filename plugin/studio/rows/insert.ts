import pg from 'pg';
import { quote } from '../../explain/facts/quote.ts';
import { InvalidChange, type Change } from '../change.ts';
import type { StudioOptions } from '../options.ts';
import { asCaller, openTable, readValues, type TableAccess } from './as-caller.ts';
import type { Column } from './columns.ts';
import { refuse, type Changed } from './refusal.ts';
import { findColumn, fullName } from './selection.ts';

/** Inserts one row of `values`; columns without one get their default. */
export const insertRow: Change = async (input, { options }): Promise<Changed> => {
  const access = await openTable(input, options);
  const values = readValues(input.values);
  const columns = Object.keys(values).map((name) => writable(access.columns, name));
  try {
    await asCaller(options, access.caller, (client) =>
      client.query(insertStatement(access, columns, 1), Object.values(values)),
    );
    return {};
  } catch (error) {
    const unreadable = await findUnreadable(columns, values, options, error);
    const refusal = await refuse(options, access, { action: 'insert', values }, error);
    return { refusal: { ...refusal, column: unreadable ?? refusal.column } };
  }
};

/** An insert of so many rows, whose values are the parameters, as text. */
export function insertStatement({ table }: TableAccess, columns: readonly Column[], rows: number): string {
  if (columns.length === 0) return `insert into ${fullName(table)} default values`;
  const tuples = Array.from({ length: rows }, (_, row) => {
    const values = columns.map(
      ({ assigned }, index) => `cast($${row * columns.length + index + 1}::text as ${assigned})`,
    );
    return `(${values.join(', ')})`;
  });
  return `insert into ${fullName(table)} (${columns.map(({ name }) => quote(name)).join(', ')}) values ${tuples.join(', ')}`;
}

/** @throws InvalidChange for a column that does not exist, or that PostgreSQL writes itself */
export function writable(columns: readonly Column[], name: string): Column {
  const column = findColumn(columns, name);
  if (column.isGenerated) throw new InvalidChange(`PostgreSQL generates ${name} itself`);
  return column;
}

/** PostgreSQL does not always say which value it cannot read: the first one that its column cannot have by itself. */
export async function findUnreadable(
  columns: readonly Column[],
  values: Readonly<Record<string, string | null>>,
  { terminal }: StudioOptions,
  error: unknown,
): Promise<string | undefined> {
  if (!(error instanceof pg.DatabaseError) || error.column !== undefined || !/^2[23]/.test(error.code ?? ''))
    return undefined;
  return terminal.explainer.read(async (session) => {
    for (const { name, type } of columns) {
      const value = values[name];
      if (value === undefined) continue;
      // A domain may refuse null.
      const text =
        value === null ? `select cast($1::text as ${type})` : 'select pg_input_is_valid($1, $2) as ok';
      const params = value === null ? [value] : [value, type];
      // oxlint-disable-next-line no-await-in-loop -- one connection
      const attempt = await session.attempt([], { text, params });
      if ('error' in attempt || attempt.rows[0]?.ok === false) return name;
    }
    return undefined;
  });
}
