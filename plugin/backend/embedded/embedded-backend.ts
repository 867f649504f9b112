import { join, resolve } from 'node:path';
import type { GatewayTarget } from '../../gateway/target.ts';
import type { EmbeddedOptions } from '../../options.ts';
import type { Environment } from '../../shared/environment.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { Observations } from '../../shared/observations.ts';
import { loadConfig } from '../../stack/config/config.ts';
import { readExposedSchemas } from '../../stack/config/exposed-schemas.ts';
import { LOG_FILE } from '../../stack/postgres/launch.ts';
import { defaultDataDir } from '../../stack/project.ts';
import type { Backend, FunctionFailureListener } from '../backend.ts';
import type { ServedStackOptions } from './served-stack.ts';
import { openStackAccess, type StackAccess } from './stack-access.ts';

export interface EmbeddedBackendOptions {
  /** Folder that holds `supabase/`. */
  readonly root: string;
  readonly reason: string;
  readonly env: Environment;
  readonly embedded: EmbeddedOptions;
  /** Other machines can reach the server that this stack is for. */
  readonly isExposed?: boolean;
  readonly logger: Logger;
}

/**
 * Starts the embedded stack of a project in this process. If another process of the same project already runs it, that
 * stack is used, and taken over when that process ends.
 *
 * @throws SupabaseDevError; nothing is left running
 */
export async function createEmbeddedBackend(options: EmbeddedBackendOptions): Promise<Backend> {
  const failureListeners = new Set<FunctionFailureListener>();
  const observations = new Observations();
  const stackOptions = {
    ...(await resolveStackOptions(options)),
    observations,
    functions: {
      inspect: options.embedded.functions?.inspect ?? false,
      onFailure: (...failure: Parameters<FunctionFailureListener>) => {
        for (const listener of failureListeners) listener(...failure);
      },
    },
  };
  const exposedSchemas = readExposedSchemas(stackOptions.config.section('api'));
  const schemaListeners = new Set<() => void>();
  const stack = new CurrentStack(stackOptions, await openStackAccess(stackOptions), () => {
    for (const listener of schemaListeners) listener();
  });
  return {
    kind: 'embedded',
    reason: options.reason,
    observations,
    databaseUrl: () => stack.access.databaseUrl,
    logFile: join(stackOptions.dataDir, LOG_FILE),
    exposedSchemas,
    target: () => stack.target(),
    describe: () => stack.access.describe(),
    fork: async () => (await stack.settle()).fork(),
    request: async (command, args) => (await stack.settle()).request(command, args),
    sync: async () => (await stack.settle()).sync?.(),
    onSchemaChange(listener) {
      schemaListeners.add(listener);
      return () => schemaListeners.delete(listener);
    },
    onFunctionFailure(listener) {
      failureListeners.add(listener);
      return () => failureListeners.delete(listener);
    },
    close: () => stack.close(),
  };
}

async function resolveStackOptions(options: EmbeddedBackendOptions): Promise<ServedStackOptions> {
  const { root, embedded, env, logger } = options;
  const config = await loadConfig(root, { overrides: embedded.config, env });
  return {
    config,
    dataDir: embedded.dataDir === undefined ? await defaultDataDir(root) : resolve(root, embedded.dataDir),
    ephemeral: false,
    // Only a second dev server of this project uses this port: any free one will do.
    port: { exact: 0 },
    dbPort:
      embedded.dbPort === undefined
        ? { preferred: config.section('db').integer('port', 54322) }
        : { exact: embedded.dbPort },
    binDir: embedded.postgres?.binDir,
    skipExtensions: embedded.skipExtensions,
    isExposed: options.isExposed ?? false,
    logger,
  };
}

// Requests that follow a failed take-over at once get its error.
const RETRY_AFTER_MS = 1_000;

/** The stack that this process uses now: its own, or another process's until that one ends. */
class CurrentStack {
  access: StackAccess;
  readonly #options: ServedStackOptions;
  readonly #onSchemaChange: () => void;
  /** The take-over that runs, or the last one if it has failed. */
  #takeover: TakeOver | undefined;
  #isClosed = false;

  /** @param onSchemaChange called when the schema may have changed */
  constructor(options: ServedStackOptions, access: StackAccess, onSchemaChange: () => void) {
    this.#options = options;
    this.access = access;
    this.#onSchemaChange = onSchemaChange;
    this.#watch();
  }

  /** Waits for a take-over. After a failed one, the next request tries again. */
  target(): GatewayTarget | Promise<GatewayTarget> {
    const { failedAt } = this.#takeover ?? {};
    if (failedAt !== undefined && performance.now() - failedAt > RETRY_AFTER_MS) this.#takeOver();
    return this.#takeover ? this.#takeover.done.then(() => this.access.target()) : this.access.target();
  }

  /** The stack, when no take-over is missing; one that has failed is tried again at once. */
  async settle(): Promise<StackAccess> {
    if (this.#takeover?.failedAt !== undefined) this.#takeOver();
    await this.#takeover?.done;
    return this.access;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#takeover?.done.catch(() => {});
    await this.access.close();
  }

  #watch(): void {
    this.access.onSchemaChange?.(this.#onSchemaChange);
    void this.access.ended?.then(() => {
      if (this.#isClosed) return;
      this.#options.logger.warn('The process that ran the Supabase stack has ended; taking it over');
      this.#takeOver();
    });
  }

  #takeOver(): void {
    if (this.#isClosed) return;
    const takeover: TakeOver = {
      done: openStackAccess(this.#options).then((access) => {
        this.access = access;
        this.#takeover = undefined;
        this.#watch();
        // The start may have applied migrations.
        this.#onSchemaChange();
      }),
    };
    this.#takeover = takeover;
    takeover.done.catch((error: unknown) => {
      takeover.failedAt = performance.now();
      this.#options.logger.error(`Cannot take over the Supabase stack: ${errorMessage(error)}`);
    });
  }
}

interface TakeOver {
  readonly done: Promise<void>;
  /** When it failed, by `performance.now()`. */
  failedAt?: number;
}
