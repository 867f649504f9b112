import { fileURLToPath } from 'node:url';
import type { Logger } from '../shared/logger.ts';
import { Observations } from '../shared/observations.ts';
import type { PortChoice } from '../shared/ports.ts';
import { createAuthService } from './auth/service.ts';
import type { SupabaseConfig } from './config/config.ts';
import type { StackContext } from './context.ts';
import type { FunctionsOptions } from './functions/live-functions.ts';
import { createFunctionsService } from './functions/service.ts';
import { createJwtVerifier } from './jwt.ts';
import { resolveKeys, type Keys } from './keys.ts';
import { createMailService } from './mail/service.ts';
import { DatabaseJobs } from './database-jobs/database-jobs.ts';
import { HttpServer } from './database-jobs/http-server.ts';
import { applyHttpServer } from './postgres/configured-settings.ts';
import type { Database } from './postgres/database.ts';
import type { ProjectDatabases } from './postgres/databases/project-databases.ts';
import { withClient } from './postgres/databases/server.ts';
import type { MigrationResult } from './postgres/migrations.ts';
import { startPostgres } from './postgres/postgres.ts';
import { replacePublicKeys } from './private-keys.ts';
import type { EngineState } from './rest/engine-state.ts';
import { createRestService, readRestState } from './rest/service.ts';
import { createRealtimeService } from './realtime/service.ts';
import type { Service, ServiceName } from './service.ts';
import type { ApiPlace } from './stack-url.ts';
import { keepFilesOf, type KeptFiles } from './storage/disk/kept-files.ts';
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
  /** Origin of the API. */
  readonly apiUrl: string;
  /** Absent: the stack has no edge functions. */
  readonly functions?: FunctionsOptions;
}

type ServiceMap = Readonly<Partial<Record<ServiceName, Service>>>;

/** The services of one database, without a gateway: the only way to them is `services.*.handle`. */
export interface ServiceSet {
  /** Replaced by `exchange`. */
  readonly services: ServiceMap;
  /** Host of the SMTP server that receives mails; undefined while they stay in the inbox. */
  readonly mailServer: string | undefined;
  /** Reads from another database what services need of it when it takes the place of this one. */
  preload(next: Database): Promise<void>;
  /**
   * Closes the services that use the database, runs `change`, and opens them again, whatever its outcome.
   *
   * @param next name of the database that `change` puts in the place of this one
   */
  exchange<T>(next: string | undefined, change: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** PostgreSQL and the services of its live database. */
export interface Services extends Omit<ServiceSet, 'close'> {
  readonly keys: Keys;
  readonly database: Database;
  readonly migrations: MigrationResult;
  /** The live database and those beside it. */
  readonly databases: ProjectDatabases;
  /** The files of Storage that belong to other states of the database. */
  readonly files: KeptFiles;
  /** Services of another database of the server, with a folder, an address and mails of their own. */
  open(own: OwnParts): Promise<ServiceSet>;
  /** Process id of the PostgreSQL server. */
  postgresPid(): number;
  /** Stops the services, then PostgreSQL. With `discard` (always, when ephemeral) all data is deleted. */
  stop(options?: { discard: boolean }): Promise<void>;
}

/** What a set of services shares with no other one. */
interface OwnParts {
  readonly database: Database;
  readonly dataDir: string;
  readonly apiUrl: string;
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
  /** @param restState what REST has read from the database in advance */
  readonly create: (context: StackContext, restState?: EngineState) => Promise<Service>;
}

/**
 * Starts PostgreSQL, brings it to the project's schema and starts the services.
 *
 * @throws SupabaseDevError, after it has stopped again whatever had started
 */
export async function startServices(options: StartServicesOptions): Promise<Services> {
  const { config, dataDir, logger } = options;
  const configured = await resolveKeys(config);
  const schemaDirs = Object.values(SERVICES).flatMap(({ schemaDir }) => schemaDir ?? []);
  const keys = options.isExposed ? await replacePublicKeys(configured, dataDir) : configured;
  const appSettings = {
    jwtSecret: keys.jwtSecret,
    jwtExpiry: config.section('auth').integer('jwt_expiry', 3600),
  };
  // Migrations, too, may use the extension http.
  const httpServer = await HttpServer.listen(placeOf(options.apiUrl, config));
  const postgres = await startPostgres({
    ...options,
    port: options.dbPort,
    appSettings,
    httpServer,
    schemaDirs,
  }).catch(async (error: unknown) => {
    await httpServer.close();
    throw error;
  });
  const { database, databases } = postgres;
  const observations = options.observations ?? new Observations();
  const shared = { config, keys, jwt: createJwtVerifier(keys), logger, observations };
  const open = (own: OwnParts, http: HttpServer): Promise<ServiceSet> =>
    openSet(shared, own, http, options.functions);
  ignoreUntilUsed(config);
  const set = await open({ database, dataDir, apiUrl: options.apiUrl }, httpServer).catch(
    async (error: unknown) => {
      await Promise.all([httpServer.close(), postgres.stop(options.ephemeral)]);
      throw error;
    },
  );
  for (const notice of config.notices()) logger.warn(notice);
  return {
    keys,
    database,
    databases,
    files: keepFilesOf(dataDir),
    migrations: postgres.migrations,
    get services() {
      return set.services;
    },
    mailServer: set.mailServer,
    preload: (next) => set.preload(next),
    exchange: (next, change) => set.exchange(next, change),
    async open(own) {
      // What its SQL calls by the names of the containers is the API of this set.
      const ownServer = await HttpServer.listen(placeOf(own.apiUrl, config));
      try {
        const admin = own.database.connection('supabase_admin');
        await withClient(admin, (client) => applyHttpServer(client, ownServer));
        return await open(own, ownServer);
      } catch (error) {
        await ownServer.close();
        throw error;
      }
    },
    postgresPid: () => postgres.pid(),
    async stop({ discard } = { discard: false }) {
      await set.close();
      await postgres.stop(discard || options.ephemeral);
    },
  };
}

/** @param httpServer answers the extension `http` of the database; closed with the set */
async function openSet(
  shared: Pick<StackContext, 'config' | 'keys' | 'jwt' | 'logger' | 'observations'>,
  { database, dataDir, apiUrl }: OwnParts,
  httpServer: HttpServer,
  functionsOptions: FunctionsOptions | undefined,
): Promise<ServiceSet> {
  const mail = await createMailService(shared.config, shared.logger);
  const api = placeOf(apiUrl, shared.config);
  const context: StackContext = { ...shared, database, mailer: mail.mailer, dataDir, api };
  let open = await openServices(context);
  const preloaded = new Map<string, Promise<EngineState | undefined>>();
  const functions = functionsOptions && createFunctionsService(context, functionsOptions);
  const lasting = { mail: mail.service, ...(functions && { functions }) };
  return {
    get services() {
      return { ...open.services, ...lasting };
    },
    mailServer: mail.mailer.server,
    async preload(next) {
      // What cannot be read now is read, and reported, when the services open.
      const reading =
        preloaded.get(next.name) ?? readRestState({ ...context, database: next }).catch(() => undefined);
      preloaded.set(next.name, reading);
      await reading;
    },
    async exchange(next, change) {
      await open.close();
      let restState: EngineState | undefined;
      try {
        const result = await change();
        restState = await preloaded.get(next ?? '');
        return result;
      } finally {
        // Those of copies that are out of date, too; a snapshot replaces nothing.
        if (next !== undefined) preloaded.clear();
        open = await openServices(context, restState);
      }
    },
    async close() {
      await Promise.all([httpServer.close(), open.close(), closeAll(Object.values(lasting))]);
    },
  };
}

function placeOf(apiUrl: string, config: SupabaseConfig): ApiPlace {
  return { apiUrl, apiPort: config.section('api').integer('port', 54321) };
}

/** What is connected to the database: services, and the workers of its jobs. */
interface OpenServices {
  readonly services: ServiceMap;
  close(): Promise<void>;
}

async function openServices(context: StackContext, restState?: EngineState): Promise<OpenServices> {
  const { database, api, logger } = context;
  const services = await createServices(context, restState);
  const jobs = new DatabaseJobs({ database, api, logger });
  return {
    services,
    async close() {
      await Promise.all([jobs.close(), closeAll(Object.values(services))]);
    },
  };
}

async function createServices(context: StackContext, restState?: EngineState): Promise<ServiceMap> {
  const results = await Promise.allSettled(
    Object.entries(SERVICES).map(
      async ([name, service]) => [name, await service.create(context, restState)] as const,
    ),
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

/** Marks settings as known that are read only when there is something to do with them. */
function ignoreUntilUsed(config: SupabaseConfig): void {
  config.section('db').section('seed').ignore('enabled', 'sql_paths');
  config.section('db').section('migrations').ignore('schema_paths');
}
