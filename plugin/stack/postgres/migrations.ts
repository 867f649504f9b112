import type pg from 'pg';
import { findDrift, readApplied, type Drift } from './databases/drift.ts';
import type { MigrationFile } from './migration-files.ts';
import { parseScript, runScript, type ScriptRules } from './run-script.ts';

export interface MigrationResult {
  /** Versions applied by this call, in order. */
  readonly applied: readonly string[];
  /** Number of migrations in the folder. */
  readonly total: number;
  /** How those that were applied before differ from their files. */
  readonly drift: Drift;
}

/**
 * Applies the pending migrations, each in its own transaction, and records them in
 * `supabase_migrations.schema_migrations` as the Supabase CLI does, and files of `schema_paths` in a table beside it.
 *
 * @param client connected as role `postgres`
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error; earlier migrations stay applied
 */
export async function applyMigrations(
  client: pg.Client,
  migrations: readonly MigrationFile[],
  rules: ScriptRules,
): Promise<MigrationResult> {
  const rows = await readApplied(client);
  const drift = findDrift(rows, migrations);
  const known = new Set(rows.map((row) => row.version));
  const last = rows.at(-1)?.version ?? '';
  const applied: string[] = [];
  for (const migration of migrations) {
    if (known.has(migration.version)) continue;
    if (!(await applyMigration(client, migration, rules))) continue;
    applied.push(migration.version);
    if (migration.version < last && !migration.isDeclared)
      rules.logger.warn(
        `${migration.file} is older than the last migration applied (${last}); "supabase db push" refuses it without --include-all`,
      );
  }
  return { applied, total: migrations.length, drift };
}

async function applyMigration(
  client: pg.Client,
  migration: MigrationFile,
  rules: ScriptRules,
): Promise<boolean> {
  const script = parseScript(migration.file, migration.text);
  // A file without a statement is still being written: if it were recorded now, it would never be applied.
  if (script.statements.length === 0) return false;
  await runScript(client, script, rules, () => recordMigration(client, migration));
  return true;
}

/** Records a migration as applied. */
export async function recordMigration(client: pg.Client, migration: MigrationFile): Promise<void> {
  const { version, name, isDeclared } = migration;
  const { statements } = parseScript(migration.file, migration.text);
  const texts = statements.map((statement) => statement.text);
  if (isDeclared) {
    const into = 'insert into supabase_migrations.schema_files (path, statements) values ($1, $2)';
    await client.query(into, [version, texts]);
    return;
  }
  const into =
    'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)';
  await client.query(into, [version, name, texts]);
}
