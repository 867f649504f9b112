import type pg from 'pg';
import type { Database } from '../database.ts';
import { LIVE } from './names.ts';
import { withClient } from './server.ts';

/**
 * Renames what a database has stored under the name of its source, or its own while it was built: the jobs of pg_cron.
 * Those of templates, snapshots and builds name the live database, whose place they may take.
 *
 * @param admin connected to the database as the superuser
 */
export async function adoptName(admin: pg.Client, name: string): Promise<void> {
  if (!(await hasRelation(admin, 'cron.job'))) return;
  await silence(admin);
  await admin.query(
    `update cron.job set database = $1 where database <> $1 and (database = $2 or starts_with(database, '_stack_'))`,
    [name, LIVE],
  );
}

/** All databases of a server encrypt the secrets of supabase_vault with one key: secrets can be copied as they are. */
export async function shareVaultKey(from: Database, to: Database): Promise<void> {
  const key = await withClient(from.connection('supabase_admin'), async (admin) => {
    if (!(await hasRelation(admin, 'vault._key'))) return undefined;
    return (await admin.query<{ key: string }>('select key from vault._key')).rows[0]?.key;
  });
  if (key === undefined) return;
  await withClient(to.connection('supabase_admin'), async (admin) => {
    if (!(await hasRelation(admin, 'vault._key'))) return;
    await silence(admin);
    await admin.query('update vault._key set key = $1', [key]);
  });
}

async function hasRelation(admin: pg.Client, name: string): Promise<boolean> {
  const { rows } = await admin.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    name,
  ]);
  return rows[0]?.found ?? false;
}

/** Triggers, which a project may have made, do not run as the superuser. */
async function silence(admin: pg.Client): Promise<void> {
  await admin.query('set search_path = pg_catalog; set session_replication_role = replica');
}
