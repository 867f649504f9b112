import type { Logger } from '../../shared/logger.ts';
import type { PortChoice } from '../../shared/ports.ts';
import { findBinaries } from './binaries.ts';
import { startCluster } from './cluster.ts';
import { emptyDataDir, openDataDir } from './data-dir.ts';
import { readServerSettings } from './configured-settings.ts';
import type { Database } from './database.ts';
import { ProjectDatabases } from './databases/project-databases.ts';
import { DatabaseServer } from './databases/server.ts';
import type { MigrationResult } from './migrations.ts';
import type { SchemaOptions } from './project-schema.ts';
import { resolveRunAs } from './run-as.ts';

export interface PostgresOptions extends SchemaOptions {
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly port: PortChoice;
  /** Throw-away data: no fsync. */
  readonly ephemeral: boolean;
  readonly logger: Logger;
}

/** A running PostgreSQL with the schema of Supabase and the project's migrations and seed. */
export interface Postgres {
  readonly database: Database;
  readonly migrations: MigrationResult;
  /** The live database and those beside it. */
  readonly databases: ProjectDatabases;
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
    schemaDirs: options.schemaDirs,
    hasTemplate: options.binDir === undefined,
    settings: readServerSettings(options.config),
    logger,
  });
  let databases: ProjectDatabases | undefined;
  const stop = async (discard: boolean): Promise<void> => {
    await databases?.close();
    await cluster.stop();
    if (discard) await emptyDataDir(dataDir);
  };
  try {
    const server = new DatabaseServer(cluster.host, cluster.port, cluster.superuserPassword);
    databases = new ProjectDatabases(server, options, cluster.superuserPassword);
    return {
      database: server.database(),
      migrations: await databases.open(),
      databases,
      pid: () => cluster.pid(),
      stop,
    };
  } catch (error) {
    await stop(ephemeral);
    throw error;
  }
}
