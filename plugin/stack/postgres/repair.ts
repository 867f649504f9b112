import type pg from 'pg';
import { SupabaseDevError } from '../../shared/errors.ts';
import type { MigrationFile } from './migration-files.ts';
import { parseScript } from './run-script.ts';

/** What the record of migrations should say of a version. */
export type RepairStatus = 'applied' | 'reverted';

/**
 * Changes what `supabase_migrations.schema_migrations` says of migrations, without running them, as `supabase migration
 * repair` does (cli internal/migration/repair/repair.go): `applied` records the file as it is now, `reverted` forgets it.
 *
 * @param client connected as role `postgres`
 * @throws SupabaseDevError USAGE for a version without a file that should count as applied, or without a record that
 *   should be forgotten; nothing is changed
 */
export async function repairMigrations(
  client: pg.Client,
  files: readonly MigrationFile[],
  versions: readonly string[],
  status: RepairStatus,
): Promise<void> {
  await client.query('begin');
  try {
    for (const version of versions)
      await (status === 'applied' ? record(client, files, version) : forget(client, version));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function record(client: pg.Client, files: readonly MigrationFile[], version: string): Promise<void> {
  const found = files.find((file) => file.version === version);
  if (!found) throw refuse(`there is no file supabase/migrations/${version}_….sql`);
  const statements = parseScript(found.file, found.text).statements.map((statement) => statement.text);
  await client.query(
    `insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)
     on conflict (version) do update set name = excluded.name, statements = excluded.statements`,
    [version, found.name, statements],
  );
}

async function forget(client: pg.Client, version: string): Promise<void> {
  const { rowCount } = await client.query(
    'delete from supabase_migrations.schema_migrations where version = $1',
    [version],
  );
  if (rowCount === 0) throw refuse(`the migration ${version} is not recorded as applied`);
}

function refuse(message: string): SupabaseDevError {
  return new SupabaseDevError('USAGE', message, {
    hint: 'npx vite-plugin-supabase migration list prints the versions of files and database.',
  });
}
