import type pg from 'pg';
import { quoteName } from '../dump/quote-name.ts';
import { ownerOfRows } from './platform.ts';
import type { RowsTarget } from '../dump/statement-target.ts';

/**
 * The tables that a dump fills. Each is emptied before its first rows, because a migration, or Supabase, has put some
 * there too.
 */
export class FilledTables {
  readonly #client: pg.Client;
  /** By qualified name: whether it exists. */
  readonly #seen = new Map<string, boolean>();

  /** @param client connected as `postgres` */
  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** @returns false for a table of a service that does not exist here */
  async prepare(target: RowsTarget): Promise<boolean> {
    const name = quoteName(target);
    const seen = this.#seen.get(name);
    if (seen !== undefined) return seen;
    const { rows } = await this.#client.query<{ kind: string }>(
      'select relkind as kind from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1)',
      [name],
    );
    const [table] = rows;
    // Of a partitioned table, `only` has no rows.
    if (table) await this.#client.query(`delete from ${table.kind === 'p' ? '' : 'only '}${name}`);
    const isHere = table !== undefined || ownerOfRows(target) === 'project';
    this.#seen.set(name, isHere);
    return isHere;
  }
}

/**
 * Adds the columns of Auth and Storage that another version of Supabase has, while `use` runs.
 *
 * @param admin connected as the superuser
 * @param targets what is going to be filled
 * @returns also their names
 */
export async function withForeignColumns<T>(
  admin: pg.Client,
  targets: readonly RowsTarget[],
  use: () => Promise<T>,
): Promise<{ result: T; columns: string[] }> {
  const added = new Map<string, string[]>();
  for (const target of targets) {
    const name = quoteName(target);
    if (ownerOfRows(target) !== 'service' || added.has(name)) continue;
    const missing = await findMissing(admin, target);
    added.set(name, missing);
    await alter(admin, name, missing, (column) => `add column ${column} text`);
  }
  const result = await use();
  for (const [name, columns] of added) await alter(admin, name, columns, (column) => `drop column ${column}`);
  const columns = [...added].flatMap(([name, missing]) => missing.map((column) => `${name}.${column}`));
  return { result, columns };
}

/** None of a table that does not exist. */
async function findMissing(admin: pg.Client, target: RowsTarget): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `select attname::text as name from pg_catalog.pg_attribute
      where attrelid = pg_catalog.to_regclass($1) and attnum > 0 and not attisdropped`,
    [quoteName(target)],
  );
  if (rows.length === 0) return [];
  return target.columns.filter((column) => !rows.some(({ name }) => name === column));
}

async function alter(
  admin: pg.Client,
  table: string,
  columns: readonly string[],
  action: (column: string) => string,
): Promise<void> {
  const actions = columns.map((column) => action(admin.escapeIdentifier(column)));
  if (actions.length > 0) await admin.query(`alter table ${table} ${actions.join(', ')}`);
}
