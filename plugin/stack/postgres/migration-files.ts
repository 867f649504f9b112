import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasErrorCode, SupabaseDevError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

/** A file `<version>_<name>.sql` in `supabase/migrations`. */
export interface Migration {
  readonly version: string;
  readonly name: string;
  readonly file: string;
}

/** A migration with its content, as it was at one moment. */
export interface MigrationFile extends Migration {
  readonly text: string;
  /** It is a file of `[db.migrations] schema_paths`. */
  readonly isDeclared?: boolean;
}

/** The migrations of a project, read at once: a file that is saved meanwhile belongs to the next call. */
export async function readMigrations(supabaseDir: string, logger: Logger): Promise<MigrationFile[]> {
  const migrations = await listMigrations(supabaseDir, logger);
  return Promise.all(
    migrations.map(async (migration) => ({ ...migration, text: await readFile(migration.file, 'utf8') })),
  );
}

/**
 * Writes a new migration, whose version is the time, or the next second that no other migration has.
 *
 * @returns what `readMigrations` finds from now on
 */
export async function writeMigration(supabaseDir: string, name: string, text: string): Promise<Migration> {
  const dir = join(supabaseDir, 'migrations');
  await mkdir(dir, { recursive: true });
  const names = await readdir(dir);
  for (let time = Date.now(); ; time += 1000) {
    const version = new Date(time).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
    if (names.some((other) => other.startsWith(version))) continue;
    const file = join(dir, `${version}_${name}.sql`);
    await writeFile(file, text, { flag: 'wx' });
    return { version, name, file };
  }
}

const FILE_NAME = /^(\d+)_(.*)\.sql$/;

/**
 * The migrations of a project in the order of their versions. SQL files with another name are skipped with the Supabase
 * CLI's message (pkg/migration/list.go).
 *
 * @throws SupabaseDevError MIGRATION_FAILED when two files have the same version
 */
export async function listMigrations(supabaseDir: string, logger: Logger): Promise<Migration[]> {
  const dir = join(supabaseDir, 'migrations');
  const names = await readdir(dir).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return [];
    throw error;
  });
  const migrations = new Map<string, Migration>();
  for (const fileName of names.toSorted()) {
    const [, version, name] = FILE_NAME.exec(fileName) ?? [];
    const file = join(dir, fileName);
    if (version === undefined || name === undefined) {
      if (fileName.endsWith('.sql'))
        logger.warn(
          `Skipping migration ${fileName}... (file name must match pattern "<timestamp>_name.sql")`,
        );
      continue;
    }
    const other = migrations.get(version);
    if (other) throw duplicateVersion(version, other.file, file);
    migrations.set(version, { version, name, file });
  }
  return [...migrations.values()];
}

function duplicateVersion(version: string, first: string, second: string): SupabaseDevError {
  return new SupabaseDevError(
    'MIGRATION_FAILED',
    `Two migrations have the version ${version}: ${basename(first)} and ${basename(second)}`,
    {
      hint: 'Rename one of them: each version can be applied once.',
      location: { file: second, line: 1, column: 1 },
    },
  );
}
