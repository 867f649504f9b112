-- Database webhooks and pg_net (cli internal/db/start/templates/webhook.sql).

create schema if not exists supabase_functions authorization supabase_admin;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on schema supabase_functions to supabase_functions_admin;

create table if not exists supabase_functions.migrations (version text primary key, inserted_at timestamptz not null default now());
insert into supabase_functions.migrations (version) values ('initial'), ('20210809183423_update_grants')
on conflict do nothing;

create table if not exists supabase_functions.hooks (
  id bigserial primary key,
  hook_table_id integer not null,
  hook_name text not null,
  created_at timestamptz not null default now(),
  request_id bigint
);
create index if not exists supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
create index if not exists supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);
comment on table supabase_functions.hooks is 'Supabase Functions Hooks: Audit trail for triggered hooks.';

-- Arguments: url, method, headers, params, timeout in milliseconds.
create or replace function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  argument text[] := array[null, null, null, null, null];
  request bigint;
  timeout integer;
begin
  for place in 0..least(tg_nargs, 5) - 1 loop
    argument[place + 1] := nullif(tg_argv[place], 'null');
  end loop;
  if argument[1] is null then
    raise exception 'url argument is missing';
  end if;
  if argument[2] is null then
    raise exception 'method argument is missing';
  end if;
  timeout := coalesce(argument[5], '1000')::integer;
  if argument[2] = 'GET' then
    request := net.http_get(argument[1], coalesce(argument[4], '{}')::jsonb, coalesce(argument[3], '{}')::jsonb, timeout);
  elsif argument[2] = 'POST' then
    request := net.http_post(
      argument[1],
      jsonb_build_object('old_record', old, 'record', new, 'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema),
      coalesce(argument[4], '{}')::jsonb,
      coalesce(argument[3], '{"Content-Type": "application/json"}')::jsonb,
      timeout);
  else
    raise exception 'method argument % is invalid', argument[2];
  end if;
  insert into supabase_functions.hooks (hook_table_id, hook_name, request_id) values (tg_relid, tg_name, request);
  return new;
end $$;

alter table supabase_functions.migrations owner to supabase_functions_admin;
alter table supabase_functions.hooks owner to supabase_functions_admin;
alter function supabase_functions.http_request() owner to supabase_functions_admin;
revoke all on function supabase_functions.http_request() from public;
grant execute on function supabase_functions.http_request() to postgres, anon, authenticated, service_role;

do $$
begin
  set local role postgres;
  create extension pg_net with schema extensions;
  reset role;
exception when others then
  -- This installation does not have it, or the project has made something of its name.
end $$;
