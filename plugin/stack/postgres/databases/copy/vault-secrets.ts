import type pg from 'pg';

/** Whether there are secrets to copy. */
export async function hasVaultSecrets(source: pg.Client): Promise<boolean> {
  return (await hasVault(source)) && (await source.query('select from vault.secrets limit 1')).rowCount === 1;
}

async function hasVault(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('vault.secrets') is not null as found`,
  );
  return rows[0]?.found ?? false;
}

/**
 * Copies the secrets of supabase_vault. They belong to the superuser's side, and both databases encrypt them with one key;
 * one of the same name is replaced.
 *
 * @param source connected as the superuser; it has secrets
 * @param target connected as the superuser, with `session_replication_role = replica`
 */
export async function copyVaultSecrets(source: pg.Client, target: pg.Client): Promise<void> {
  if (!(await hasVault(target))) return;
  const { rows } = await source.query<{ secret: unknown }>(
    'select to_jsonb(secrets) as secret from vault.secrets',
  );
  const secrets = JSON.stringify(rows.map((row) => row.secret));
  await target.query(
    `delete from vault.secrets where exists (
      select from jsonb_populate_recordset(null::vault.secrets, $1) as old where old.id = secrets.id or old.name = secrets.name)`,
    [secrets],
  );
  await target.query(
    'insert into vault.secrets select * from jsonb_populate_recordset(null::vault.secrets, $1)',
    [secrets],
  );
}
