import { readFileSync } from 'node:fs';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { startTestStack } from '../../helpers/stack.ts';

// A fresh database compared with a list of what Supabase's has: what a migration may name. Supabase changes: a newer list
// (test/fixtures/README.md) shows here what is missing.

type Catalogue = Readonly<Record<string, string>>;

const LIST = JSON.parse(
  readFileSync(new URL('../../fixtures/postgres/catalogue.json', import.meta.url), 'utf8'),
) as Catalogue;

/** What differs on purpose: the value here, nothing where it is absent, and why. */
const DEVIATIONS: Readonly<Record<string, readonly [here: string | undefined, reason: string]>> = {
  'role supabase_realtime_admin': ['noinherit', 'Realtime runs in this process, and does not log in'],
  'setting search_path of supabase_realtime_admin': [undefined, 'the same'],
  ...Object.fromEntries(
    ['authenticator', 'postgres'].map((role) => [
      `setting session_preload_libraries of ${role}`,
      [undefined, 'native libraries: access/ and the REST service take their place'],
    ]),
  ),
  'setting safeupdate.enabled of postgres': [undefined, 'the same'],
  'membership of postgres in pg_create_subscription': ['admin', 'postgres may grant it, as the others'],
  ...Object.fromEntries(
    [
      ['realtime', 'supabase_admin'],
      ['graphql', 'supabase_admin'],
      ['graphql_public', 'supabase_admin'],
      ['storage', 'postgres'],
    ].map(([schema, role]) => [
      `default privileges on tables of ${role} in ${schema}`,
      [undefined, 'this role makes no tables there: schema scripts grant what they make'],
    ]),
  ),
  ...Object.fromEntries(
    [
      'issue_graphql_placeholder',
      'issue_pg_cron_access',
      'issue_pg_graphql_access',
      'issue_pg_net_access',
    ].map((name) => [`event trigger ${name}`, [undefined, 'the extension scripts here grant it themselves']]),
  ),
};

/** Everything of the kinds in the list, as `kind name` → value. */
const QUERY = `
  select 'role ' || rolname as key, concat_ws(' ', case when rolcanlogin then 'login' end,
    case when rolsuper then 'superuser' end, case when not rolinherit then 'noinherit' end,
    case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
    case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end) as value
  from pg_roles where rolname !~ '^pg_'
  union all
  select format('setting %s of %s', split_part(setting, '=', 1), rolname), substr(setting, strpos(setting, '=') + 1)
  from pg_roles, unnest(rolconfig) as setting
  union all
  select format('membership of %s in %s', member::regrole, roleid::regrole), case when bool_or(admin_option) then 'admin' else '' end
  from pg_auth_members group by member, roleid
  union all
  select 'schema ' || nspname, nspowner::regrole::text from pg_namespace
  union all
  select format('default privileges on tables of %s in %s', defaclrole::regrole, defaclnamespace::regnamespace),
    string_agg(distinct grantee::regrole::text, ', ' order by grantee::regrole::text)
  from pg_default_acl, aclexplode(defaclacl) where defaclobjtype = 'r' group by defaclrole, defaclnamespace
  union all
  select 'extension ' || extname, extnamespace::regnamespace::text from pg_extension
  union all
  select 'event trigger ' || evtname, format('%s.%s', pronamespace::regnamespace, proname)
  from pg_event_trigger join pg_proc on pg_proc.oid = evtfoid
  union all
  select 'publication ' || pubname, pubowner::regrole::text from pg_publication
  union all
  select format('function %s.%s(%s)', pronamespace::regnamespace, proname,
    (select string_agg(format_type(type, null), ', ' order by position) from unnest(proargtypes) with ordinality as t (type, position))),
    pg_get_function_result(oid)
  from pg_proc where pronamespace::regnamespace::text !~ '^pg_'`;

let here: Catalogue;
beforeAll(async () => {
  // The default privileges of a project that opens its tables, as Supabase's database has them before the CLI's setting.
  await using stack = await startTestStack({}, { config: { api: { auto_expose_new_tables: true } } });
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ key: string; value: string }>(QUERY);
    here = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  } finally {
    await client.end();
  }
});

test('a fresh database has what Supabase’s has', () => {
  const different = Object.keys(LIST).filter((key) => here[key] !== LIST[key]);
  expect(Object.fromEntries(different.map((key) => [key, here[key]]))).toEqual(
    Object.fromEntries(Object.entries(DEVIATIONS).map(([key, [value]]) => [key, value])),
  );
});

test('it has no other schemas and extensions that a project might want to make itself', () => {
  const others = Object.keys(here).filter((key) => /^(?:schema|extension) /.test(key) && !(key in LIST));
  expect(others.toSorted()).toEqual([
    // The CLI's stack starts with it.
    'extension pg_net',
    // Of this stack itself.
    'schema _realtime',
    'schema _stack',
    'schema information_schema',
    'schema net',
    'schema pg_catalog',
    'schema pg_toast',
    // For dumps of PostgreSQL 15, whose image has it.
    'schema pgsodium',
    'schema supabase_functions',
    'schema supabase_migrations',
  ]);
});
