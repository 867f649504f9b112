-- supabase/vault: tables, view, functions and privileges of version 0.3.1, encrypted by pgcrypto.
-- Everything belongs to a role without other privileges, because pgcrypto is in a schema of the user.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'supabase_vault_admin') then
    create role supabase_vault_admin nologin noinherit;
  end if;
end $$;
grant usage on schema vault to supabase_vault_admin;

create table vault._key (key text not null);
insert into vault._key
  select pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 'hex');

-- pgcrypto is where the project has it.
create function vault._pgcrypto() returns text
language sql stable set search_path = ''
as $$ select extnamespace::pg_catalog.regnamespace::text from pg_catalog.pg_extension where extname = 'pgcrypto' $$;

create function vault._encrypt(message text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  encrypted text;
begin
  execute pg_catalog.format(
    $q$select pg_catalog.translate(pg_catalog.encode(%s.pgp_sym_encrypt($1, (select key from vault._key), 'cipher-algo=aes256'), 'base64'), E'\n', '')$q$,
    vault._pgcrypto()) into encrypted using message;
  return encrypted;
end $$;

create function vault._decrypt(message text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  decrypted text;
begin
  execute pg_catalog.format(
    $q$select %s.pgp_sym_decrypt(pg_catalog.decode($1, 'base64'), (select key from vault._key))$q$,
    vault._pgcrypto()) into decrypted using message;
  return decrypted;
end $$;

create function vault._crypto_aead_det_noncegen() returns bytea
language sql set search_path = '' as $$ select pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) $$;

create table vault.secrets (
  id uuid primary key default pg_catalog.gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create view vault.decrypted_secrets as
  select id, name, description, secret, vault._decrypt(secret) as decrypted_secret, key_id, nonce, created_at, updated_at
  from vault.secrets;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
language sql security definer set search_path = ''
as $$
  insert into vault.secrets (secret, name, description, key_id)
  values (vault._encrypt(new_secret), new_name, new_description, new_key_id)
  returning id
$$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void
language sql security definer set search_path = ''
as $$
  update vault.secrets
  set secret = coalesce(vault._encrypt(new_secret), secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    key_id = coalesce(new_key_id, key_id),
    updated_at = current_timestamp
  where id = secret_id
$$;

alter table vault._key owner to supabase_vault_admin;
alter table vault.secrets owner to supabase_vault_admin;
alter view vault.decrypted_secrets owner to supabase_vault_admin;
alter function vault._pgcrypto() owner to supabase_vault_admin;
alter function vault._encrypt(text) owner to supabase_vault_admin;
alter function vault._decrypt(text) owner to supabase_vault_admin;
alter function vault._crypto_aead_det_noncegen() owner to supabase_vault_admin;
alter function vault.create_secret(text, text, text, uuid) owner to supabase_vault_admin;
alter function vault.update_secret(uuid, text, text, text, uuid) owner to supabase_vault_admin;
do $$
begin
  execute pg_catalog.format('grant usage on schema %s to supabase_vault_admin', vault._pgcrypto());
end $$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret(text, text, text, uuid), vault.update_secret(uuid, text, text, text, uuid),
  vault._decrypt(text) to postgres with grant option;
grant execute on function vault.create_secret(text, text, text, uuid), vault.update_secret(uuid, text, text, text, uuid),
  vault._decrypt(text) to service_role;
