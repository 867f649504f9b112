-- What remains of supautils' work on extensions when their control files are trusted. All functions here run as the
-- superuser: they execute no text of the user, only names, quoted, and no event trigger of the user runs within them.

-- supabase/postgres ansible/files/postgresql_extension_custom_scripts/*/after-create.sql
create function _stack.after_create_extension() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
declare
  created text;
begin
  for created in
    select extension.extname
    from pg_catalog.pg_event_trigger_ddl_commands() as command
    join pg_catalog.pg_extension as extension on extension.oid = command.objid
    where command.classid = 'pg_catalog.pg_extension'::regclass
  loop
    if created = 'postgres_fdw' then
      -- A foreign data wrapper belongs to a superuser at the moment it gets an owner. No one else sees this moment.
      alter role postgres superuser;
      alter foreign data wrapper postgres_fdw owner to postgres;
      alter role postgres nosuperuser;
    end if;
  end loop;
end $$;

-- Moving an extension needs the ownership of its members, which belong to the superuser. It is done before PostgreSQL
-- looks at the statement, which then finds the extension in its place. The statement is looked for in the client's text,
-- which may hold several, or a DO block: whatever is found there, only an extension of the session's user moves, and only
-- to a schema where that user may create.
create function _stack.move_extension() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
declare
  found text[];
  name text;
  target text;
  extension record;
begin
  for found in
    select pg_catalog.regexp_matches(
      pg_catalog.current_query(),
      'alter\s+extension\s+("[^"]+"|[a-z_][a-z0-9_]*)\s+set\s+schema\s+("[^"]+"|[a-z_][a-z0-9_]*)', 'gi')
  loop
    name := case when found[1] like '"%' then pg_catalog.btrim(found[1], '"') else pg_catalog.lower(found[1]) end;
    target := case when found[2] like '"%' then pg_catalog.btrim(found[2], '"') else pg_catalog.lower(found[2]) end;
    select oid, extowner, extnamespace into extension from pg_catalog.pg_extension where extname = name;
    continue when extension.oid is null
      or not exists (select from pg_catalog.pg_namespace where nspname = target and oid <> extension.extnamespace)
      or not pg_catalog.pg_has_role(session_user, extension.extowner, 'usage')
      or not pg_catalog.has_schema_privilege(session_user, target, 'create')
      or target in ('auth', 'realtime', 'storage', '_stack', '_realtime');
    execute pg_catalog.format('alter extension %I set schema %I', name, target);
  end loop;
end $$;

create event trigger after_create_extension on ddl_command_end when tag in ('CREATE EXTENSION')
  execute function _stack.after_create_extension();
create event trigger move_extension on ddl_command_start when tag in ('ALTER EXTENSION')
  execute function _stack.move_extension();
alter event trigger after_create_extension enable always;
alter event trigger move_extension enable always;

-- For installations of others (postgres.binDir), whose control files are not ours: creates an extension that supautils
-- lets postgres create. The names are the caller's, everything else is the extension's own files.
create function _stack.create_extension(name text, schema text, if_not_exists boolean, with_dependencies boolean) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if if_not_exists and exists (select from pg_catalog.pg_extension where extname = name) then
    return;
  end if;
  if name not in (
    'address_standardizer', 'address_standardizer_data_us', 'autoinc', 'bloom', 'btree_gin', 'btree_gist', 'citext', 'cube',
    'dblink', 'dict_int', 'dict_xsyn', 'earthdistance', 'fuzzystrmatch', 'hstore', 'http', 'hypopg', 'index_advisor',
    'insert_username', 'intarray', 'isn', 'ltree', 'moddatetime', 'pg_buffercache', 'pg_cron', 'pg_graphql', 'pg_hashids',
    'pg_jsonschema', 'pg_net', 'pg_prewarm', 'pg_repack', 'pg_stat_monitor', 'pg_stat_statements', 'pg_tle', 'pg_trgm',
    'pg_walinspect', 'pgaudit', 'pgcrypto', 'pgjwt', 'pgmq', 'pgroonga', 'pgroonga_database', 'pgrouting', 'pgrowlocks',
    'pgstattuple', 'pgsodium', 'pgtap', 'plpgsql_check', 'plv8', 'postgis', 'postgis_raster', 'postgis_sfcgal',
    'postgis_tiger_geocoder', 'postgis_topology', 'postgres_fdw', 'refint', 'rum', 'seg', 'sslinfo', 'supabase_vault',
    'tablefunc', 'tcn', 'timescaledb', 'tsm_system_rows', 'tsm_system_time', 'unaccent', 'uuid-ossp', 'vector', 'wrappers')
  then
    raise exception 'permission denied to create extension "%"', name
      using errcode = '42501', hint = 'Must be superuser to create this extension.';
  end if;
  if not pg_catalog.has_schema_privilege('postgres', schema, 'create') then
    raise exception 'permission denied for schema %', schema using errcode = '42501';
  end if;
  execute pg_catalog.format('create extension %I', name)
    || pg_catalog.format(' schema %I', schema)
    || case when with_dependencies then ' cascade' else '' end;
end $$;
revoke all on function _stack.create_extension(text, text, boolean, boolean) from public;
grant usage on schema _stack to postgres;
grant execute on function _stack.create_extension(text, text, boolean, boolean) to postgres;

do $$
begin
  -- Since PostgreSQL 17. Without it, _stack.create_event_trigger refuses event triggers of others.
  if current_setting('server_version_num')::integer >= 170000 then
    alter function _stack.after_create_extension() set event_triggers = off;
    alter function _stack.move_extension() set event_triggers = off;
    alter function _stack.create_extension(text, text, boolean, boolean) set event_triggers = off;
  end if;
end $$;
