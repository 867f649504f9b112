-- Role postgres makes policies and triggers on storage.objects and storage.buckets, but may not change the schema
-- itself: what an extension of Supabase's server arranges there is done here by membership in the owner and an
-- event trigger that refuses the rest with PostgreSQL's own error.

do $$
begin
  -- Before PostgreSQL 16 a membership always includes SET ROLE.
  if current_setting('server_version_num')::integer >= 160000 then
    execute 'grant supabase_storage_admin to postgres with inherit true, set false';
  else
    grant supabase_storage_admin to postgres;
  end if;
end $$;

create function _stack.refuse_storage_ddl() returns event_trigger
language plpgsql as $$
declare
  change record;
begin
  if current_user <> 'postgres' then
    return;
  end if;
  for change in
    select command_tag as tag, object_type, schema_name, object_identity
    from pg_event_trigger_ddl_commands()
    where schema_name = 'storage' or (object_type = 'schema' and object_identity = 'storage')
  loop
    continue when change.object_type in ('policy', 'trigger') or change.tag in ('GRANT', 'REVOKE', 'COMMENT');
    if change.tag like 'CREATE%' and change.object_type <> 'index' then
      raise exception 'permission denied for schema storage' using errcode = '42501';
    end if;
    raise exception 'must be owner of % %',
      case change.object_type when 'index' then 'table' when 'table column' then 'table' else change.object_type end,
      split_part(change.object_identity, '.', -1)
      using errcode = '42501';
  end loop;
end $$;

create function _stack.refuse_storage_drop() returns event_trigger
language plpgsql as $$
declare
  dropped record;
begin
  if current_user <> 'postgres' then
    return;
  end if;
  for dropped in
    select object_type, object_name, object_identity from pg_event_trigger_dropped_objects()
    where original and (schema_name = 'storage' or (object_type = 'schema' and object_name = 'storage'))
      and object_type not in ('policy', 'trigger')
  loop
    raise exception 'must be owner of % %', dropped.object_type, coalesce(dropped.object_name, substring(dropped.object_identity from '([^.(]+)\('))
      using errcode = '42501';
  end loop;
end $$;

create event trigger refuse_storage_ddl on ddl_command_end execute function _stack.refuse_storage_ddl();
create event trigger refuse_storage_drop on sql_drop execute function _stack.refuse_storage_drop();
