-- The row of an upload in one statement. An upload asks the policies with a write as the caller that is taken back, and
-- then writes past them; sent one by one, the statements of both would cost more than all the rest of a small upload.

create function _stack.store_object(
  -- The scope of policies and triggers, as the Storage API sets it for each transaction.
  caller_role text, caller_jwt text, caller_sub text, caller_claims text,
  headers text, method text, path text, operation text,
  service_role text, service_jwt text, service_sub text, service_claims text,
  -- Null: the policies were asked before.
  check_metadata jsonb,
  is_upsert boolean, new_metadata jsonb, new_version text,
  new_bucket text, new_name text, new_owner uuid, new_owner_id text, new_user_metadata jsonb
) returns table (
  replaced text, id uuid, name text, bucket_id text, version text, owner uuid, owner_id text, metadata jsonb,
  user_metadata jsonb, created_at timestamptz, updated_at timestamptz, last_accessed_at timestamptz
)
language plpgsql as $$
#variable_conflict use_column
declare
  written storage.objects;
  is_allowed boolean := false;
  replaced_version text;
begin
  perform set_config('request.headers', headers, true), set_config('request.method', method, true),
    set_config('request.path', path, true), set_config('storage.operation', operation, true),
    set_config('storage.allow_delete_query', 'true', true),
    set_config('search_path', 'storage,public,extensions', true);
  if check_metadata is not null then
    perform set_config('request.jwt.claim.role', caller_role, true), set_config('request.jwt', caller_jwt, true),
      set_config('request.jwt.claim.sub', caller_sub, true), set_config('request.jwt.claims', caller_claims, true),
      set_config('role', caller_role, true);
    begin
      if is_upsert then
        insert into storage.objects as old (bucket_id, name, owner, owner_id, metadata, user_metadata, version)
        values (new_bucket, new_name, new_owner, new_owner_id, check_metadata, new_user_metadata, '1')
        on conflict (name, bucket_id) do update set metadata = excluded.metadata, version = excluded.version,
          user_metadata = coalesce(excluded.user_metadata, old.user_metadata),
          owner = coalesce(excluded.owner, old.owner), owner_id = coalesce(excluded.owner_id, old.owner_id)
        returning * into written;
      else
        -- Without returning: that would need a policy for select as well.
        insert into storage.objects (bucket_id, name, owner, owner_id, metadata, user_metadata, version)
        values (new_bucket, new_name, new_owner, new_owner_id, check_metadata, new_user_metadata, '1');
      end if;
      is_allowed := true;
      raise exception 'allowed';
    exception when raise_exception then
      if not is_allowed then
        raise;
      end if;
    end;
  end if;
  perform set_config('request.jwt.claim.role', service_role, true), set_config('request.jwt', service_jwt, true),
    set_config('request.jwt.claim.sub', service_sub, true), set_config('request.jwt.claims', service_claims, true),
    set_config('role', service_role, true);
  if is_upsert then
    -- Waits for other writers of the same name: each deletes the bytes that it replaced.
    perform pg_advisory_xact_lock(hashtextextended(new_bucket || '/' || new_name, 0));
    select version into replaced_version from storage.objects
    where bucket_id = new_bucket and name = new_name for update;
    insert into storage.objects as old (bucket_id, name, owner, owner_id, metadata, user_metadata, version)
    values (new_bucket, new_name, new_owner, new_owner_id, new_metadata, new_user_metadata, new_version)
    on conflict (name, bucket_id) do update set metadata = excluded.metadata, version = excluded.version,
      user_metadata = coalesce(excluded.user_metadata, old.user_metadata),
      owner = coalesce(excluded.owner, old.owner), owner_id = coalesce(excluded.owner_id, old.owner_id)
    returning * into written;
  else
    insert into storage.objects (bucket_id, name, owner, owner_id, metadata, user_metadata, version)
    values (new_bucket, new_name, new_owner, new_owner_id, new_metadata, new_user_metadata, new_version)
    returning * into written;
  end if;
  return query select replaced_version, written.id, written.name, written.bucket_id, written.version, written.owner,
    written.owner_id, written.metadata, written.user_metadata, written.created_at, written.updated_at,
    written.last_accessed_at;
end $$;

revoke execute on function _stack.store_object from public;
grant usage on schema _stack to supabase_storage_admin;
grant execute on function _stack.store_object to supabase_storage_admin;
