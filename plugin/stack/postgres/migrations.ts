import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { errorMessage, hasErrorCode, SupabaseDevError } from '../../shared/errors.ts';
import { handleCreateExtension, type ExtensionRules } from './extensions.ts';
import { codeFrame, locate, splitStatements, type Statement } from './sql-script.ts';

/** A file `<version>_<name>.sql` in `supabase/migrations`. */
interface Migration {
  readonly version: string;
  readonly name: string;
  readonly file: string;
}

export interface MigrationResult {
  /** Versions applied by this call, in order. */
  readonly applied: readonly string[];
  /** Number of migrations in the folder. */
  readonly total: number;
}

const FILE_NAME = /^(\d+)_(.*)\.sql$/;

/** The migrations of a project in the order of their versions; other files are ignored, as by the Supabase CLI. */
export async function listMigrations(supabaseDir: string): Promise<Migration[]> {
  const dir = join(supabaseDir, 'migrations');
  const names = await readdir(dir).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return [];
    throw error;
  });
  return names.toSorted().flatMap((fileName) => {
    const [, version, name] = FILE_NAME.exec(fileName) ?? [];
    return version === undefined || name === undefined ? [] : [{ version, name, file: join(dir, fileName) }];
  });
}

/**
 * Applies the pending migrations, each in its own transaction, and records them in
 * `supabase_migrations.schema_migrations` as the Supabase CLI does.
 *
 * @param client connected as role `postgres`
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error; earlier migrations stay applied
 */
export async function applyMigrations(
  client: pg.Client,
  supabaseDir: string,
  extensions: ExtensionRules,
): Promise<MigrationResult> {
  const migrations = await listMigrations(supabaseDir);
  const { rows } = await client.query<{ version: string }>(
    'select version from supabase_migrations.schema_migrations',
  );
  const known = new Set(rows.map((row) => row.version));
  const applied: string[] = [];
  for (const migration of migrations) {
    if (known.has(migration.version)) continue;
    if (await applyMigration(client, migration, extensions)) applied.push(migration.version);
  }
  return { applied, total: migrations.length };
}

async function applyMigration(
  client: pg.Client,
  migration: Migration,
  extensions: ExtensionRules,
): Promise<boolean> {
  const script = await readFile(migration.file, 'utf8');
  const statements = splitStatements(script);
  // A file without a statement is still being written: if it were recorded now, it would never be applied.
  if (statements.length === 0) return false;
  const record = (): Promise<unknown> =>
    client.query(
      'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
      [migration.version, migration.name, statements.map((statement) => statement.text)],
    );
  await runScript(client, { file: migration.file, script, statements }, extensions, record);
  return true;
}

/** A SQL file with its statements. */
interface Script {
  readonly file: string;
  readonly script: string;
  readonly statements: readonly Statement[];
}

/**
 * Runs a script's statements in one transaction, then `finish`. A single statement runs without a transaction, so that
 * statements such as `create index concurrently` work.
 *
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error
 */
export async function runScript(
  client: pg.Client,
  { file, script, statements }: Script,
  extensions: ExtensionRules,
  finish: () => Promise<unknown> = async () => {},
): Promise<void> {
  const inTransaction = statements.length !== 1;
  let current: Statement | undefined;
  try {
    if (inTransaction) await client.query('begin');
    for (current of statements) {
      if (!(await handleCreateExtension(current.text, extensions))) await client.query(current.text);
    }
    current = undefined;
    // Undoes what the script has set: the record and the next script need the connection's original settings.
    await client.query('reset all; reset role');
    await finish();
    if (inTransaction) await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    await client.query('reset all; reset role').catch(() => {});
    throw scriptError(error, file, script, current);
  }
}

function scriptError(
  error: unknown,
  file: string,
  script: string,
  statement: Statement | undefined,
): SupabaseDevError {
  const sqlState = error instanceof pg.DatabaseError ? error : undefined;
  // PostgreSQL's position counts characters from 1, within the statement.
  const offset = (statement?.offset ?? 0) + Math.max(0, Number(sqlState?.position ?? 1) - 1);
  const { line, column } = locate(script, offset);
  const details = [sqlState?.detail, sqlState?.where].filter(Boolean).join('\n');
  const message = `${file}:${line}:${column}: ${errorMessage(error)}${sqlState?.code ? ` (SQLSTATE ${sqlState.code})` : ''}`;
  return new SupabaseDevError('MIGRATION_FAILED', details ? `${message}\n${details}` : message, {
    hint: hintFor(sqlState),
    cause: error,
    location: { file, line, column, frame: codeFrame(script, offset) },
  });
}

function hintFor(error: pg.DatabaseError | undefined): string {
  const missing =
    /extension "([^"]+)" is not available|could not open extension control file ".*\/([^/"]+)\.control"/.exec(
      error?.message ?? '',
    );
  if (missing) {
    const name = missing[1] ?? missing[2];
    return (
      `The embedded PostgreSQL has no extension "${name}". Run another installation that has it with ` +
      `postgres.binDir (in vite.config: embedded: { postgres: { binDir: '/usr/lib/postgresql/17/bin' } }), or use Docker (backend: 'local').`
    );
  }
  return error?.hint ?? 'Correct the file and save it; earlier migrations stay applied.';
}
