import { fileURLToPath } from 'node:url';
import type { Logger } from '../shared/logger.ts';
import { Observations } from '../shared/observations.ts';
import type { PortChoice } from '../shared/ports.ts';
import { createAuthService } from './auth/service.ts';
import type { SupabaseConfig } from './config/config.ts';
import type { StackContext } from './context.ts';
import { createFunctionsService, type FunctionsOptions } from './functions/service.ts';
import { createJwtVerifier } from './jwt.ts';
import { resolveKeys, type Keys } from './keys.ts';
import { createMailService } from './mail/service.ts';
import { DatabaseJobs } from './database-jobs/database-jobs.ts';
import type { Database } from './postgres/database.ts';
import type { MigrationResult } from './postgres/migrations.ts';
import { startPostgres } from './postgres/postgres.ts';
import { replacePublicKeys } from './private-keys.ts';
import { createRestService } from './rest/service.ts';
import { createRealtimeService } from './realtime/service.ts';
import type { Service, ServiceName } from './service.ts';
import { createStorageService } from './storage/service.ts';

export interface ServicesOptions {
  readonly config: SupabaseConfig;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly dbPort: PortChoice;
  /** Throw-away data: no fsync, deleted at the end. */
  readonly ephemeral: boolean;
  /** Folder of another PostgreSQL installation's programs. */
  readonly binDir?: string;
  /** Extensions that may be missing: migrations skip the statements that create them. */
  readonly skipExtensions?: readonly string[];
  /** Other machines can reach the stack: its well-known keys are replaced by random ones. */
  readonly isExposed?: boolean;
  readonly logger: Logger;
  /** Receives what services refuse, answer without rows, or do not deliver. Default: nobody listens. */
  readonly observations?: Observations;
}

/** `ServicesOptions` with what only the gateway's owner knows. */
export interface StartServicesOptions extends ServicesOptions {
  /** Origin of the API: where requests of the database to the stack go. */
  readonly apiUrl?: string;
  /** Absent: the stack has no edge functions. */
  readonly functions?: FunctionsOptions;
}

type ServiceMap = Readonly<Partial<Record<ServiceName, Service>>>;

/** PostgreSQL and its services, without a gateway: the only way to them is `services.*.handle`. */
export interface Services {
  readonly keys: Keys;
  readonly database: Database;
  readonly migrations: MigrationResult;
  readonly services: ServiceMap;
  /** Host of the SMTP server that receives mails; undefined while they stay in the inbox. */
  readonly mailServer: string | undefined;
  /** Applies migrations that were added since. */
  migrate(): Promise<MigrationResult>;
  /** Process id of the PostgreSQL server. */
  postgresPid(): number;
  /** Stops the services, then PostgreSQL. With `discard` (always, when ephemeral) all data is deleted. */
  stop(options?: { discard: boolean }): Promise<void>;
}

/** How to create each service, and the folder of its schema scripts, applied in this order. */
const SERVICES: Readonly<Partial<Record<ServiceName, ServiceDefinition>>> = {
  auth: { schemaDir: schemaDir('auth'), create: createAuthService },
  storage: { schemaDir: schemaDir('storage'), create: createStorageService },
  realtime: { schemaDir: schemaDir('realtime'), create: createRealtimeService },
  rest: { schemaDir: schemaDir('rest'), create: createRestService },
};

/** The folder of a service's schema scripts. */
function schemaDir(service: ServiceName): string {
  return fileURLToPath(new URL(`./${service}/schema`, import.meta.url));
}

interface ServiceDefinition {
  /** Folder of `NNNN_name.sql` scripts, applied once each before the user's migrations. */
  readonly schemaDir: string | undefined;
  readonly create: (context: StackContext) => Promise<Service>;
}

/**
 * Starts PostgreSQL, brings it to the project's schema and starts the services.
 *
 * @throws SupabaseDevError, after it has stopped again whatever had started
 */
export async function startServices(options: StartServicesOptions): Promise<Services> {
  const { config, dataDir, logger } = options;
  const configured = await resolveKeys(config);
  const mail = await createMailService(config, logger);
  const schemaDirs = Object.values(SERVICES).flatMap(({ schemaDir }) => schemaDir ?? []);
  const keys = options.isExposed ? await replacePublicKeys(configured, dataDir) : configured;
  const appSettings = {
    jwtSecret: keys.jwtSecret,
    jwtExpiry: config.section('auth').integer('jwt_expiry', 3600),
  };
  const postgres = await startPostgres({ ...options, port: options.dbPort, appSettings, schemaDirs });
  const jwt = createJwtVerifier(keys);
  const { database } = postgres;
  const observations = options.observations ?? new Observations();
  const { mailer } = mail;
  const context: StackContext = { config, keys, jwt, database, mailer, dataDir, logger, observations };
  ignoreOtherSettings(config);
  const created = await createServices(context).catch(async (error: unknown) => {
    await postgres.stop(options.ephemeral);
    throw error;
  });
  const functions = options.functions && createFunctionsService(context, options.functions);
  const services = { ...created, mail: mail.service, ...(functions && { functions }) };
  const jobs = new DatabaseJobs({ database, apiUrl: options.apiUrl, logger });
  for (const key of config.unread())
    logger.warn(`supabase/config.toml: ${key} is set but not supported here; ignored`);
  for (const { key, variable } of config.unset())
    logger.warn(`supabase/config.toml: ${key} has no value, because the variable ${variable} is not set`);
  return {
    keys,
    database,
    migrations: postgres.migrations,
    services,
    mailServer: mail.mailer.server,
    migrate: () => postgres.migrate(),
    postgresPid: () => postgres.pid(),
    async stop({ discard } = { discard: false }) {
      await Promise.all([jobs.close(), closeAll(Object.values(services))]);
      await postgres.stop(discard || options.ephemeral);
    },
  };
}

async function createServices(context: StackContext): Promise<ServiceMap> {
  const results = await Promise.allSettled(
    Object.entries(SERVICES).map(async ([name, service]) => [name, await service.create(context)] as const),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) {
    await closeAll(started.map(([, service]) => service));
    throw failure.reason;
  }
  return Object.fromEntries(started);
}

async function closeAll(services: readonly Service[]): Promise<void> {
  await Promise.allSettled(services.map((service) => service.close()));
}

/** Marks settings as known that configure the Supabase CLI's containers, or that callers of the stack read themselves. */
function ignoreOtherSettings(config: SupabaseConfig): void {
  config.section('api').ignore('enabled', 'port', 'tls', 'external_url');
  const db = config.section('db');
  db.ignore('port', 'shadow_port', 'major_version', 'health_timeout', 'pooler', 'network_restrictions');
  db.ignore('ssl_enforcement', 'root_key');
  db.section('migrations').ignore('schema_paths');
  // Read only when there is new data to seed.
  db.ignore('seed');
}
