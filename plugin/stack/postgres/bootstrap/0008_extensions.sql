-- The extensions that every Supabase database has (schema-17.sql), besides pgcrypto and uuid-ossp. They belong to
-- postgres. Installations of others may lack some.

create schema vault authorization supabase_admin;
create role supabase_vault_admin nologin noinherit;
grant create on schema extensions to postgres;

do $$
begin
  set local role postgres;
  create extension supabase_vault;
  reset role;
exception when feature_not_supported or undefined_file or insufficient_privilege then
end $$;
do $$
begin
  set local role postgres;
  create extension pg_stat_statements with schema extensions;
  reset role;
exception when feature_not_supported or undefined_file or insufficient_privilege then
end $$;
