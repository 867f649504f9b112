import pg from 'pg';
import { errorMessage } from '../../../../shared/errors.ts';
import { copyRows } from './copy-stream.ts';
import type { Column, Misfit, Table } from './table.ts';

const { escapeIdentifier: identifier, escapeLiteral: literal } = pg;

interface TableCopy {
  /** Connected as the superuser. */
  readonly source: pg.Client;
  readonly from: Table;
  /** Connected as `postgres`, in a transaction, with `session_replication_role = replica`. */
  readonly target: pg.Client;
  readonly to: Table;
  /** Whether the target has no rows yet. */
  readonly isEmpty: boolean;
}

/**
 * Copies the rows of a table into the table of the same name in another database: the columns that both have. Where both
 * have a row of the same primary key (a migration inserts rows too), the copied one wins.
 *
 * @returns the rows that do not fit; undefined when all do
 */
export async function copyTable({
  source,
  from,
  target,
  to,
  isEmpty,
}: TableCopy): Promise<Misfit | undefined> {
  const names = new Set(from.columns.map((column) => column.name));
  const columns = to.columns.filter((column) => names.has(column.name));
  const list = columns.map((column) => identifier(column.name)).join(', ');
  const read = `copy (select ${list} from ${from.isPartitioned ? '' : 'only '}${from.name}) to stdout`;
  if (isEmpty && columns.length > 0) {
    await target.query('savepoint whole_table');
    try {
      await copyRows(source, read, target, `copy ${to.name} (${list}) from stdin`);
      await target.query('release savepoint whole_table');
      return undefined;
    } catch {
      await target.query('rollback to savepoint whole_table');
    }
  }
  return columns.length === 0 ? undefined : copyOneByOne(source, read, target, to, columns);
}

/** As text, so that every value of the old table has a place, then row by row into the columns of the new one. */
async function copyOneByOne(
  source: pg.Client,
  read: string,
  target: pg.Client,
  to: Table,
  columns: readonly Column[],
): Promise<Misfit | undefined> {
  const staged = columns.map((_, index) => `c${index}`);
  await target.query(`create temp table staged (${staged.map((name) => `${name} text`).join(', ')})`);
  await target.query('create temp table misfits (reason text)');
  try {
    await copyRows(source, read, target, `copy pg_temp.staged (${staged.join(', ')}) from stdin`);
    await target.query(`do ${literal(insertEach(to, columns))}`);
    const { rows } = await target.query<{ count: number; reason: string | null }>(
      'select count(*)::int as count, min(reason) as reason from pg_temp.misfits',
    );
    const { count = 0, reason } = rows[0] ?? {};
    return count === 0 ? undefined : { table: to.name, rows: count, reason: reason ?? '' };
  } catch (error) {
    // The text of the rows itself, or the table, is out of reach: nothing of it is kept.
    throw new Error(`the rows of ${to.name} cannot be copied: ${errorMessage(error)}`, { cause: error });
  } finally {
    await target.query('drop table if exists pg_temp.staged, pg_temp.misfits').catch(() => {});
  }
}

/** PL/pgSQL: each row in a subtransaction of its own. */
function insertEach(to: Table, columns: readonly Column[]): string {
  const list = columns.map((column) => identifier(column.name)).join(', ');
  const values = columns.map((column, index) => `(row.c${index})::${column.type}`).join(', ');
  const key = to.key?.every((name) => columns.some((column) => column.name === name)) ? to.key : undefined;
  const others = columns.filter((column) => !key?.includes(column.name));
  const sets = others.map(({ name }) => `${identifier(name)} = excluded.${identifier(name)}`).join(', ');
  const conflict =
    key && others.length > 0
      ? `on conflict (${key.map((name) => identifier(name)).join(', ')}) do update set ${sets}`
      : 'on conflict do nothing';
  return `
    declare row record;
    begin
      for row in select * from pg_temp.staged loop
        begin
          insert into ${to.name} (${list}) overriding system value values (${values}) ${conflict};
        exception when others then
          insert into pg_temp.misfits values (sqlerrm);
        end;
      end loop;
    end`;
}
