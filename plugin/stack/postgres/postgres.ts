import pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../logger.ts';
import { findBinaries } from './binaries.ts';
import { applyBootstrap, isSeeded, markSeeded } from './bootstrap.ts';
import { startCluster } from './cluster.ts';
import { openDataDir, removeDataDir } from './data-dir.ts';
import { createDatabase, type Database } from './database.ts';
import { applyMigrations, type MigrationResult } from './migrations.ts';
import { resolveRunAs } from './run-as.ts';
import { applySeed } from './seed.ts';

export interface PostgresOptions {
  readonly config: SupabaseConfig;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly port: { exact: number } | { preferred: number };
  /** Do without fsync: the data need not survive a power cut. */
  readonly ephemeral: boolean;
  /** Folder of another PostgreSQL installation's programs. */
  readonly binDir?: string;
  /** Folders of each service's schema scripts. */
  readonly schemaDirs: readonly string[];
  readonly logger: Logger;
}

/** A running PostgreSQL with the schema of Supabase and the project's migrations and seed. */
export interface Postgres {
  readonly database: Database;
  readonly migrations: MigrationResult;
  /** Process id of the server. */
  pid(): number;
  /** @param discard delete the data directory as well */
  stop(discard: boolean): Promise<void>;
}

/**
 * From nothing (or an older data directory) to a migrated database.
 *
 * @throws SupabaseDevError, with the server stopped again
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
    if (discard) await removeDataDir(dataDir);
  };
  try {
    const database = createDatabase(cluster.host, cluster.port, cluster.superuserPassword);
    const migrations = await prepareSchema(database, options, cluster.superuserPassword);
    return { database, migrations, pid: () => cluster.pid(), stop };
  } catch (error) {
    await stop(ephemeral);
    throw error;
  }
}

/** Supabase's schema, then the project's migrations, then (once) its seed. */
async function prepareSchema(
  database: Database,
  { config, schemaDirs }: PostgresOptions,
  internalPassword: string,
): Promise<MigrationResult> {
  return withClient(database.connection('supabase_admin'), async (admin) => {
    await applyBootstrap(admin, schemaDirs, internalPassword);
    return withClient(database.connection('postgres'), async (client) => {
      const migrations = await applyMigrations(client, config.supabaseDir);
      if (!(await isSeeded(admin))) {
        await applySeed(client, config);
        await markSeeded(admin);
      }
      return migrations;
    });
  });
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
