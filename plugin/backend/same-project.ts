import pg from 'pg';
import { silentLogger } from '../shared/logger.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import { POSTGRES_PASSWORD } from '../stack/postgres/database.ts';
import { listMigrations } from '../stack/postgres/migration-files.ts';

const CONNECT_TIMEOUT_MS = 1_000;
const DEFAULT_PORT = 54322;

/**
 * Whether the database of a local stack holds another project's data. All local stacks have the same ports and keys by
 * default, so these prove nothing; but a stack of this project has this project's migrations.
 *
 * @returns undefined when it is unknown: the database cannot be reached, or neither side has migrations
 */
export async function isForeignStack(config: SupabaseConfig): Promise<boolean | undefined> {
  const recorded = await readRecordedVersions(config.section('db').integer('port', DEFAULT_PORT));
  return recorded && holdsAnother(config, recorded);
}

/**
 * URL of the local stack's database as `postgres`, if it answers and holds nothing of another project.
 */
export async function findProjectDatabase(config: SupabaseConfig): Promise<string | undefined> {
  const port = config.section('db').integer('port', DEFAULT_PORT);
  const recorded = await readRecordedVersions(port);
  if (!recorded || (await holdsAnother(config, recorded)) === true) return undefined;
  return `postgresql://postgres:${POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`;
}

/** Whether recorded migrations are another project's; undefined when neither side has any. */
async function holdsAnother(
  config: SupabaseConfig,
  recorded: readonly string[],
): Promise<boolean | undefined> {
  const own = (await listMigrations(config.supabaseDir, silentLogger)).map((migration) => migration.version);
  if (own.length === 0 && recorded.length === 0) return undefined;
  return !own.some((version) => recorded.includes(version));
}

/** Versions of the migrations that are applied there; undefined when the database does not answer. */
async function readRecordedVersions(port: number): Promise<string[] | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: POSTGRES_PASSWORD,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations',
    );
    return rows.map((row) => row.version);
  } catch (error) {
    const hasNoTable =
      error instanceof pg.DatabaseError && (error.code === '42P01' || error.code === '3F000');
    return hasNoTable ? [] : undefined;
  } finally {
    await client.end().catch(() => {});
  }
}
