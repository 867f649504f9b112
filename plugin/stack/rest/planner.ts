import type pg from 'pg';
import { silentLogger } from '../../shared/logger.ts';
import type { RestTarget } from '../../shared/observations.ts';
import { RestDatabase } from './database/rest-database.ts';
import { StateLoader } from './engine-state.ts';
import { parseApiRequest, type RawRequest } from './parse/api-request.ts';
import { planAction } from './plan/action-plan.ts';
import { RequestTrace } from './request-trace.ts';
import type { RestSettings } from './settings/settings.ts';

/** Reads what requests to another PostgREST on the same database are about, and runs none of them. */
export class RestPlanner {
  readonly #database: RestDatabase;
  readonly #settings: RestSettings;
  #loader: Promise<StateLoader> | undefined;

  constructor(createPool: (options: pg.PoolConfig) => pg.Pool, settings: RestSettings) {
    this.#database = new RestDatabase(createPool);
    this.#settings = settings;
  }

  /** The table that a request reads or changes, and the rows that its filters name; undefined where there is none. */
  async target(request: RawRequest): Promise<RestTarget | undefined> {
    const { settings, cache } = (await this.#load()).state;
    const trace = new RequestTrace();
    try {
      trace.request = parseApiRequest(request, {
        schemas: settings.schemas,
        allowTx: settings.txEnd.allowOverride,
        openApiEnabled: false,
        rootSpec: undefined,
      });
      trace.plan = planAction(cache, trace.request, settings);
    } catch {
      // The error of the answer says what is wrong with it.
    }
    return trace.target();
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** With the schema as it is now: nothing tells about its changes. */
  async #load(): Promise<StateLoader> {
    const known = this.#loader;
    if (known) {
      await (await known).reload();
      return known;
    }
    const settings = this.#settings;
    this.#loader = StateLoader.start({
      database: this.#database,
      settings,
      safeUpdates: false,
      logger: silentLogger,
    });
    this.#loader.catch(() => (this.#loader = undefined));
    return this.#loader;
  }
}
