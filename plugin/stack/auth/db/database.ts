import pg from 'pg';
import type { Database } from '../../postgres/database.ts';

/** A pool, or one connection inside a transaction. */
export interface Db {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<{ rows: R[] }>;
}

// Sign-ins are short; what waits here would wait in PostgreSQL otherwise.
const MAX_CONNECTIONS = 10;

/** Connections as `supabase_auth_admin`, with times as RFC 3339 text (microseconds kept) and bigint as number. */
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

/** Thrown inside a transaction to answer with `error` and yet keep what the transaction did. */
export class CommitWithError extends Error {
  override readonly name = 'CommitWithError';
  readonly error: unknown;

  constructor(error: unknown) {
    super('commit with error');
    this.error = error;
  }
}

/** Runs `work` in a transaction on a connection of its own; an error rolls back and is thrown again. */
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
 * The time as RFC 3339 with microseconds. Two calls never give the same one, even within a millisecond: the schema has
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

/** Assignments of an UPDATE for these columns, with parameters counted from `first`. Names come from code, not input. */
export function assignments(columns: readonly string[], first: number): string {
  return columns.map((column, index) => `${column} = $${index + first}`).join(', ');
}

/** Values as node-postgres wants them: objects and arrays become JSON text. */
export function toParameter(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
