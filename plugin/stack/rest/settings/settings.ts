import type { Section } from '../../config/section.ts';
import type { Identifier } from '../schema-cache/types.ts';

/** How the engine behaves: the project's configuration, then what the database itself says (in-database configuration). */
export interface RestSettings {
  /** Exposed schemas; the first is the default. */
  readonly schemas: readonly string[];
  readonly extraSearchPath: readonly string[];
  /** Most rows that a read answers; undefined for no limit. */
  readonly maxRows: number | undefined;
  /** Role of requests without a token; undefined refuses them. */
  readonly anonRole: string | undefined;
  readonly aggregatesEnabled: boolean;
  /** Whether `application/vnd.pgrst.plan` is answered. */
  readonly planEnabled: boolean;
  /** Called in each transaction before the request's statement. */
  readonly preRequest: Identifier | undefined;
  /** Called when the in-database configuration is read. */
  readonly preConfig: Identifier | undefined;
  /** Function that answers the root path. */
  readonly rootSpec: Identifier | undefined;
  readonly txEnd: { readonly rollback: boolean; readonly allowOverride: boolean };
  /** Settings of a called function that apply to its whole transaction. */
  readonly hoistedSettings: readonly string[];
  readonly preparedStatements: boolean;
  /** JWT audience that a token's `aud` must name; undefined accepts any. */
  readonly jwtAudience: string | undefined;
  /** Path of the role within the claims. */
  readonly jwtRolePath: readonly (string | number)[];
  readonly errorVerbosity: 'verbose' | 'minimal';
  readonly openApiMode: 'follow-privileges' | 'ignore-privileges' | 'disabled';
  readonly openApiSecurityActive: boolean;
  readonly openApiProxyUri: string | undefined;
  readonly serverTiming: boolean;
  /** Request header that is sent back. */
  readonly traceHeader: string | undefined;
  readonly legacyTargetNames: boolean;
  /** Origins of pages that may call; empty for any. Undefined leaves that to the gateway in front. */
  readonly corsOrigins: readonly string[] | undefined;
  /** `app.settings.*`, set in each transaction. */
  readonly appSettings: readonly (readonly [name: string, value: string])[];
}

/** As the Supabase CLI runs PostgREST. */
const DEFAULTS: RestSettings = Object.freeze({
  schemas: ['public', 'graphql_public'],
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
  corsOrigins: undefined,
  appSettings: [],
} satisfies RestSettings);

/** Reads `[api]` of supabase/config.toml; defaults as the Supabase CLI's. */
export function readRestSettings(api: Section): RestSettings {
  const maxRows = api.integer('max_rows', DEFAULTS.maxRows ?? 0);
  const schemas = api.strings('schemas', DEFAULTS.schemas);
  api.ignore('auto_expose_new_tables');
  return {
    ...DEFAULTS,
    schemas: schemas.length === 0 ? DEFAULTS.schemas : schemas,
    extraSearchPath: api.strings('extra_search_path', DEFAULTS.extraSearchPath),
    maxRows: maxRows > 0 ? maxRows : undefined,
  };
}
