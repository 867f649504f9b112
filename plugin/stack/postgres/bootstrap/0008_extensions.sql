-- The extensions that every Supabase database has (schema-17.sql), besides pgcrypto and uuid-ossp. They belong to
-- postgres. Installations of others may lack some.

create schema if not exists vault authorization supabase_admin;
grant create on schema extensions to postgres;

do $$
begin
  set local role postgres;
  create extension supabase_vault;
  reset role;
exception when others then
  -- This installation does not have it, or the project has made something of its name.
end $$;
do $$
begin
  set local role postgres;
  create extension pg_stat_statements with schema extensions;
  reset role;
exception when others then
  -- This installation does not have it, or the project has made something of its name.
end $$;
