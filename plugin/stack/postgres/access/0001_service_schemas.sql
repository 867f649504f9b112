-- Applied after the schemas of the services. Role postgres makes triggers and policies on their tables, but may not
-- change the schemas themselves. What an extension of Supabase's server arranges (supautils.conf `policy_grants`,
-- `drop_trigger_grants`) is done here by membership in the owners, without SET ROLE, and by event triggers that refuse
-- the rest with PostgreSQL's own errors.

do $$
declare
  -- Before PostgreSQL 16 a membership always includes SET ROLE.
  options constant text := case when current_setting('server_version_num')::integer >= 160000 then ' with inherit true, set false' else '' end;
begin
  revoke supabase_realtime_admin from postgres;
  execute 'grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres' || options;
end $$;

drop event trigger if exists refuse_storage_ddl;
drop event trigger if exists refuse_storage_drop;
drop function if exists _stack.refuse_storage_ddl();
drop function if exists _stack.refuse_storage_drop();

create function _stack.is_service_schema(name text) returns boolean
language sql immutable set search_path = ''
as $$ select coalesce(name in ('auth', 'storage', 'realtime'), false) $$;

-- Tables whose policies and triggers postgres may change.
create function _stack.may_have_policies(schema_name text, table_name text) returns boolean
language sql immutable set search_path = ''
as $$
  select schema_name || '.' || table_name in (
    'auth.audit_log_entries', 'auth.flow_state', 'auth.identities', 'auth.instances', 'auth.mfa_amr_claims',
    'auth.mfa_challenges', 'auth.mfa_factors', 'auth.oauth_clients', 'auth.one_time_tokens', 'auth.refresh_tokens',
    'auth.saml_providers', 'auth.saml_relay_states', 'auth.sessions', 'auth.sso_domains', 'auth.sso_providers', 'auth.users',
    'realtime.messages', 'realtime.subscription',
    'storage.buckets', 'storage.buckets_analytics', 'storage.objects', 'storage.prefixes',
    'storage.s3_multipart_uploads', 'storage.s3_multipart_uploads_parts')
$$;

-- The services and superusers change their schemas themselves.
create function _stack.owns_service_schemas() returns boolean
language sql stable set search_path = ''
as $$
  select rolsuper or rolname in ('supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin')
  from pg_catalog.pg_roles where rolname = current_user
$$;

create function _stack.refuse(object_type text, name text) returns void
language plpgsql set search_path = ''
as $$
begin
  raise exception 'must be owner of % %', object_type, name using errcode = '42501';
end $$;

-- The kind of relation as PostgreSQL's errors name it.
create function _stack.refuse_table(relation oid) returns void
language sql set search_path = ''
as $$
  select _stack.refuse(
    case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, relname)
  from pg_catalog.pg_class where oid = relation
$$;

create function _stack.guard_service_ddl() returns event_trigger
language plpgsql set search_path = ''
as $$
declare
  change record;
begin
  if _stack.owns_service_schemas() then
    return;
  end if;
  for change in
    select command.command_tag as tag, command.object_type as type, command.objid, command.object_identity as identity,
      command.classid = 'pg_catalog.pg_class'::regclass as is_relation,
      -- Policies, triggers and rules have no schema, but a table.
      coalesce(command.schema_name, class.relnamespace::regnamespace::text) as schema_name, class.oid as relation, class.relname
    from pg_catalog.pg_event_trigger_ddl_commands() as command
    left join pg_catalog.pg_policy as policy on command.classid = 'pg_catalog.pg_policy'::regclass and policy.oid = command.objid
    left join pg_catalog.pg_trigger as trigger on command.classid = 'pg_catalog.pg_trigger'::regclass and trigger.oid = command.objid
    left join pg_catalog.pg_rewrite as rule on command.classid = 'pg_catalog.pg_rewrite'::regclass and rule.oid = command.objid
    left join pg_catalog.pg_class as class
      on class.oid = coalesce(policy.polrelid, trigger.tgrelid, rule.ev_class)
  loop
    -- A table below one of theirs.
    if exists (
      select from pg_catalog.pg_inherits join pg_catalog.pg_class on pg_class.oid = inhparent
      where change.is_relation and inhrelid = change.objid and _stack.is_service_schema(relnamespace::regnamespace::text)
    ) then
      perform _stack.refuse_table((select inhparent from pg_catalog.pg_inherits where inhrelid = change.objid limit 1));
    end if;
    if change.type = 'extension' and exists (
      select from pg_catalog.pg_extension
      where oid = change.objid and _stack.is_service_schema(extnamespace::regnamespace::text)
    ) then
      raise exception 'permission denied for schema %',
        (select extnamespace::regnamespace from pg_catalog.pg_extension where oid = change.objid) using errcode = '42501';
    end if;
    continue when not (_stack.is_service_schema(change.schema_name)
      or change.type = 'schema' and _stack.is_service_schema(change.identity));
    continue when change.tag in ('GRANT', 'REVOKE');
    if change.relation is not null then
      continue when change.tag in ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER')
        and _stack.may_have_policies(change.schema_name, change.relname);
      perform _stack.refuse_table(change.relation);
    end if;
    if change.tag like 'CREATE%' and change.type not in ('index', 'schema') then
      raise exception 'permission denied for schema %', change.schema_name using errcode = '42501';
    end if;
    perform _stack.refuse(
      case when change.type in ('index', 'table column', 'table constraint') then 'table' else change.type end,
      case
        when change.type = 'index' then (select indrelid::regclass::text from pg_catalog.pg_index where indexrelid = change.objid)
        when change.type = 'table column' then (select relname from pg_catalog.pg_class where oid = change.objid)
        else pg_catalog.regexp_replace(pg_catalog.regexp_replace(change.identity, '\(.*$', ''), '^.*\.', '')
      end);
  end loop;
  -- Statements that do not list their objects.
  if tg_tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION') then
    perform _stack.refuse_table(class.oid)
    from pg_catalog.pg_publication_rel join pg_catalog.pg_class as class on class.oid = prrelid
    join pg_catalog.pg_publication as publication on publication.oid = prpubid
    where _stack.is_service_schema(class.relnamespace::regnamespace::text)
      and not (select rolsuper from pg_catalog.pg_roles where oid = publication.pubowner);
  elsif tg_tag = 'GRANT' then
    perform _stack.refuse_table(class.oid)
    from pg_catalog.pg_class as class, pg_catalog.aclexplode(class.relacl) as entry
    where class.relnamespace = 'auth'::regnamespace and entry.privilege_type <> 'SELECT'
      and entry.grantee not in (class.relowner, 'postgres'::regrole, 'dashboard_user'::regrole);
  end if;
end $$;

create function _stack.guard_service_drop() returns event_trigger
language plpgsql set search_path = ''
as $$
declare
  dropped record;
begin
  if _stack.owns_service_schemas() then
    return;
  end if;
  for dropped in
    select object_type as type, object_name as name, object_identity as identity, address_names as names,
      object_type in ('policy', 'trigger', 'rule') as is_of_table
    from pg_catalog.pg_event_trigger_dropped_objects()
    where original and (
      _stack.is_service_schema(schema_name)
      or object_type = 'schema' and _stack.is_service_schema(object_name)
      or object_type in ('policy', 'trigger', 'rule') and _stack.is_service_schema(address_names[1]))
  loop
    continue when dropped.type in ('policy', 'trigger') and _stack.may_have_policies(dropped.names[1], dropped.names[2]);
    if dropped.is_of_table then
      perform _stack.refuse('table', dropped.names[2]);
    end if;
    perform _stack.refuse(dropped.type, coalesce(dropped.name, (pg_catalog.regexp_match(dropped.identity, '([^.(]+)\('))[1]));
  end loop;
end $$;

create event trigger guard_service_ddl on ddl_command_end execute function _stack.guard_service_ddl();
create event trigger guard_service_drop on sql_drop execute function _stack.guard_service_drop();
-- Also under session_replication_role = replica, which postgres may set.
alter event trigger guard_service_ddl enable always;
alter event trigger guard_service_drop enable always;
grant usage on schema _stack to public;
