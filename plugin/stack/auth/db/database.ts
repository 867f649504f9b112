import pg from 'pg';
import type { JsonObject } from '../../../shared/json.ts';
import type { Database } from '../../postgres/database.ts';

/** A pool, or one connection inside a transaction. */
export interface Db {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<{ rows: R[] }>;
}

// Sign-ins are short: more connections would only wait for each other in PostgreSQL.
const MAX_CONNECTIONS = 10;

/** Connections as `supabase_auth_admin`, with times as RFC 3339 text (to the microsecond) and bigint as number. */
export function createAuthPool(database: Database): pg.Pool {
  const { builtins } = pg.types;
  const types = new pg.TypeOverrides();
  types.setTypeParser(builtins.TIMESTAMPTZ, toRfc3339);
  types.setTypeParser(builtins.TIMESTAMP, toRfc3339);
  types.setTypeParser(builtins.INT8, Number);
  return database.createPool('supabase_auth_admin', { max: MAX_CONNECTIONS, types });
}

/** `2026-01-02 03:04:05.6+00` (PostgreSQL, or its JSON with a T) as `2026-01-02T03:04:05.6Z`; the server runs in UTC. */
export function toRfc3339(text: string): string {
  return `${text
    .replace(' ', 'T')
    .replace(/[+-]00(?::?00)?$/, '')
    .replace(/Z$/, '')}Z`;
}

/** Thrown inside a transaction to answer with `error` but keep the transaction's changes. */
export class CommitWithError extends Error {
  override readonly name = 'CommitWithError';
  readonly error: unknown;

  constructor(error: unknown) {
    super('commit with error');
    this.error = error;
  }
}

/** Runs `work` in a transaction on one connection; an error rolls it back and is thrown on. */
export async function transaction<T>(pool: pg.Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    const isCommit = error instanceof CommitWithError;
    await client.query(isCommit ? 'commit' : 'rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw isCommit ? error.error : error;
  } finally {
    client.release(broken);
  }
}

let lastMicros = 0;

/**
 * The time as RFC 3339 with microseconds. No two calls return the same time, even within a millisecond: the schema has
 * unique times, and rows are ordered by them.
 */
export function timestamp(): string {
  lastMicros = Math.max(Date.now() * 1000, lastMicros + 1);
  const seconds = new Date(Math.floor(lastMicros / 1000)).toISOString().slice(0, 19);
  const fraction = String(lastMicros % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** Milliseconds since 1970 of such a time. */
export function millis(time: string): number {
  return Date.parse(time);
}

// Table and column names below come from the code, never from input.

/** Inserts a row by its column names. @returns the row as the database stored it */
export async function insertRow<R extends object>(
  db: Db,
  table: string,
  row: object,
): Promise<R | undefined> {
  const columns = Object.keys(row);
  const values = Object.entries(row).map(([column, value]) => toParameter(column, value));
  const { rows } = await db.query<R & pg.QueryResultRow>(
    `insert into auth.${table} (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning *`,
    values,
  );
  return rows[0];
}

/** Writes these columns, and the time in `updated_at`, both in the database and in the object. */
export async function updateRow(
  db: Db,
  table: string,
  row: { readonly id: string },
  changes: object,
): Promise<void> {
  const updated = { ...changes, updated_at: timestamp() };
  const assignments = Object.keys(updated).map((column, index) => `${column} = $${index + 2}`);
  const values = Object.entries(updated).map(([column, value]) => toParameter(column, value));
  await db.query(`update auth.${table} set ${assignments.join(', ')} where id = $1`, [row.id, ...values]);
  Object.assign(row, updated);
}

/** Objects and arrays become JSON text. An empty address or number is NULL, because those columns are unique. */
function toParameter(column: string, value: unknown): unknown {
  if ((column === 'email' || column === 'phone') && value === '') return null;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Merges into a metadata column at its top level; null removes a key. */
export function mergeMetadata(old: JsonObject, changes: JsonObject): JsonObject {
  const merged = { ...old, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
