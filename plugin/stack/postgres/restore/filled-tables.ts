import type pg from 'pg';
import { quoteName } from '../dump/quote-name.ts';
import { ownerOfRows } from './platform.ts';
import type { RowsTarget } from '../dump/statement-target.ts';

/**
 * The tables that a dump fills. Each is emptied before its first rows, because a migration, or Supabase, has put some
 * there too. A column of Auth or Storage that another version of Supabase has exists while the rows come.
 */
export class FilledTables {
  readonly #client: pg.Client;
  readonly #admin: pg.Client;
  /** By qualified name: whether it exists. */
  readonly #seen = new Map<string, boolean>();
  readonly #added = new Map<string, readonly string[]>();

  /**
   * @param client connected as `postgres`
   * @param admin connected as the superuser
   */
  constructor(client: pg.Client, admin: pg.Client) {
    this.#client = client;
    this.#admin = admin;
  }

  /** @returns false for a table of a service that does not exist here */
  async prepare(target: RowsTarget): Promise<boolean> {
    const name = quoteName(target);
    const seen = this.#seen.get(name);
    if (seen !== undefined) return seen;
    const isHere = await this.#empty(target);
    this.#seen.set(name, isHere);
    if (isHere && ownerOfRows(target) === 'service') await this.#addColumns(target);
    return isHere;
  }

  /** Names of the columns that other versions of Supabase have; they are removed again. */
  async finish(): Promise<string[]> {
    for (const [name, columns] of this.#added) {
      const drops = columns.map((column) => `drop column ${this.#admin.escapeIdentifier(column)}`);
      await this.#admin.query(`alter table ${name} ${drops.join(', ')}`);
    }
    return [...this.#added].flatMap(([name, columns]) => columns.map((column) => `${name}.${column}`));
  }

  async #empty(target: RowsTarget): Promise<boolean> {
    const name = quoteName(target);
    const { rows } = await this.#client.query<{ kind: string | null }>(
      'select relkind as kind from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1)',
      [name],
    );
    const [table] = rows;
    // Of a partitioned table, `only` has no rows.
    if (table) await this.#client.query(`delete from ${table.kind === 'p' ? '' : 'only '}${name}`);
    return table !== undefined || ownerOfRows(target) === 'project';
  }

  async #addColumns(target: RowsTarget): Promise<void> {
    const name = quoteName(target);
    const { rows } = await this.#admin.query<{ name: string }>(
      `select attname as name from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass($1) and attnum > 0 and not attisdropped`,
      [name],
    );
    const existing = rows.map((row) => row.name);
    const missing = target.columns.filter((column) => !existing.includes(column));
    if (missing.length === 0) return;
    const adds = missing.map((column) => `add column ${this.#admin.escapeIdentifier(column)} text`);
    await this.#admin.query(`alter table ${name} ${adds.join(', ')}`);
    this.#added.set(name, missing);
  }
}
