-- The roles of a Supabase database. {internal_password} is replaced when the script is applied.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role dashboard_user nologin createdb createrole replication;
create role supabase_realtime_admin nologin noinherit;
create role supabase_privileged_role nologin;

create role postgres login createdb createrole replication bypassrls password 'postgres';
create role authenticator login noinherit password '{internal_password}';
create role supabase_auth_admin login noinherit createrole password '{internal_password}';
create role supabase_storage_admin login noinherit createrole password '{internal_password}';
create role supabase_replication_admin login replication password '{internal_password}';
create role supabase_read_only_user login bypassrls password '{internal_password}';
create role pgbouncer login password '{internal_password}';

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator, supabase_privileged_role to postgres with admin option;
grant supabase_realtime_admin to postgres;
grant anon, authenticated, service_role to supabase_storage_admin;
grant authenticator to supabase_storage_admin;
grant pg_monitor, pg_read_all_data, pg_signal_backend, pg_checkpoint to postgres with admin option;
do $$
begin
  -- Since PostgreSQL 16.
  if exists (select from pg_roles where rolname = 'pg_create_subscription') then
    grant pg_create_subscription to postgres with admin option;
  end if;
end $$;
grant pg_read_all_data to supabase_read_only_user;

alter database postgres owner to postgres;
grant all privileges on database postgres to dashboard_user;
grant create on database postgres to supabase_auth_admin, supabase_storage_admin;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role supabase_storage_admin set search_path = storage;
