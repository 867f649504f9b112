import type pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { applyApiPrivileges } from './api-privileges.ts';
import { applyBootstrap, isDone, markDone } from './bootstrap.ts';
import {
  applyAppSettings,
  applyHttpServer,
  applyVaultSecrets,
  type AppSettings,
  type HttpServerAddress,
} from './configured-settings.ts';
import type { Database } from './database.ts';
import { withClient } from './databases/server.ts';
import { createExtensionsOfImage, isForImage15 } from './extensions-of-image.ts';
import { warnOfExtensionsWithoutFunction } from './extensions-without-function.ts';
import type { MigrationFile } from './migration-files.ts';
import { applyMigrations, type MigrationResult } from './migrations.ts';
import type { ScriptRules } from './run-script.ts';
import { applyRoles, applySeed } from './seed.ts';

/** What the schema of a project's database depends on, besides its files. */
export interface SchemaOptions {
  readonly config: SupabaseConfig;
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

/**
 * Brings a database to Supabase's schema, then to the project's: roles, migrations and seed; roles and seed once.
 *
 * @param migrations in the order of their versions; those that are recorded in the database are skipped
 */
export async function prepareSchema(
  database: Database,
  options: SchemaOptions,
  internalPassword: string,
  { migrations, seed }: { migrations: readonly MigrationFile[]; seed: boolean },
): Promise<MigrationResult> {
  const rules = rulesOf(options, database);
  return withClient(database.connection('supabase_admin'), async (admin) => {
    await applyBootstrap(admin, options.schemaDirs, internalPassword);
    await applyApiPrivileges(admin, options.config);
    await applyRunSettings(admin, options);
    return withClient(database.connection('postgres'), async (client) => {
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
      const result = await migrate(client, options, rules, migrations);
      if (seed) await once('seed', () => applySeed(client, options.config, rules));
      return result;
    });
  });
}

/**
 * Stores what changes from one start to the next. A copy has it as it was when its source was made, by an earlier start
 * perhaps.
 *
 * @param admin connected as the superuser
 */
export async function applyRunSettings(
  admin: pg.Client,
  { appSettings, httpServer }: SchemaOptions,
): Promise<void> {
  if (appSettings) await applyAppSettings(admin, appSettings);
  if (httpServer) await applyHttpServer(admin, httpServer);
}

/** Applies the migrations that a database does not have. */
export async function migrateDatabase(
  database: Database,
  options: SchemaOptions,
  migrations: readonly MigrationFile[],
): Promise<MigrationResult> {
  return withClient(database.connection('postgres'), (client) =>
    migrate(client, options, rulesOf(options, database), migrations),
  );
}

async function migrate(
  client: pg.Client,
  options: SchemaOptions,
  rules: ScriptRules,
  migrations: readonly MigrationFile[],
): Promise<MigrationResult> {
  const result = await applyMigrations(client, migrations, rules);
  // Those of the image say nothing about the project.
  if (result.applied.length > 0 && !isForImage15(options.config))
    await warnOfExtensionsWithoutFunction(client, options.logger);
  return result;
}

/** Whether `[db.migrations] enabled` says so. */
export function hasMigrations(config: SupabaseConfig): boolean {
  return config.section('db').section('migrations').boolean('enabled', true);
}

/** How scripts run in a database. */
export function rulesOf({ binDir, skipExtensions, logger }: SchemaOptions, database: Database): ScriptRules {
  return {
    foreignInstallation: binDir !== undefined,
    skip: skipExtensions ?? [],
    database: database.name,
    logger,
  };
}
