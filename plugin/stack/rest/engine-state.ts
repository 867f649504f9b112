import type { Logger } from '../../shared/logger.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { RestDatabase, Rows } from './database/rest-database.ts';
import { buildSchemaCache, type CatalogRows } from './schema-cache/build.ts';
import * as queries from './schema-cache/introspection-queries.ts';
import type { SchemaCache } from './schema-cache/types.ts';
import { applyInDatabase, IN_DATABASE_NAMES, inDatabaseQuery } from './settings/in-database.ts';
import { buildRoleSettings, ROLE_SETTINGS_QUERY, type RoleSettings } from './settings/role-settings.ts';
import type { RestSettings } from './settings/settings.ts';
import { arrayLiteral, quoteIdentifier, type Statement } from './sql/writer.ts';

/** All that a request is answered from besides the database itself; replaced as a whole. */
export interface EngineState {
  readonly settings: RestSettings;
  readonly roles: ReadonlyMap<string, RoleSettings>;
  readonly cache: SchemaCache;
}

/** Keeps the state up to date. */
export class StateLoader {
  readonly #database: RestDatabase;
  readonly #settings: RestSettings;
  readonly #logger: Logger;
  #state: EngineState;
  #loading: Promise<void> | undefined;
  #again = false;

  private constructor(database: RestDatabase, settings: RestSettings, logger: Logger, state: EngineState) {
    this.#database = database;
    this.#settings = settings;
    this.#logger = logger;
    this.#state = state;
  }

  /** @throws when the database cannot be read */
  static async start(database: RestDatabase, settings: RestSettings, logger: Logger): Promise<StateLoader> {
    return new StateLoader(database, settings, logger, await loadState(database, settings, logger));
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Reads everything anew. Asked for again while it reads, it reads once more after. */
  reload(): Promise<void> {
    if (this.#loading) this.#again = true;
    else
      this.#loading = this.#reload().finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  async #reload(): Promise<void> {
    do {
      this.#again = false;
      try {
        this.#state = await loadState(this.#database, this.#settings, this.#logger);
        this.#database.forgetStatements();
      } catch (error) {
        // The old state goes on being served; the next notification tries again.
        this.#logger.error(`REST: the schema cache could not be read again: ${errorMessage(error)}`);
      }
    } while (this.#again);
  }
}

async function loadState(
  database: RestDatabase,
  configured: RestSettings,
  logger: Logger,
): Promise<EngineState> {
  const settings = await loadSettings(database, configured).catch((error: unknown) => {
    // As PostgREST: a pre-config function that fails leaves the configuration as it is.
    logger.warn(`REST: the in-database configuration could not be read: ${errorMessage(error)}`);
    return configured;
  });
  const schemas = arrayLiteral(settings.schemas);
  const extra = arrayLiteral(settings.extraSearchPath);
  const hoisted = arrayLiteral(settings.hoistedSettings.map((name) => `^${name}=`));
  const results = await runQueries(database, [
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
    roles: buildRoleSettings(json(8) as readonly (readonly [string, string, string])[]),
    cache: buildSchemaCache(rows, settings.schemas),
  };
}

async function loadSettings(database: RestDatabase, configured: RestSettings): Promise<RestSettings> {
  const read = async (settings: RestSettings): Promise<RestSettings> => {
    const preConfig = settings.preConfig && quoteIdentifier(settings.preConfig);
    const query = { text: inDatabaseQuery(preConfig), params: [arrayLiteral(IN_DATABASE_NAMES)] };
    const [rows] = await runQueries(database, [query], false);
    return applyInDatabase(configured, readJson(rows) as Record<string, string>);
  };
  const settings = await read(configured);
  // A pre-config function may itself be named in the database.
  return settings.preConfig === configured.preConfig ? settings : read(settings);
}

/** Without a search path, so that names come out qualified, unless the query calls a function of the user's. */
function runQueries(
  database: RestDatabase,
  statements: readonly Statement[],
  qualified: boolean = true,
): Promise<Rows[]> {
  return database.run({
    isolationLevel: 'read committed',
    readOnly: true,
    before: qualified ? [{ text: "SET LOCAL search_path TO ''", params: [] }] : [],
    statements,
    end: 'commit',
    prepare: false,
  });
}

const readJson = (result: Rows | undefined): unknown => JSON.parse(result?.rows[0]?.[0] ?? 'null');
