import { fileURLToPath } from 'node:url';
import type { Logger } from '../logger.ts';
import { createAuth } from './auth/auth.ts';
import type { SupabaseConfig } from './config/config.ts';
import type { StackContext } from './context.ts';
import { createJwtVerifier } from './jwt.ts';
import { resolveKeys, type Keys } from './keys.ts';
import type { Database } from './postgres/database.ts';
import type { MigrationResult } from './postgres/migrations.ts';
import { startPostgres } from './postgres/postgres.ts';
import type { Service, ServiceName } from './service.ts';
import { createStorage } from './storage/service.ts';

export interface ServicesOptions {
  readonly config: SupabaseConfig;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly dbPort: { exact: number } | { preferred: number };
  /** Throw-away data: deleted at the end, no fsync. */
  readonly ephemeral: boolean;
  readonly binDir: string | undefined;
  readonly logger: Logger;
}

/** PostgreSQL and the services on it, before any gateway: reachable only by calling `services.*.handle`. */
export interface Services {
  readonly keys: Keys;
  readonly database: Database;
  readonly migrations: MigrationResult;
  readonly services: Readonly<Partial<Record<ServiceName, Service>>>;
  /** Process id of the PostgreSQL server. */
  postgresPid(): number;
  /** Services first, then PostgreSQL. */
  stop(): Promise<void>;
}

/** How each service is made, and where its schema scripts lie (applied in this order). */
const SERVICES: Readonly<Partial<Record<ServiceName, ServiceDefinition>>> = {
  auth: { schemaDir: schemaDir('auth'), create: createAuth },
  storage: { schemaDir: schemaDir('storage'), create: createStorage },
};

/** Schema scripts lie beside the service that uses them. */
function schemaDir(service: ServiceName): string {
  return fileURLToPath(new URL(`./${service}/schema`, import.meta.url));
}

interface ServiceDefinition {
  /** Folder of `NNNN_name.sql` scripts, applied once each before the user's migrations. */
  readonly schemaDir: string | undefined;
  create(context: StackContext): Promise<Service>;
}

/**
 * Starts PostgreSQL, brings it to the project's schema and starts the services.
 *
 * @throws SupabaseDevError; whatever was started is stopped again
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { config, dataDir, ephemeral, binDir, logger } = options;
  const keys = await resolveKeys(config);
  const definitions = Object.entries(SERVICES);
  const schemaDirs = definitions.flatMap(([, definition]) => definition.schemaDir ?? []);
  const postgres = await startPostgres({
    config,
    dataDir,
    port: options.dbPort,
    ephemeral,
    binDir,
    schemaDirs,
    logger,
  });
  const context: StackContext = {
    config,
    keys,
    jwt: createJwtVerifier(keys),
    database: postgres.database,
    dataDir,
    logger,
  };
  const started: Service[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.map((service) => service.close()));
    await postgres.stop();
  };
  const start = async ([name, definition]: [string, ServiceDefinition]): Promise<[string, Service]> => {
    const service = await definition.create(context);
    started.push(service);
    return [name, service];
  };
  const results = await Promise.allSettled(definitions.map(start));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const services = Object.fromEntries(results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : [])));
  for (const key of config.unread())
    logger.warn(`supabase/config.toml: ${key} is set but not supported here; ignored`);
  return {
    keys,
    database: postgres.database,
    migrations: postgres.migrations,
    services,
    postgresPid: () => postgres.pid(),
    stop,
  };
}
