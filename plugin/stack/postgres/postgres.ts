import pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import type { PortChoice } from '../../shared/ports.ts';
import { findBinaries } from './binaries.ts';
import { applyApiPrivileges } from './api-privileges.ts';
import { applyBootstrap, isDone, markDone } from './bootstrap.ts';
import { startCluster } from './cluster.ts';
import { emptyDataDir, openDataDir } from './data-dir.ts';
import {
  applyAppSettings,
  applyHttpServer,
  applyVaultSecrets,
  readServerSettings,
  type AppSettings,
  type HttpServerAddress,
} from './configured-settings.ts';
import { createDatabase, type Database } from './database.ts';
import { createExtensionsOfImage, isForImage15 } from './extensions-of-image.ts';
import { warnOfExtensionsWithoutFunction } from './extensions-without-function.ts';
import { applyMigrations, type MigrationResult } from './migrations.ts';
import { resolveRunAs } from './run-as.ts';
import type { ScriptRules } from './run-script.ts';
import { applyRoles, applySeed } from './seed.ts';

export interface PostgresOptions {
  readonly config: SupabaseConfig;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly port: PortChoice;
  /** Throw-away data: no fsync. */
  readonly ephemeral: boolean;
  /** Folder of another PostgreSQL installation's programs. */
  readonly binDir?: string;
  /** Extensions that may be missing: migrations skip the statements that create them. */
  readonly skipExtensions?: readonly string[];
  readonly appSettings?: AppSettings;
  /** Where the extension `http` sends its requests; absent: nowhere. */
  readonly httpServer?: HttpServerAddress;
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
    schemaDirs: options.schemaDirs,
    hasTemplate: options.binDir === undefined,
    settings: readServerSettings(options.config),
    logger,
  });
  const stop = async (discard: boolean): Promise<void> => {
    await cluster.stop();
    if (discard) await emptyDataDir(dataDir);
  };
  try {
    const database = createDatabase(cluster.host, cluster.port, cluster.superuserPassword);
    const migrations = await prepareSchema(database, options, cluster.superuserPassword);
    return {
      database,
      migrations,
      migrate: () => withClient(database.connection('postgres'), (client) => migrate(client, options)),
      pid: () => cluster.pid(),
      stop,
    };
  } catch (error) {
    await stop(ephemeral);
    throw error;
  }
}

/** Applies Supabase's schema, then the project's roles, migrations and seed; roles and seed once. */
async function prepareSchema(
  database: Database,
  options: PostgresOptions,
  internalPassword: string,
): Promise<MigrationResult> {
  return withClient(database.connection('supabase_admin'), async (admin) => {
    await applyBootstrap(admin, options.schemaDirs, internalPassword);
    await applyApiPrivileges(admin, options.config);
    if (options.appSettings) await applyAppSettings(admin, options.appSettings);
    if (options.httpServer) await applyHttpServer(admin, options.httpServer);
    return withClient(database.connection('postgres'), async (client) => {
      const rules = rulesOf(options);
      const once = async (step: string, apply: () => Promise<unknown>): Promise<void> => {
        if (await isDone(admin, step)) return;
        await apply();
        await markDone(admin, step);
      };
      // Another installation has files of its own, which may not be trusted.
      if (isForImage15(options.config) && options.binDir === undefined)
        await once('extensions of image 15', () => createExtensionsOfImage(client));
      await applyVaultSecrets(client, options.config);
      await once('roles', () => applyRoles(client, options.config.supabaseDir, rules));
      const migrations = await migrate(client, options);
      await once('seed', () => applySeed(client, options.config, rules));
      return migrations;
    });
  });
}

async function migrate(client: pg.Client, options: PostgresOptions): Promise<MigrationResult> {
  const { config } = options;
  if (!config.section('db').section('migrations').boolean('enabled', true)) return { applied: [], total: 0 };
  const result = await applyMigrations(client, config.supabaseDir, rulesOf(options));
  // Those of the image say nothing about the project.
  if (result.applied.length > 0 && !isForImage15(config))
    await warnOfExtensionsWithoutFunction(client, options.logger);
  return result;
}

function rulesOf({ binDir, skipExtensions, logger }: PostgresOptions): ScriptRules {
  return { foreignInstallation: binDir !== undefined, skip: skipExtensions ?? [], logger };
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
