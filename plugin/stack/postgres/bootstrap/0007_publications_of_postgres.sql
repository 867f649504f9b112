-- `create publication … for all tables`, `for tables in schema` and `create foreign data wrapper` need a superuser at the
-- very statement. postgres is one for just that statement if it is known to run no code of anybody: the client sent it
-- alone (not from a function or a DO block), the whole text is one of these forms, without expressions, options of a
-- wrapper or functions, and there is no event trigger that is not ours.

create function _stack.allow_superuser_statement() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
declare
  context text;
  name constant text := '("[^"]+"|[a-z_][a-z0-9_]*)';
  names constant text := name || '(\s*,\s*' || name || ')*';
  options constant text := '(\s+with\s*\([a-z_\s,='']*\))?';
begin
  get diagnostics context = pg_context;
  if pg_catalog.strpos(context, E'\n') > 0
    or session_user <> 'postgres'
    or pg_catalog.current_query() !~* ('^\s*('
      || 'create\s+publication\s+' || name || '\s+for\s+(all\s+tables|tables\s+in\s+schema\s+' || names || ')' || options
      || '|alter\s+publication\s+' || name || '\s+(add|set|drop)\s+tables\s+in\s+schema\s+' || names
      || '|create\s+foreign\s+data\s+wrapper\s+' || name || '(\s+no\s+(handler|validator))*'
      || ')\s*;?\s*$')
    or exists (
      select from pg_catalog.pg_event_trigger as event_trigger
      join pg_catalog.pg_proc as proc on proc.oid = event_trigger.evtfoid
      join pg_catalog.pg_roles as owner on owner.oid = proc.proowner
      where event_trigger.evtenabled <> 'D' and not owner.rolsuper)
  then
    return;
  end if;
  alter role postgres superuser;
end $$;

create function _stack.end_superuser_statement() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    alter role postgres nosuperuser;
  end if;
end $$;

create event trigger allow_superuser_statement on ddl_command_start
  when tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION', 'CREATE FOREIGN DATA WRAPPER')
  execute function _stack.allow_superuser_statement();
create event trigger end_superuser_statement on ddl_command_end
  when tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION', 'CREATE FOREIGN DATA WRAPPER')
  execute function _stack.end_superuser_statement();
alter event trigger allow_superuser_statement enable always;
alter event trigger end_superuser_statement enable always;
