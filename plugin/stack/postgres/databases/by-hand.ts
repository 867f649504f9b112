import type pg from 'pg';

/** Schemas that are not the project's; what it adds to their tables (policies, triggers) counts all the same. */
const OTHERS = `('auth', 'storage', 'realtime', '_realtime', '_stack', 'extensions', 'graphql', 'graphql_public', 'pgbouncer',
  'net', 'cron', 'vault', 'supabase_functions', 'supabase_migrations', 'information_schema')`;
const IS_OWN = `nspname not like 'pg\\_%' and nspname not in ${OTHERS}`;

/** What a migration can define, one line each: columns, constraints, indexes, functions, views, triggers, policies, enums, privileges. */
const FINGERPRINT = `
  with own as (select oid from pg_namespace where ${IS_OWN})
  select md5(coalesce(string_agg(line, E'\\n' order by line), '')) as schema from (
    select format('%s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
      pg_get_expr(adbin, adrelid)) as line
    from pg_attribute join pg_class on pg_class.oid = attrelid join own on own.oid = relnamespace
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all select format('%s %s %s', pg_class.oid::regclass, relrowsecurity, relacl)
    from pg_class join own on own.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
    from pg_constraint join own on own.oid = connamespace
    union all select pg_get_indexdef(indexrelid)
    from pg_index join pg_class on pg_class.oid = indexrelid join own on own.oid = relnamespace
    union all select format('%s %s', pg_get_functiondef(pg_proc.oid), proacl)
    from pg_proc join own on own.oid = pronamespace where prokind <> 'a'
    union all select format('%s %s', pg_class.oid::regclass, pg_get_viewdef(pg_class.oid))
    from pg_class join own on own.oid = relnamespace where relkind in ('v', 'm')
    union all select format('%s %s', pg_get_triggerdef(oid), tgenabled) from pg_trigger where not tgisinternal and tgparentid = 0
    union all select format('%s %s %s %s %s %s', polrelid::regclass, polname, polcmd, polroles,
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy
    union all select format('%s %s', enumtypid::regtype, enumlabel)
    from pg_enum join pg_type on pg_type.oid = enumtypid join own on own.oid = typnamespace
  ) as lines`;

const STEP = 'schema ';

/**
 * Remembers the schema as migrations have left it.
 *
 * @param admin connected as the superuser
 */
export async function rememberSchema(admin: pg.Client): Promise<void> {
  await remember(admin, await readSchema(admin));
}

/** Remembers a schema that another database has. */
export async function remember(admin: pg.Client, schema: string): Promise<void> {
  await admin.query(`delete from _stack.applied where starts_with(script, $1)`, [STEP]);
  await admin.query('insert into _stack.applied (script) values ($1)', [STEP + schema]);
}

/** The schema that is remembered. */
export async function readRemembered(admin: pg.Client): Promise<string | undefined> {
  const { rows } = await admin.query<{ script: string }>(
    'select script from _stack.applied where starts_with(script, $1)',
    [STEP],
  );
  return rows[0]?.script.slice(STEP.length);
}

/** Whether somebody has changed the schema since, without a migration. Undefined when nothing is remembered. */
export async function isChangedByHand(admin: pg.Client): Promise<boolean | undefined> {
  const remembered = await readRemembered(admin);
  return remembered === undefined ? undefined : remembered !== (await readSchema(admin));
}

/** A hash of everything that a project has defined. */
async function readSchema(admin: pg.Client): Promise<string> {
  // No function of the project by the name of one of PostgreSQL's.
  await admin.query('set search_path = pg_catalog');
  const { rows } = await admin.query<{ schema: string }>(FINGERPRINT);
  return rows[0]?.schema ?? '';
}
