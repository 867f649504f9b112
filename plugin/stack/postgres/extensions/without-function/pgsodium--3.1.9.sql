-- Roles and functions that dumps grant on. Nothing encrypts here: Vault has its own functions.

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
