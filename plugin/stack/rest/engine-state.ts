import { isDeepStrictEqual } from 'node:util';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { runCatalogQueries } from './database/catalog-query.ts';
import type { RestDatabase } from './database/rest-database.ts';
import type { Rows, Statement } from './database/transaction.ts';
import { buildSchemaCache, type CatalogRows } from './schema-cache/build.ts';
import * as queries from './schema-cache/introspection-queries.ts';
import type { SchemaCache } from './schema-cache/types.ts';
import {
  findUnfilteredWriters,
  NO_UNFILTERED_WRITERS,
  type UnfilteredWriters,
} from './schema-cache/unfiltered-writers.ts';
import { applyInDatabase, IN_DATABASE_NAMES, inDatabaseQuery } from './settings/in-database.ts';
import { buildRoleSettings, ROLE_SETTINGS_QUERY, type RoleSettings } from './settings/role-settings.ts';
import type { RestSettings } from './settings/settings.ts';
import { arrayLiteral, quoteQualifiedName } from './sql/quote.ts';

/** Everything besides the database that a response depends on; replaced as a whole. */
export interface EngineState {
  readonly settings: RestSettings;
  readonly roles: ReadonlyMap<string, RoleSettings>;
  readonly cache: SchemaCache;
  /** Empty where such writes are not refused. */
  readonly unfilteredWriters: UnfilteredWriters;
}

/** What the state is read from. */
interface StateSource {
  readonly database: RestDatabase;
  /** The project's configuration, which the in-database configuration overrides. */
  readonly settings: RestSettings;
  /** Whether updates and deletes without a filter are refused. */
  readonly safeUpdates: boolean;
  readonly logger: Logger;
}

/** Keeps the state up to date. */
export class StateLoader {
  readonly #source: StateSource;
  #state: EngineState;
  #loading: Promise<void> | undefined;
  #again = false;
  #isClosed = false;

  private constructor(source: StateSource, state: EngineState) {
    this.#source = source;
    this.#state = state;
  }

  /**
   * @param early the state, if it has been read
   * @throws when the database cannot be read
   */
  static async start(source: StateSource, early?: EngineState): Promise<StateLoader> {
    return new StateLoader(source, early ?? (await loadState(source)));
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Reads everything again. A call during a reload starts another one after it. */
  reload(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    if (this.#loading) this.#again = true;
    else
      this.#loading = this.#reload().finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  /** Reads everything again if roles, which belong to the whole server, have other settings by now. */
  async reloadIfOutdated(): Promise<void> {
    const { database, settings: configured } = this.#source;
    const { settings, roles } = this.#state;
    const isSame = await Promise.all([loadSettings(database, configured), loadRoles(database)]).then(
      (read) => isDeepStrictEqual(read, [settings, roles]),
      () => false,
    );
    if (!isSame) await this.reload();
  }

  async #reload(): Promise<void> {
    do {
      this.#again = false;
      try {
        this.#state = await loadState(this.#source);
        this.#source.database.invalidateStatements();
      } catch (error) {
        // The old state stays in use; the next notification tries again.
        if (!this.#isClosed)
          this.#source.logger.error(`REST: cannot reload the schema cache: ${errorMessage(error)}`);
      }
    } while (this.#again && !this.#isClosed);
  }

  /** No reload begins afterwards, and one that has begun fails in silence when its connections end. */
  close(): void {
    this.#isClosed = true;
  }
}

type RoleRows = Parameters<typeof buildRoleSettings>[0];

/** Reads everything. @throws when the database cannot be read */
export async function loadState({
  database,
  settings: configured,
  safeUpdates,
  logger,
}: StateSource): Promise<EngineState> {
  const settings = await loadSettings(database, configured).catch((error: unknown) => {
    // As in PostgREST, a pre-config function that fails does not prevent the start.
    logger.warn(`REST: cannot read the in-database configuration: ${errorMessage(error)}`);
    return configured;
  });
  const schemas = arrayLiteral(settings.schemas);
  const extra = arrayLiteral(settings.extraSearchPath);
  const hoisted = arrayLiteral(settings.hoistedSettings.map((name) => `^${name}=`));
  const results = await runQualified(database, [
    { text: queries.TABLES_QUERY, params: [schemas] },
    { text: queries.FOREIGN_KEYS_QUERY, params: [] },
    { text: queries.VIEWS_QUERY, params: [schemas, extra] },
    { text: queries.KEYS_QUERY, params: [] },
    { text: queries.ROUTINES_QUERY, params: [schemas, hoisted] },
    { text: queries.COMPUTED_RELATIONSHIPS_QUERY, params: [] },
    { text: queries.REPRESENTATIONS_QUERY, params: [] },
    { text: queries.HANDLERS_QUERY, params: [schemas] },
    { text: ROLE_SETTINGS_QUERY, params: [] },
  ]);
  const json = (index: number): unknown => readJson(results[index]);
  const rows = {
    tables: json(0),
    foreignKeys: json(1),
    views: json(2),
    keys: json(3),
    routines: json(4),
    computed: json(5),
    representations: json(6),
    handlers: json(7),
  } as CatalogRows;
  return {
    settings,
    roles: buildRoleSettings(json(8) as RoleRows),
    cache: buildSchemaCache(rows, settings.schemas),
    unfilteredWriters: safeUpdates ? await readUnfilteredWriters(database) : NO_UNFILTERED_WRITERS,
  };
}

async function loadRoles(database: RestDatabase): Promise<ReadonlyMap<string, RoleSettings>> {
  const [rows] = await runQualified(database, [{ text: ROLE_SETTINGS_QUERY, params: [] }]);
  return buildRoleSettings(readJson(rows) as RoleRows);
}

function readUnfilteredWriters(database: RestDatabase): Promise<UnfilteredWriters> {
  return findUnfilteredWriters(async (statement) => {
    const [rows] = await runQualified(database, [statement]);
    return rows;
  });
}

async function loadSettings(database: RestDatabase, configured: RestSettings): Promise<RestSettings> {
  const read = async (settings: RestSettings): Promise<RestSettings> => {
    const preConfig = settings.preConfig && quoteQualifiedName(settings.preConfig);
    const query = { text: inDatabaseQuery(preConfig), params: [arrayLiteral(IN_DATABASE_NAMES)] };
    const [rows] = await runCatalogQueries(database, [query]);
    return applyInDatabase(configured, readJson(rows) as Record<string, string>);
  };
  const settings = await read(configured);
  // The database may itself name the pre-config function.
  return settings.preConfig === configured.preConfig ? settings : read(settings);
}

/** Runs queries with an empty search path, so that PostgreSQL prints names qualified. */
function runQualified(database: RestDatabase, statements: readonly Statement[]): Promise<Rows[]> {
  return runCatalogQueries(database, statements, [{ text: "SET LOCAL search_path TO ''", params: [] }]);
}

const readJson = (result: Rows | undefined): unknown => JSON.parse(result?.rows[0]?.[0] ?? 'null');
