import { expect, test } from 'vitest';
import { startDatabase } from './helpers/database.ts';

// Extensions of Supabase that PostgreSQL does not have, by their public behaviour.

test('a dump of a Supabase project is accepted, with one line that names what has no function', async () => {
  const { rows, warnings } = await startDatabase({
    'supabase/migrations/1_remote_schema.sql': `
      SET statement_timeout = 0; SET client_encoding = 'UTF8'; SELECT pg_catalog.set_config('search_path', '', false);
      CREATE EXTENSION IF NOT EXISTS "pgsodium" WITH SCHEMA "pgsodium";
      COMMENT ON SCHEMA "public" IS 'standard public schema';
      CREATE EXTENSION IF NOT EXISTS "pg_graphql" WITH SCHEMA "graphql";
      CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgjwt" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "supabase_vault" WITH SCHEMA "vault";
      CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgaudit" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "hypopg" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "index_advisor" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pg_tle";
      CREATE EXTENSION IF NOT EXISTS "plpgsql_check" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pg_stat_monitor" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pg_repack" WITH SCHEMA "extensions";
      CREATE TABLE IF NOT EXISTS "public"."t" ("id" uuid DEFAULT "extensions"."uuid_generate_v4"() NOT NULL);
      ALTER TABLE "public"."t" OWNER TO "postgres";
      GRANT ALL ON FUNCTION "graphql"."resolve"("query" "text", "variables" "jsonb", "operationName" "text", "extensions" "jsonb") TO "anon";
      GRANT ALL ON FUNCTION "pgsodium"."crypto_aead_det_keygen"() TO "service_role";
      RESET ALL;`,
  });
  expect(await rows('select id from public.t')).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining(
      'without function: hypopg, index_advisor, pg_graphql, pg_repack, pg_stat_monitor, pg_tle, pgaudit, pgsodium, plpgsql_check',
    ),
  ]);
});

test('pg_stat_statements is there and counts', async () => {
  const { rows } = await startDatabase({
    'supabase/migrations/1_a.sql':
      'create extension if not exists pg_stat_statements with schema extensions; select count(*) from extensions.pg_stat_statements;',
  });
  await rows('select 4711 as marked');
  expect(
    await rows(`select calls::int from extensions.pg_stat_statements where query like '%as marked'`),
  ).toEqual([{ calls: 1 }]);
});

test('vault is there, and is created again after a drop', async () => {
  const { rows } = await startDatabase({
    'supabase/migrations/1_a.sql': `select vault.create_secret('v', 'n');
      create extension if not exists supabase_vault with schema vault;
      select vault.create_secret('other', null, 'described');`,
  });
  expect(
    await rows(
      `select name, description, decrypted_secret, secret like '%v%' and length(secret) < 10 as plain
       from vault.decrypted_secrets order by created_at, name`,
    ),
  ).toEqual([
    { name: 'n', description: '', decrypted_secret: 'v', plain: false },
    { name: null, description: 'described', decrypted_secret: 'other', plain: false },
  ]);
  await rows(`select vault.update_secret(id, 'new', 'renamed') from vault.secrets where name = 'n'`);
  expect(await rows(`select decrypted_secret from vault.decrypted_secrets where name = 'renamed'`)).toEqual([
    { decrypted_secret: 'new' },
  ]);
  await expect(rows(`select vault.create_secret('x', 'renamed')`)).rejects.toThrow(
    'duplicate key value violates unique constraint "secrets_name_idx"',
  );
  await expect(rows(`insert into vault.secrets (secret) values ('x')`)).rejects.toThrow('permission denied');
  await expect(rows(`set role anon; select * from vault.decrypted_secrets`)).rejects.toThrow(
    'permission denied',
  );
  await rows('drop extension supabase_vault; create extension supabase_vault');
  expect(await rows(`select vault.create_secret('v') is not null as made`)).toEqual([{ made: true }]);
});

test('pgjwt signs and verifies', async () => {
  const { rows } = await startDatabase({
    'supabase/migrations/1_a.sql': 'create extension pgjwt with schema extensions;',
  });
  expect(
    await rows(
      `select extensions.sign('{"sub":"1234567890","name":"John Doe","admin":true}', 'secret') as token`,
    ),
  ).toEqual([
    {
      token:
        'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ',
    },
  ]);
  expect(
    await rows(
      `select v.payload, v.valid from extensions.verify(extensions.sign('{"a":1}', 's', 'HS512'), 's', 'HS512') v
       union all select v.payload, v.valid from extensions.verify(extensions.sign('{"exp":1}', 's'), 's') v
       union all select v.payload, v.valid from extensions.verify(extensions.sign('{"a":1}', 's'), 'other') v`.replaceAll(
        'v.payload',
        'v.payload::text',
      ),
    ),
  ).toEqual([
    { payload: '{"a":1}', valid: true },
    { payload: '{"exp":1}', valid: false },
    { payload: '{"a":1}', valid: false },
  ]);
});

test('pgmq sends, reads, archives and deletes', async () => {
  const { rows } = await startDatabase({
    'supabase/migrations/1_a.sql': `create schema if not exists pgmq; create extension pgmq with schema pgmq;
      select pgmq.create('jobs'); select pgmq.create('jobs'); select pgmq.send('jobs', '{"a":1}');`,
  });
  await rows(
    `select pgmq.send('jobs', '{"b":2}', 30), pgmq.send_batch('jobs', array['{"c":3}', '{"d":4}']::jsonb[])`,
  );
  expect(await rows(`select msg_id::int, read_ct, message from pgmq.read('jobs', 30, 2)`)).toEqual([
    { msg_id: 1, read_ct: 1, message: { a: 1 } },
    { msg_id: 3, read_ct: 1, message: { c: 3 } },
  ]);
  expect(await rows(`select message from pgmq.pop('jobs')`)).toEqual([{ message: { d: 4 } }]);
  expect(await rows(`select msg_id::int from pgmq.read('jobs', 30, 5)`)).toEqual([]);
  await rows(`select pgmq.set_vt('jobs', 3, 0)`);
  expect(
    await rows(
      `select msg_id::int, read_ct, headers from pgmq.read_with_poll('jobs', 30, 5, 1, 10, '{"c": 3}')`,
    ),
  ).toEqual([{ msg_id: 3, read_ct: 2, headers: null }]);
  expect(
    await rows(
      `select pgmq.archive('jobs', 1) as archived, pgmq.archive('jobs', 99) as missing, pgmq.delete('jobs', 3) as deleted`,
    ),
  ).toEqual([{ archived: true, missing: false, deleted: true }]);
  expect(await rows('select msg_id::int, message from pgmq.a_jobs')).toEqual([
    { msg_id: 1, message: { a: 1 } },
  ]);
  expect(
    await rows(
      `select queue_name, queue_length::int, total_messages::int, queue_visible_length::int from pgmq.metrics('jobs')`,
    ),
  ).toEqual([{ queue_name: 'jobs', queue_length: 1, total_messages: 4, queue_visible_length: 0 }]);
  expect(await rows(`select queue_name, is_unlogged from pgmq.list_queues()`)).toEqual([
    { queue_name: 'jobs', is_unlogged: false },
  ]);
  expect(await rows(`select pgmq.purge_queue('jobs')::int as n, pgmq.drop_queue('jobs') as dropped`)).toEqual(
    [{ n: 1, dropped: true }],
  );
  await expect(rows(`select pgmq.create('a;b')`)).rejects.toThrow('invalid characters');
});
