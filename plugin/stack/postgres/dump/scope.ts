// Supabase CLI: pkg/migration/dump.go

/** Schemas that Supabase or its extensions make, whose structure a dump leaves out; `*` stands for any characters. */
export const INTERNAL_SCHEMAS = [
  'information_schema',
  'pg_*',
  '_analytics',
  '_realtime',
  '_supavisor',
  'auth',
  'etl',
  'extensions',
  'pgbouncer',
  'realtime',
  'storage',
  'supabase_functions',
  'supabase_migrations',
  'cron',
  'dbdev',
  'graphql',
  'graphql_public',
  'net',
  'pgmq',
  'pgsodium',
  'pgsodium_masks',
  'pgtle',
  'repack',
  'tiger',
  'tiger_data',
  'timescaledb_*',
  '_timescaledb_*',
  'topology',
  'vault',
  // This stack's own.
  '_stack',
];

/** Those of them with rows of the project. */
const WITH_DATA = ['auth', 'cron', 'dbdev', 'net', 'pgmq', 'storage', 'supabase_functions'];

/** Schemas whose rows a dump leaves out. */
export const SCHEMAS_WITHOUT_DATA = INTERNAL_SCHEMAS.filter((name) => !WITH_DATA.includes(name));

/** Tables that say which migrations of a service have run. */
export const HISTORY_TABLES = [
  'auth.schema_migrations',
  'storage.migrations',
  'supabase_functions.migrations',
];

/** Roles that exist in every project, and that only a superuser may change. */
export const RESERVED_ROLES = [
  'anon',
  'authenticated',
  'authenticator',
  'cli_login_*',
  'dashboard_user',
  'pgbouncer',
  'postgres',
  'service_role',
  'supabase_*',
  'pgsodium_keyholder',
  'pgsodium_keyiduser',
  'pgsodium_keymaker',
  'pgtle_admin',
];

/** Settings that a project may change all the same, for such a role. */
export const ALLOWED_SETTINGS = [
  'pgaudit.*',
  'pgrst.*',
  'session_replication_role',
  'statement_timeout',
  'track_io_timing',
];

/** Whether a name is one of a list of names with `*`. */
export function isOneOf(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}
