import pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { findBinaries } from './binaries.ts';
import { applyBootstrap, isSeeded, markSeeded } from './bootstrap.ts';
import { startCluster } from './cluster.ts';
import { openDataDir, emptyDataDir } from './data-dir.ts';
import { createDatabase, type Database } from './database.ts';
import { applyMigrations, type MigrationResult } from './migrations.ts';
import { resolveRunAs } from './run-as.ts';
import { applySeed } from './seed.ts';

export interface PostgresOptions {
  readonly config: SupabaseConfig;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly port: { exact: number } | { preferred: number };
  /** Throw-away data: no fsync. */
  readonly ephemeral: boolean;
  /** Folder of another PostgreSQL installation's programs. */
  readonly binDir?: string;
  /** Extensions that may be missing: migrations skip the statements that create them. */
  readonly skipExtensions?: readonly string[];
  /** Folders of each service's schema scripts. */
  readonly schemaDirs: readonly string[];
  readonly logger: Logger;
}

/** A running PostgreSQL with the schema of Supabase and the project's migrations and seed. */
export interface Postgres {
  readonly database: Database;
  readonly migrations: MigrationResult;
  /** Applies migrations that were added since. */
  migrate(): Promise<MigrationResult>;
  /** Process id of the server. */
  pid(): number;
  /** @param discard delete all data as well */
  stop(discard: boolean): Promise<void>;
}

/**
 * Starts PostgreSQL and brings its database to the project's schema: roles and schemas of Supabase, migrations, seed.
 *
 * @throws SupabaseDevError, after it has stopped the server again
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { ephemeral, logger } = options;
  const runAs = resolveRunAs();
  const dataDir = await openDataDir(options.dataDir, runAs);
  const binaries = await findBinaries(options.binDir, runAs, dataDir.shared);
  const cluster = await startCluster({
    binaries,
    dataDir,
    runAs,
    port: options.port,
    durable: !ephemeral,
    logger,
  });
  const stop = async (discard: boolean): Promise<void> => {
    await cluster.stop();
    if (discard) await emptyDataDir(dataDir);
  };
  try {
    const database = createDatabase(cluster.host, cluster.port, cluster.superuserPassword);
    const migrations = await prepareSchema(database, options, cluster.superuserPassword);
    const migrate = (): Promise<MigrationResult> => migrateDatabase(database, options, false);
    return { database, migrations, migrate, pid: () => cluster.pid(), stop };
  } catch (error) {
    await stop(ephemeral);
    throw error;
  }
}

/** Applies Supabase's schema, then the project's migrations, then (once) its seed. */
async function prepareSchema(
  database: Database,
  options: PostgresOptions,
  internalPassword: string,
): Promise<MigrationResult> {
  const seeded = await withClient(database.connection('supabase_admin'), async (admin) => {
    await applyBootstrap(admin, options.schemaDirs, internalPassword);
    return isSeeded(admin);
  });
  return migrateDatabase(database, options, !seeded);
}

async function migrateDatabase(
  database: Database,
  { config, skipExtensions, logger }: PostgresOptions,
  seed: boolean,
): Promise<MigrationResult> {
  return withClient(database.connection('supabase_admin'), (admin) =>
    withClient(database.connection('postgres'), async (client) => {
      const extensions = { admin, skip: skipExtensions ?? [], logger };
      const isEnabled = config.section('db').section('migrations').boolean('enabled', true);
      const migrations = isEnabled
        ? await applyMigrations(client, config.supabaseDir, extensions)
        : { applied: [], total: 0 };
      if (seed) {
        await applySeed(client, config, extensions);
        await markSeeded(admin);
      }
      return migrations;
    }),
  );
}

async function withClient<T>(settings: pg.ClientConfig, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(settings);
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
