-- The extensions that every Supabase database has (schema-17.sql), besides pgcrypto and uuid-ossp. They belong to
-- postgres. Installations of others may lack some.

create schema vault authorization supabase_admin;
create role supabase_vault_admin nologin noinherit;
grant create on schema extensions to postgres;

do $$
begin
  if exists (select from pg_catalog.pg_available_extension_versions where name = 'supabase_vault' and trusted) then
    set local role postgres;
    create extension supabase_vault;
    reset role;
  end if;
  if exists (select from pg_catalog.pg_available_extension_versions where name = 'pg_stat_statements' and trusted) then
    set local role postgres;
    create extension pg_stat_statements with schema extensions;
    reset role;
  end if;
end $$;
