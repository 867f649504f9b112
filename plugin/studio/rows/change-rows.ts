import type pg from 'pg';
import { quote } from '../../explain/facts/quote.ts';
import type { SqlStatement } from '../../shared/observations.ts';
import { InvalidChange, type Change } from '../change.ts';
import { asCaller, openTable, readValues, Undo, type TableAccess } from './as-caller.ts';
import type { Column } from './columns.ts';
import { writable } from './insert.ts';
import { refuse, whereKey, type Changed } from './refusal.ts';
import { fullName } from './selection.ts';

/** Writes `value` into one column of the row with this `key`, if it is still `before`. */
export const updateCell: Change = async (input, { options }): Promise<Changed> => {
  const access = await openTable(input, options);
  const { column, value, before } = readValues({
    column: input.column,
    value: input.value,
    before: input.before,
  });
  const { name, assigned } = writable(access.columns, column ?? '');
  const params: string[] = [];
  const where = whereKey(requireKey(access), readValues(input.key), params);
  const set = `${quote(name)} = cast($${params.length + 1}::text as ${assigned})`;
  const isAsBefore = `t.${quote(name)}::text is not distinct from $${params.length + 2}::text`;
  const attempted = {
    action: 'update',
    values: { [name]: value ?? null },
    where: { text: where, params },
  } as const;
  try {
    await asCaller(options, access.caller, async (client) => {
      const { rowCount } = await client.query(
        `update ${fullName(access.table)} t set ${set} where ${where} and ${isAsBefore}`,
        [...params, value ?? null, before ?? null],
      );
      if (rowCount !== 1) throw await whyUnchanged(client, access, { name, before }, { text: where, params });
    });
    return {};
  } catch (error) {
    if (error instanceof Outdated) return { refusal: { column: name, message: error.message } };
    const cause = error instanceof Undo ? undefined : error;
    return { refusal: { ...(await refuse(options, access, attempted, cause)), column: name } };
  }
};

/** Deletes the rows with these `keys`: all of them, or none. */
export const deleteRows: Change = async (input, { options }): Promise<Changed> => {
  const access = await openTable(input, options);
  const keys = Array.isArray(input.keys) ? input.keys.map(readValues) : [];
  if (keys.length === 0) throw new InvalidChange('No row is named');
  const columns = requireKey(access);
  const params: string[] = [];
  const where = keys.map((key) => `(${whereKey(columns, key, params)})`).join(' or ');
  const attempted = { action: 'delete', where: { text: where, params } } as const;
  try {
    await asCaller(options, access.caller, async (client) => {
      const { rowCount } = await client.query(
        `delete from ${fullName(access.table)} t where ${where}`,
        params,
      );
      if (rowCount !== keys.length)
        throw new Undo(`${rowCount ?? 0} of ${keys.length} rows could be deleted, so none was.`);
    });
    return {};
  } catch (error) {
    if (!(error instanceof Undo)) return { refusal: await refuse(options, access, attempted, error) };
    const { explanation } = await refuse(options, access, attempted, undefined);
    return { refusal: { message: error.message, explanation } };
  }
};

function requireKey({ columns, table }: TableAccess): readonly Column[] {
  if (columns.some(({ isKey }) => isKey)) return columns;
  throw new InvalidChange(`${table.schema}.${table.name} has no primary key that names one row`);
}

/** The page shows what is no longer so. */
class Outdated extends Error {}

/** The row is not as the page has it, or the caller may not change it. */
async function whyUnchanged(
  client: pg.Client,
  { table }: TableAccess,
  { name, before }: { readonly name: string; readonly before: string | null | undefined },
  where: SqlStatement,
): Promise<Error> {
  const { rows } = await client.query<{ value: string | null }>(
    `select t.${quote(name)}::text as value from ${fullName(table)} t where ${where.text}`,
    [...where.params],
  );
  const [row] = rows;
  if (!row) return new Outdated('The row is not there any more, or may not be seen.');
  if (row.value === (before ?? null)) return new Undo('No row was changed.');
  return new Outdated('Somebody changed the value in the meantime: load the rows again.');
}
