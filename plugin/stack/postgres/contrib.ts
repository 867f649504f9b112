/**
 * Extensions of PostgreSQL itself that role `postgres` may create on Supabase, whatever they need
 * (supabase/postgres ansible/files/postgresql_config/conf.d/supautils.conf `privileged_extensions`).
 */
const ALLOWED = new Set(
  `autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance fuzzystrmatch hstore
  insert_username intarray isn ltree moddatetime pg_buffercache pg_prewarm pg_stat_statements pg_trgm pg_walinspect
  pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time
  unaccent uuid-ossp`.split(/\s+/),
);

/** Those that Supabase has but leaves to superusers, because they may be unsafe or are deprecated. */
const SUPERUSER_ONLY = new Set(
  `adminpack amcheck file_fdw intagg lo old_snapshot pageinspect pg_freespacemap pg_surgery pg_visibility xml2`.split(
    /\s+/,
  ),
);

/**
 * The control file of a contrib extension as Supabase's server treats it: what it allows is `trusted`, what it keeps for
 * superusers is not.
 *
 * @param text the package's control file
 * @returns undefined for an extension that Supabase does not have
 */
export function supabaseControl(name: string, text: string): string | undefined {
  const trusted = ALLOWED.has(name);
  if (!trusted && !SUPERUSER_ONLY.has(name)) return undefined;
  return `${text.replace(/^\s*trusted\s*=.*$/m, '').trimEnd()}\ntrusted = ${trusted}\n`;
}
