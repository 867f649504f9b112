import pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../logger.ts';
import { findBinaries } from './binaries.ts';
import { applyBootstrap } from './bootstrap.ts';
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
  /** Delete the data directory at the end and do without fsync. */
  readonly ephemeral: boolean;
  /** Folder of another PostgreSQL installation's programs. */
  readonly binDir: string | undefined;
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
  stop(): Promise<void>;
}

/**
 * From nothing (or an older data directory) to a migrated database.
 *
 * @throws SupabaseDevError, with the server stopped again
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { config, ephemeral, logger } = options;
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
  const stop = async (): Promise<void> => {
    await cluster.stop();
    if (ephemeral) await removeDataDir(dataDir);
  };
  try {
    const database = createDatabase(cluster.host, cluster.port, cluster.superuserPassword);
    await withClient(database.connection('supabase_admin'), (admin) =>
      applyBootstrap(admin, options.schemaDirs, cluster.superuserPassword),
    );
    const migrations = await withClient(database.connection('postgres'), async (client) => {
      const result = await applyMigrations(client, config.supabaseDir);
      if (cluster.created) await applySeed(client, config);
      return result;
    });
    return { database, migrations, pid: () => cluster.pid(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
