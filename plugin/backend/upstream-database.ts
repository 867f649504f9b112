import pg from 'pg';
import type { RestTarget, UpstreamObservation } from '../shared/observations.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import { readExposedSchemas } from '../stack/config/exposed-schemas.ts';
import type { RestPlanner } from '../stack/rest/planner.ts';
import { findProjectDatabase } from './same-project.ts';

/**
 * The database of the Supabase CLI's stack, for explaining what its API answers. It is looked for in the background: nothing
 * waits for it, and without it there is less to explain.
 */
export class UpstreamDatabase {
  readonly exposedSchemas: readonly string[];
  readonly #config: SupabaseConfig;
  readonly #looking: Promise<void>;
  #url: string | undefined;
  #planner: Promise<RestPlanner> | undefined;

  /** @param reported by the CLI; default: at `[db] port` of config.toml, if it has this project's migrations */
  constructor(config: SupabaseConfig, reported: string | undefined) {
    this.#config = config;
    this.exposedSchemas = readExposedSchemas(config.section('api'));
    this.#url = reported;
    this.#looking =
      reported === undefined
        ? findProjectDatabase(config).then((url) => void (this.#url = url))
        : Promise.resolve();
  }

  /** URL as `postgres`; undefined where no database of this project answers. */
  url(): string | undefined {
    return this.#url;
  }

  async findTarget({ method, url, headers, body }: UpstreamObservation): Promise<RestTarget | undefined> {
    await this.#looking;
    if (this.#url === undefined) return undefined;
    const planner = await (this.#planner ??= this.#openPlanner(this.#url));
    return planner.target({ method, url, headers, body: body ?? Buffer.alloc(0) });
  }

  async close(): Promise<void> {
    await this.#looking;
    await (await this.#planner)?.close();
  }

  /** Loaded only when needed: these backends need none of the services. */
  async #openPlanner(connectionString: string): Promise<RestPlanner> {
    const [{ RestPlanner: Planner }, { readRestSettings }] = await Promise.all([
      import('../stack/rest/planner.ts'),
      import('../stack/rest/settings/settings.ts'),
    ]);
    const createPool = (options: pg.PoolConfig): pg.Pool => {
      const pool = new pg.Pool({ connectionString, ...options, max: 2, allowExitOnIdle: true });
      // PostgreSQL may end while a connection is idle, which only an event tells.
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      return pool;
    };
    return new Planner(createPool, readRestSettings(this.#config.section('api')));
  }
}
