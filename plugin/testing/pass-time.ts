import type { Pool } from 'pg';

/** The columns of Auth's tables that are points in time, as assignments that move them into the past. */
const MOVES = `
  select format('update %I.%I set ', table_schema, table_name)
    || string_agg(format('%1$I = %1$I - $1::interval', column_name), ', ') as statement
  from information_schema.columns join information_schema.tables using (table_schema, table_name)
  where table_schema = 'auth' and table_type = 'BASE TABLE' and is_generated = 'NEVER'
    and data_type like 'timestamp%' and table_name <> 'schema_migrations'
  group by table_schema, table_name`;

/**
 * Lets time pass for Auth, by making everything older that it has stored. Access tokens carry their own times, which
 * nothing can change.
 *
 * @param interval as PostgreSQL reads it: `1 hour`
 */
export async function passTime(pool: Pool, interval: string): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ statement: string }>(MOVES);
    // Triggers of the project are not meant by it.
    await client.query('begin; set local session_replication_role = replica');
    for (const { statement } of rows) await client.query(statement, [interval]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
