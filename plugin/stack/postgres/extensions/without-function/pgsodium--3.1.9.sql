-- Roles, functions and tables that dumps grant on and fill. Nothing encrypts here: Vault has its own functions.

do $$
declare
  name text;
begin
  foreach name in array array['pgsodium_keyiduser', 'pgsodium_keyholder', 'pgsodium_keymaker'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
      execute pg_catalog.format('create role %I nologin', name);
    end if;
    execute pg_catalog.format('grant %I to postgres', name);
  end loop;
end $$;
grant usage on schema pgsodium to pgsodium_keyiduser;

create function pgsodium.unavailable() returns void
language plpgsql set search_path = ''
as $$ begin raise exception 'pgsodium has no function in this stack' using errcode = '0A000'; end $$;

create function pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) returns bytea
language sql set search_path = '' as $$ select pgsodium.unavailable(); select null::bytea $$;

create function pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) returns bytea
language sql set search_path = '' as $$ select pgsodium.unavailable(); select null::bytea $$;

create function pgsodium.crypto_aead_det_keygen() returns bytea
language sql set search_path = '' as $$ select pgsodium.unavailable(); select null::bytea $$;

grant execute on all functions in schema pgsodium to service_role;

-- Seeds that were dumped with their data write to this table and set its sequence.
create type pgsodium.key_status as enum ('default', 'valid', 'invalid', 'expired');
create type pgsodium.key_type as enum (
  'aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox',
  'secretstream', 'stream_xchacha20');
create sequence pgsodium.key_key_id_seq;
create table pgsodium.key (
  id uuid primary key default pg_catalog.gen_random_uuid(),
  status pgsodium.key_status default 'valid',
  created timestamptz not null default current_timestamp,
  expires timestamptz,
  key_type pgsodium.key_type,
  key_id bigint unique default pg_catalog.nextval('pgsodium.key_key_id_seq'),
  key_context bytea default 'pgsodium' check (pg_catalog.length(key_context) = 8),
  name text unique,
  associated_data text default 'associated',
  raw_key bytea,
  raw_key_nonce bytea,
  parent_key uuid references pgsodium.key (id),
  comment text,
  user_data text
);
alter sequence pgsodium.key_key_id_seq owned by pgsodium.key.key_id;
create view pgsodium.valid_key as
select id, name, status, key_type, key_id, key_context, created, expires, associated_data
from pgsodium.key
where status in ('valid', 'default') and (expires is null or expires > pg_catalog.now());
grant all on sequence pgsodium.key_key_id_seq to pgsodium_keyiduser;
grant all on table pgsodium.key to pgsodium_keymaker;
grant select on table pgsodium.valid_key to pgsodium_keyiduser;
