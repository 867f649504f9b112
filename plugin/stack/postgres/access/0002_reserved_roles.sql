-- Roles that only superusers may modify (supautils `reserved_roles`, `reserved_memberships`). PostgreSQL has no event for
-- ALTER ROLE: a script of the project is checked before it commits, and what another client has changed is restored at
-- the next start. Settings (alter role … set) are free, as on Supabase.

create table _stack.reserved_roles as
  select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
    rolpassword, rolvaliduntil
  from pg_catalog.pg_authid
  where rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'dashboard_user', 'pgbouncer')
    or rolname like 'supabase\_%';
alter table _stack.reserved_roles add primary key (rolname);

create function _stack.changed_roles() returns setof name
language sql security definer set search_path = ''
as $$
  select rolname from (
    select * from _stack.reserved_roles
    except
    select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
      rolpassword, rolvaliduntil
    from pg_catalog.pg_authid
  ) as changed
$$;

create function _stack.check_script() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  role name;
begin
  select changed into role from _stack.changed_roles() as changed limit 1;
  if found then
    raise exception '"%" is a reserved role, only superusers can modify it', role using errcode = '42501';
  end if;
  if exists (
    select from pg_catalog.pg_auth_members
    where roleid = 'authenticator'::regrole
      and member::regrole::text not in ('postgres', 'supabase_storage_admin', 'supabase_admin')
  ) then
    raise exception '"authenticator" role memberships are reserved, only superusers can grant them' using errcode = '42501';
  end if;
  perform _stack.refuse_table(oid) from pg_catalog.pg_class
  where _stack.is_service_schema(relnamespace::regnamespace::text) and relkind in ('r', 'p', 'v', 'S')
    and relowner::regrole::text not in
      ('supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin');
end $$;

create function _stack.restore_roles() returns setof name
language plpgsql set search_path = ''
as $$
declare
  role _stack.reserved_roles;
begin
  for role in select * from _stack.reserved_roles where rolname in (select _stack.changed_roles()) loop
    execute pg_catalog.format('alter role %I with %s %s %s %s %s %s %s connection limit %s password %L valid until %L',
      role.rolname,
      case when role.rolsuper then 'superuser' else 'nosuperuser' end,
      case when role.rolinherit then 'inherit' else 'noinherit' end,
      case when role.rolcreaterole then 'createrole' else 'nocreaterole' end,
      case when role.rolcreatedb then 'createdb' else 'nocreatedb' end,
      case when role.rolcanlogin then 'login' else 'nologin' end,
      case when role.rolreplication then 'replication' else 'noreplication' end,
      case when role.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
      role.rolconnlimit, role.rolpassword, coalesce(role.rolvaliduntil, 'infinity'));
    return next role.rolname;
  end loop;
end $$;

revoke all on function _stack.changed_roles(), _stack.check_script(), _stack.restore_roles() from public;
grant execute on function _stack.check_script() to postgres;
