-- Event triggers of postgres. An event trigger fires for every role, the superuser included, with that role's
-- privileges. Supabase's server leaves the superuser out; here the function of such an event trigger always runs with
-- the privileges of its owner, who is no superuser, whatever it is replaced by.

-- Creates an event trigger that belongs to postgres. `function` is resolved by the caller, with its search_path.
create function _stack.create_event_trigger(name text, event text, tags text[], function regprocedure) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owner oid;
begin
  if pg_catalog.current_setting('server_version_num')::integer < 170000 then
    raise exception 'permission denied to create event trigger "%"', name
      using errcode = '42501', hint = 'Event triggers of role postgres need PostgreSQL 17.';
  end if;
  if event not in ('ddl_command_start', 'ddl_command_end', 'sql_drop', 'table_rewrite') then
    raise exception 'unrecognized event name "%"', event using errcode = '42601';
  end if;
  select proowner into owner from pg_catalog.pg_proc 
  where oid = function and prorettype = 'pg_catalog.event_trigger'::regtype and pronargs = 0;
  if owner is null then
    raise exception 'function % must return type event_trigger', function::text using errcode = '42P17';
  end if;
  if (select rolsuper from pg_catalog.pg_roles where oid = owner) or not pg_catalog.pg_has_role('postgres', owner, 'usage') then
    raise exception 'permission denied for function %', function::text using errcode = '42501';
  end if;
  execute pg_catalog.format('alter function %s security definer', function);
  execute pg_catalog.format('create event trigger %I on %I', name, event)
    || coalesce(' when tag in ('
      || (select pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ') from pg_catalog.unnest(tags) as listed (tag))
      || ')', '')
    || pg_catalog.format(' execute function %s', function);
  -- An event trigger belongs to a superuser at the moment it gets an owner. No one else sees this moment.
  alter role postgres superuser;
  execute pg_catalog.format('alter event trigger %I owner to postgres', name);
  alter role postgres nosuperuser;
end $$;

-- `create or replace` and `alter function` make a function run as its caller again.
create function _stack.keep_event_functions_safe() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
declare
  function regprocedure;
begin
  for function in
    select proc.oid
    from pg_catalog.pg_event_trigger_ddl_commands() as command
    join pg_catalog.pg_proc as proc on proc.oid = command.objid
    join pg_catalog.pg_roles as owner on owner.oid = proc.proowner
    where command.classid = 'pg_catalog.pg_proc'::regclass and not proc.prosecdef and not owner.rolsuper
      and exists (select from pg_catalog.pg_event_trigger where evtfoid = proc.oid)
  loop
    execute pg_catalog.format('alter function %s security definer', function);
  end loop;
end $$;

revoke all on function _stack.create_event_trigger(text, text, text[], regprocedure) from public;
grant usage on schema _stack to postgres;
grant execute on function _stack.create_event_trigger(text, text, text[], regprocedure) to postgres;

create event trigger keep_event_functions_safe on ddl_command_end
  when tag in ('CREATE FUNCTION', 'ALTER FUNCTION', 'CREATE PROCEDURE', 'ALTER PROCEDURE', 'ALTER ROUTINE')
  execute function _stack.keep_event_functions_safe();
alter event trigger keep_event_functions_safe enable always;

do $$
begin
  if current_setting('server_version_num')::integer >= 170000 then
    alter function _stack.create_event_trigger(text, text, text[], regprocedure) set event_triggers = off;
    alter function _stack.keep_event_functions_safe() set event_triggers = off;
  end if;
end $$;
