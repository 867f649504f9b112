import type pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../postgres/database.ts';

const DROP_ATTEMPTS = 50;
const DROP_RETRY_MS = 20;

/** All databases of a server share the names of slots: those of another one than `postgres` have its name at the end. */
export function slotOf(name: string, { name: database }: Database): string {
  return database === 'postgres' ? name : `${name}_${database.replace(/^_stack_/, '')}`;
}

/** Whether a slot can still be read: `lost` when PostgreSQL has removed log that it needs. */
export async function slotState(pool: pg.Pool, slot: string): Promise<'good' | 'lost' | 'none'> {
  const { rows } = await pool.query<{ wal_status: string | null }>(
    'select wal_status from pg_replication_slots where slot_name = $1',
    [slot],
  );
  if (!rows[0]) return 'none';
  return rows[0].wal_status === 'lost' ? 'lost' : 'good';
}

/** Drops a slot if it exists. Retries: the slot stays active for a moment after its reader disconnected. */
export async function dropSlot(pool: pg.Pool, slot: string): Promise<void> {
  const sql =
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active';
  for (let attempt = 1; attempt <= DROP_ATTEMPTS; attempt++) {
    await pool.query(sql, [slot]).catch((error: unknown) => {
      if (attempt === DROP_ATTEMPTS) throw error;
    });
    if ((await slotState(pool, slot)) === 'none') return;
    await delay(DROP_RETRY_MS);
  }
}

export async function publicationExists(pool: pg.Pool, publication: string): Promise<boolean> {
  const { rowCount } = await pool.query('select from pg_publication where pubname = $1', [publication]);
  return rowCount === 1;
}
