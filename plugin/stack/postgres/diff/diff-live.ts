import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupabaseDevError } from '../../../shared/errors.ts';
import { diffSchemas, type SchemaDiff } from './diff-schemas.ts';
import type { MigrationFile } from '../migration-files.ts';
import { LIVE } from '../databases/names.ts';
import type { ProjectDatabases } from '../databases/project-databases.ts';
import type { DatabaseParts } from '../databases/templates.ts';

/** What was changed without a migration. */
export interface LiveDiff extends SchemaDiff {
  /** The migrations that were written. */
  readonly files: readonly string[];
}

/**
 * What the live database has that migrations do not say, as SQL. With a name, it becomes the last migration, which counts as
 * applied.
 *
 * @throws SupabaseDevError USAGE, MIGRATION_FAILED; nothing is written
 */
export async function diffLive(databases: ProjectDatabases, name?: string): Promise<LiveDiff> {
  if (name !== undefined) checkName(name);
  await databases.settle();
  const { parts } = databases;
  const migrations = await databases.readMigrations();
  const diff = await compare(parts, migrations);
  const added =
    name === undefined ? [] : nameMigrations(parts.options.config.supabaseDir, name, diff, migrations);
  if (added.length === 0) return { ...diff, files: [] };
  // Before they are written: they can be applied, and nothing is missing.
  const rest = await compare(parts, [...migrations, ...added]);
  await writeMigrations(added);
  await databases.record(added);
  const missing = rest.scripts.map((script) => `the migration does not bring about: ${script}`);
  return { ...diff, warnings: [...diff.warnings, ...missing], files: added.map(({ file }) => file) };
}

async function compare(
  { server, templates }: DatabaseParts,
  migrations: readonly MigrationFile[],
): Promise<SchemaDiff> {
  const built = await templates.build(migrations);
  try {
    return await diffSchemas(server.database(built), server.database(LIVE));
  } finally {
    await templates.drop(built);
  }
}

/** @throws SupabaseDevError USAGE for a name that no migration can have */
function checkName(name: string): void {
  if (/^[\w-]+$/.test(name)) return;
  throw new SupabaseDevError('USAGE', `"${name}" cannot be the name of a migration`, {
    hint: 'Use letters, digits, hyphens and underscores.',
  });
}

/** The scripts of a diff as migrations that come after all others. They are not written yet. */
function nameMigrations(
  supabaseDir: string,
  name: string,
  { scripts }: SchemaDiff,
  migrations: readonly MigrationFile[],
): MigrationFile[] {
  const now = BigInt(new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, ''));
  const last = BigInt(migrations.at(-1)?.version ?? 0);
  const first = now > last ? now : last + 1n;
  return scripts.map((text, index) => {
    const version = String(first + BigInt(index));
    const part = scripts.length > 1 ? `${name}_${index + 1}` : name;
    return { version, name: part, text, file: join(supabaseDir, 'migrations', `${version}_${part}.sql`) };
  });
}

async function writeMigrations(migrations: readonly MigrationFile[]): Promise<void> {
  for (const { file, text } of migrations) {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  }
}
