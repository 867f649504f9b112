import type { QualifiedName } from '../schema-cache/types.ts';
import type { RestSettings } from './settings.ts';

// PostgREST v16 src/library/PostgREST/Config/Database.hs

/**
 * Query for the `pgrst.…` settings of the login role: those for this database win over those for all databases, and the
 * ones that a pre-config function sets apply where neither exists. A setting of the database alone has no effect.
 * $1: the names of the settings.
 *
 * @param preConfig quoted name of the pre-config function
 */
export function inDatabaseQuery(preConfig: string | undefined): string {
  const fromFunction =
    preConfig === undefined
      ? ''
      : `union all select null, x, current_setting(x, true) from unnest($1::text[]) x join ${preConfig}() _ on true`;
  return `
with pairs as (
  select s.setdatabase as database, split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value
  from pg_db_role_setting s cross join unnest(s.setconfig) c
  where s.setrole = (select oid from pg_roles where rolname = current_user)
    and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  ${fromFunction}
)
select coalesce(json_object_agg(substr(name, 7), value), '{}') from (
  select distinct on (name) name, value from pairs where name = any($1::text[]) and value is not null
  order by name, database desc nulls last
) chosen`;
}

type Reader = (value: string) => Partial<RestSettings>;

/** The change that each setting makes; a value that is not understood changes nothing. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['db_schemas', (value) => ({ schemas: splitList(value) })],
  ['db_extra_search_path', (value) => ({ extraSearchPath: splitList(value) })],
  ['db_max_rows', (value) => ({ maxRows: readPositive(value) })],
  ['db_anon_role', (value) => ({ anonRole: value === '' ? undefined : value })],
  ['db_aggregates_enabled', (value) => readBoolean(value, (aggregatesEnabled) => ({ aggregatesEnabled }))],
  ['db_plan_enabled', (value) => readBoolean(value, (planEnabled) => ({ planEnabled }))],
  ['db_pre_request', (value) => ({ preRequest: parseQualifiedName(value) })],
  ['db_pre_config', (value) => ({ preConfig: parseQualifiedName(value) })],
  ['db_root_spec', (value) => ({ rootSpec: parseQualifiedName(value) })],
  ['db_prepared_statements', (value) => readBoolean(value, (preparedStatements) => ({ preparedStatements }))],
  ['db_hoisted_tx_settings', (value) => ({ hoistedSettings: splitList(value) })],
  ['db_tx_end', readTxEnd],
  ['jwt_aud', (value) => ({ jwtAudience: value === '' ? undefined : value })],
  ['jwt_role_claim_key', readRolePath],
  [
    'client_error_verbosity',
    (value) => (value === 'verbose' || value === 'minimal' ? { errorVerbosity: value } : {}),
  ],
  [
    'openapi_mode',
    (value) =>
      value === 'follow-privileges' || value === 'ignore-privileges' || value === 'disabled'
        ? { openApiMode: value }
        : {},
  ],
  [
    'openapi_security_active',
    (value) => readBoolean(value, (openApiSecurityActive) => ({ openApiSecurityActive })),
  ],
  ['openapi_server_proxy_uri', (value) => ({ openApiProxyUri: value === '' ? undefined : value })],
  ['server_timing_enabled', (value) => readBoolean(value, (serverTiming) => ({ serverTiming }))],
  ['server_trace_header', (value) => ({ traceHeader: value === '' ? undefined : value })],
  [
    'url_use_legacy_target_names',
    (value) => readBoolean(value, (legacyTargetNames) => ({ legacyTargetNames })),
  ],
]);

/** Names of all settings, for the query's parameter. */
export const IN_DATABASE_NAMES: readonly string[] = [...READERS.keys()].map((name) => `pgrst.${name}`);

/** Applies the in-database configuration, by name without the prefix `pgrst.`. */
export function applyInDatabase(
  settings: RestSettings,
  values: Readonly<Record<string, string>>,
): RestSettings {
  return Object.entries(values).reduce<RestSettings>(
    (known, [name, value]) => ({ ...known, ...READERS.get(name)?.(value) }),
    settings,
  );
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

function readPositive(value: string): number | undefined {
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

function readBoolean(value: string, make: (value: boolean) => Partial<RestSettings>): Partial<RestSettings> {
  const word = value.toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) return make(true);
  return ['false', 'off', 'no', '0'].includes(word) ? make(false) : {};
}

function readTxEnd(value: string): Partial<RestSettings> {
  const [end, ...options] = value.split('-');
  if (end !== 'commit' && end !== 'rollback') return {};
  return { txEnd: { rollback: end === 'rollback', allowOverride: options.join('-') === 'allow-override' } };
}

/** Reads `schema.name`, or a name that the search path finds. */
function parseQualifiedName(text: string): QualifiedName | undefined {
  if (text === '') return undefined;
  const dot = text.indexOf('.');
  return dot === -1 ? { schema: '', name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) };
}

/** Reads a path to the role within the claims: `.role`, `.app."user role"`, `$.roles[0]`. */
function readRolePath(value: string): Partial<RestSettings> {
  const step = /\.([A-Za-z0-9_$@-]+)|\.?\["([^"]*)"\]|\."([^"]*)"|\[(\d+)\]/y;
  const path: (string | number)[] = [];
  step.lastIndex = value.startsWith('$') ? 1 : 0;
  while (step.lastIndex < value.length) {
    const match = step.exec(value);
    if (!match) return {};
    path.push(match[4] === undefined ? (match[1] ?? match[2] ?? match[3] ?? '') : Number(match[4]));
  }
  return path.length === 0 ? {} : { jwtRolePath: path };
}
