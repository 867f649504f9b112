import type pg from 'pg';
import { settingsOfCaller } from '../../explain/facts/caller.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { DatabaseCaller } from '../../shared/observations.ts';
import { InvalidChange } from '../change.ts';
import { withConnection } from '../connection.ts';
import type { StudioOptions } from '../options.ts';
import { callerFor } from '../tables.ts';
import { readColumns, type Column, type TableName } from './columns.ts';

/** A table, and who works with it. */
export interface TableAccess {
  readonly table: TableName;
  readonly columns: readonly Column[];
  /** Undefined: `postgres`. */
  readonly caller: DatabaseCaller | undefined;
}

/** Finds what a page names by `schema`, `name` and `as`. @throws InvalidChange where it does not exist */
export async function openTable(
  { schema, name, as }: { readonly [name in 'schema' | 'name' | 'as']?: unknown },
  { terminal }: StudioOptions,
): Promise<TableAccess> {
  const table = { schema: String(schema), name: String(name) };
  return terminal.explainer.read(async (session) => {
    const columns = await readColumns(session, table);
    if (columns.length === 0) throw new InvalidChange(`There is no table ${table.schema}.${table.name}`);
    const caller = await callerFor(session, String(as));
    if (caller === null) throw new InvalidChange('There is no such user');
    return { table, columns, caller };
  });
}

/** An end that undoes the transaction, and is no failure of the database. */
export class Undo extends Error {}

/**
 * Works in one transaction with role and claims of the caller, as the API does: `postgres` is a caller too. It is undone
 * when `work` throws.
 */
export function asCaller<T>(
  options: StudioOptions,
  caller: DatabaseCaller | undefined,
  work: (client: pg.Client) => Promise<T>,
  { isReadOnly = false, timeoutMs = 10_000 }: { isReadOnly?: boolean; timeoutMs?: number } = {},
): Promise<T> {
  return withConnection(options, async (client) => {
    await client.query(isReadOnly ? 'begin read only' : 'begin');
    await client.query("select set_config('statement_timeout', $1, true)", [String(timeoutMs)]);
    for (const [name, value] of caller ? settingsOfCaller(caller) : [])
      await client.query('select set_config($1, $2, true)', [name, value]);
    const result = await work(client);
    await client.query('commit');
    return result;
  });
}

/** Values by column: text in PostgreSQL's format, or null. @throws InvalidChange */
export function readValues(input: unknown): Readonly<Record<string, string | null>> {
  const values = Object.entries((input ?? {}) as JsonObject);
  if (
    !values.every(
      (entry): entry is [string, string | null] => entry[1] === null || typeof entry[1] === 'string',
    )
  )
    throw new InvalidChange('Values are text or null');
  return Object.fromEntries(values);
}
