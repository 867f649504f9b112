-- Replaces the 21 positional parameters of `_stack.store_object` by two documents. One statement still stores the row of
-- an upload: it checks the policies by writing as the caller and rolling back, then writes as the service role.
-- Sent one by one, these statements would cost more than the rest of a small upload.

drop function _stack.store_object;

create function _stack.store_object(
  -- {caller, service: {role, jwt, sub, claims}, headers, method, path, operation}; every value is text, and claims and
  -- headers are JSON as text, because jsonb would not keep the order of their keys.
  scope jsonb,
  -- {bucket, name, owner, owner_id, user_metadata, metadata, version, upsert, check}; `check` is the metadata that the
  -- policies see. Without it the policies are not checked: they were before.
  draft jsonb
) returns table (
  replaced text, id uuid, name text, bucket_id text, version text, owner uuid, owner_id text, metadata jsonb,
  user_metadata jsonb, created_at timestamptz, updated_at timestamptz, last_accessed_at timestamptz
)
language plpgsql as $$
#variable_conflict use_column
declare
  caller constant jsonb := scope -> 'caller';
  service constant jsonb := scope -> 'service';
  new_bucket constant text := draft ->> 'bucket';
  new_name constant text := draft ->> 'name';
  new_owner constant uuid := (draft ->> 'owner')::uuid;
  new_owner_id constant text := draft ->> 'owner_id';
  new_user_metadata constant jsonb := draft -> 'user_metadata';
  new_metadata constant jsonb := draft -> 'metadata';
  new_version constant text := draft ->> 'version';
  is_upsert constant boolean := (draft ->> 'upsert')::boolean;
  check_metadata constant jsonb := draft -> 'check';
  written storage.objects;
  is_allowed boolean := false;
  replaced_version text;
begin
  perform set_config('request.headers', scope ->> 'headers', true),
    set_config('request.method', scope ->> 'method', true), set_config('request.path', scope ->> 'path', true),
    set_config('storage.operation', scope ->> 'operation', true),
    set_config('storage.allow_delete_query', 'true', true),
    set_config('search_path', 'storage,public,extensions', true);
  if check_metadata is not null then
    perform set_config('request.jwt.claim.role', caller ->> 'role', true),
      set_config('request.jwt', caller ->> 'jwt', true), set_config('request.jwt.claim.sub', caller ->> 'sub', true),
      set_config('request.jwt.claims', caller ->> 'claims', true), set_config('role', caller ->> 'role', true);
    begin
      if is_upsert then
        insert into storage.objects as old (bucket_id, name, owner, owner_id, metadata, user_metadata, version)
        values (new_bucket, new_name, new_owner, new_owner_id, check_metadata, new_user_metadata, '1')
        on conflict (name, bucket_id) do update set metadata = excluded.metadata, version = excluded.version,
          user_metadata = coalesce(excluded.user_metadata, old.user_metadata),
          owner = coalesce(excluded.owner, old.owner), owner_id = coalesce(excluded.owner_id, old.owner_id)
        returning * into written;
      else
        -- Without returning, which would need a policy for select as well.
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
  perform set_config('request.jwt.claim.role', service ->> 'role', true),
    set_config('request.jwt', service ->> 'jwt', true), set_config('request.jwt.claim.sub', service ->> 'sub', true),
    set_config('request.jwt.claims', service ->> 'claims', true), set_config('role', service ->> 'role', true);
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
grant execute on function _stack.store_object to supabase_storage_admin;
