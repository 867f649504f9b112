import { DEFAULT_SCHEMAS, readExposedSchemas } from '../../config/exposed-schemas.ts';
import type { Section } from '../../config/section.ts';
import type { ErrorVerbosity } from '../http/rest-error.ts';
import type { QualifiedName } from '../schema-cache/types.ts';

/** How the engine behaves: the project's configuration, overridden by the in-database configuration. */
export interface RestSettings {
  /** Exposed schemas; the first is the default. */
  readonly schemas: readonly string[];
  readonly extraSearchPath: readonly string[];
  /** Most rows of one response; undefined for no limit. */
  readonly maxRows: number | undefined;
  /** Role of requests without a token; undefined refuses them. */
  readonly anonRole: string | undefined;
  readonly aggregatesEnabled: boolean;
  /** Whether clients may request `application/vnd.pgrst.plan`. */
  readonly planEnabled: boolean;
  /** Function called in each transaction before the request's statement. */
  readonly preRequest: QualifiedName | undefined;
  /** Function called when the in-database configuration is read. */
  readonly preConfig: QualifiedName | undefined;
  /** Function that responds to the root path. */
  readonly rootSpec: QualifiedName | undefined;
  readonly txEnd: { readonly rollback: boolean; readonly allowOverride: boolean };
  /** Settings of a called function that apply to its whole transaction. */
  readonly hoistedSettings: readonly string[];
  readonly preparedStatements: boolean;
  /** JWT audience that a token's `aud` must name; undefined accepts any. */
  readonly jwtAudience: string | undefined;
  /** Path of the role within the claims. */
  readonly jwtRolePath: readonly (string | number)[];
  readonly errorVerbosity: ErrorVerbosity;
  readonly openApiMode: 'follow-privileges' | 'ignore-privileges' | 'disabled';
  readonly openApiSecurityActive: boolean;
  readonly openApiProxyUri: string | undefined;
  readonly serverTiming: boolean;
  /** Request header that the response repeats. */
  readonly traceHeader: string | undefined;
  /** Whether filters may still name an aliased resource by its own name. */
  readonly legacyTargetNames: boolean;
  /** `app.settings.*`, set in each transaction. */
  readonly appSettings: readonly (readonly [name: string, value: string])[];
}

/** The Supabase CLI's configuration of PostgREST. */
const DEFAULTS: RestSettings = Object.freeze({
  schemas: DEFAULT_SCHEMAS,
  extraSearchPath: ['public', 'extensions'],
  maxRows: 1000,
  anonRole: 'anon',
  aggregatesEnabled: false,
  planEnabled: false,
  preRequest: undefined,
  preConfig: undefined,
  rootSpec: undefined,
  txEnd: { rollback: false, allowOverride: false },
  hoistedSettings: ['statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation'],
  preparedStatements: true,
  jwtAudience: undefined,
  jwtRolePath: ['role'],
  errorVerbosity: 'verbose',
  openApiMode: 'follow-privileges',
  openApiSecurityActive: false,
  openApiProxyUri: undefined,
  serverTiming: false,
  traceHeader: undefined,
  legacyTargetNames: true,

  appSettings: [],
} satisfies RestSettings);

/** Schemas with which PostgREST does not start. */
const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema'];

/**
 * Reads `[api]` of supabase/config.toml, with the Supabase CLI's defaults.
 *
 * @throws SupabaseDevError CONFIG_INVALID for a schema that PostgREST does not expose
 */
export function readRestSettings(api: Section): RestSettings {
  const maxRows = api.integer('max_rows', DEFAULTS.maxRows ?? 0);
  const schemas = readExposedSchemas(api);
  const refused = schemas.find((name) => SYSTEM_SCHEMAS.includes(name));
  if (refused !== undefined) {
    throw api.invalid('schemas', `cannot expose the schema ${refused}`, {
      hint: 'Expose a schema of your own with views or functions that read it.',
    });
  }
  return {
    ...DEFAULTS,
    schemas,
    extraSearchPath: api.strings('extra_search_path', DEFAULTS.extraSearchPath),
    maxRows: maxRows > 0 ? maxRows : undefined,
  };
}
