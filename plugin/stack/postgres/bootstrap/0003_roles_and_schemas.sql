-- Roles, schemas, owners and default privileges as supabase/postgres has them (migrations/db, schema-17.sql).

alter role anon inherit;
alter role authenticated inherit;
alter role service_role inherit;
alter role supabase_auth_admin nocreaterole;

-- A project on an older version of this stack may have created some of what follows itself.
do $$
declare
  role record;
begin
  for role in
    select * from (values
      ('supabase_functions_admin', 'login noinherit createrole'),
      ('supabase_etl_admin', 'login replication'),
      ('supabase_superuser', 'nologin'),
      ('supabase_vault_admin', 'nologin noinherit')) as roles (name, attributes)
    where not exists (select from pg_catalog.pg_roles where rolname = name)
  loop
    execute format('create role %I %s', role.name, role.attributes);
  end loop;
end $$;
alter role supabase_functions_admin set search_path = supabase_functions;
grant supabase_functions_admin to postgres;
grant pg_read_all_data to supabase_etl_admin;

alter schema auth owner to supabase_admin;
alter schema storage owner to supabase_admin;
grant all on schema auth to supabase_auth_admin;
grant all on schema storage to supabase_storage_admin with grant option;
grant usage on schema storage, realtime to postgres with grant option;

alter schema extensions owner to postgres;
grant all on schema extensions to dashboard_user;
grant all on all tables in schema extensions to postgres with grant option;
grant all on all routines in schema extensions to postgres with grant option;
grant all on all sequences in schema extensions to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on tables to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on routines to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on sequences to postgres with grant option;

grant execute on function pg_catalog.pg_reload_conf() to postgres with grant option;

create schema if not exists graphql authorization supabase_admin;
grant usage on schema graphql to postgres, anon, authenticated, service_role;

-- What Supabase puts in its place as long as pg_graphql is not enabled.
create or replace function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null
) returns jsonb
language sql immutable set search_path = ''
as $$
  select pg_catalog.jsonb_build_object(
    'errors',
    pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('message', 'pg_graphql extension is not enabled.'))
  )
$$;

create schema if not exists pgbouncer authorization pgbouncer;
create or replace function pgbouncer.get_auth(p_usename text) returns table (username text, password text)
language sql security definer set search_path = ''
as $$ select rolname::text, rolpassword from pg_catalog.pg_authid where rolname = p_usename and rolcanlogin $$;
revoke all on function pgbouncer.get_auth(text) from public;
grant execute on function pgbouncer.get_auth(text) to pgbouncer;

-- postgres owns the extensions that every project starts with: it may comment on, alter and drop them.
do $$
declare
  extension oid;
begin
  for extension in select oid from pg_catalog.pg_extension where extname in ('pgcrypto', 'uuid-ossp') loop
    update pg_catalog.pg_extension set extowner = 'postgres'::regrole where oid = extension;
    insert into pg_catalog.pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype)
    select oid, 'pg_catalog.pg_extension'::regclass, extension, 0, 'pg_catalog.pg_authid'::regclass, 'postgres'::regrole, 'o'
    from pg_catalog.pg_database where datname = current_database();
  end loop;
end $$;
