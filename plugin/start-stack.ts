import type { SyncResult } from './backend/backend.ts';
import { Terminal } from './explain/terminal.ts';
import { openStack } from './open-stack.ts';
import type { ErrorCode } from './shared/error-codes.ts';
import { SupabaseDevError } from './shared/errors.ts';
import type { LogLevel } from './shared/log-level.ts';
import { silentLogger, type Logger } from './shared/logger.ts';
import { Observations } from './shared/observations.ts';
import type { PostgresInstallation, StackOptions } from './stack-options.ts';
import type { ConfigOverrides } from './stack/config/config.ts';
import { readExposedSchemas } from './stack/config/exposed-schemas.ts';

export type { ConfigOverrides, ErrorCode, Logger, LogLevel, PostgresInstallation, StackOptions, SyncResult };
export { SupabaseDevError };

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
  /** Connection URL of PostgreSQL as role `postgres`; another one after a reset. */
  readonly dbUrl: string;
  /** Starts again from migrations and seed, at the same `url`. @throws SupabaseDevError MIGRATION_FAILED; it is as it was */
  reset(): Promise<void>;
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
  const { stack, config } = await openStack(options, observations);
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
      return {
        ...record,
        url: fork.url,
        get dbUrl() {
          return fork.dbUrl;
        },
        reset: () => fork.reset(),
        stop: end,
        [Symbol.asyncDispose]: end,
      };
    },
    snapshot: (name) => stack.saveSnapshot(name),
    restore: (name) => stack.restoreSnapshot(name),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
