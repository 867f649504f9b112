import { expect, test } from 'vitest';
import { startDatabase } from './helpers/database.ts';

// What Supabase's image of PostgreSQL 15 has from the start (supabase/postgres migrations/schema-15.sql).

const IMAGE_15 = { 'supabase/config.toml': '[db]\nmajor_version = 15\n' };
const NAMES = `select extname, nspname from pg_extension e join pg_namespace n on n.oid = extnamespace
  where extname in ('pgsodium', 'pg_graphql', 'pgjwt') order by extname`;

test('a project of the image of PostgreSQL 15 finds its extensions, and is not warned of them', async () => {
  const { rows, warnings } = await startDatabase({
    ...IMAGE_15,
    'supabase/migrations/1_dump.sql': `
      create extension if not exists "pgsodium" with schema "pgsodium";
      create extension if not exists "pgjwt" with schema "extensions";
      comment on extension pgjwt is 'x';`,
  });
  expect(await rows(NAMES)).toEqual([
    { extname: 'pg_graphql', nspname: 'graphql' },
    { extname: 'pgjwt', nspname: 'extensions' },
    { extname: 'pgsodium', nspname: 'pgsodium' },
  ]);
  expect(warnings).toEqual([]);
});

test('it may drop them without having created them, and later starts do not bring them back', async () => {
  const database = await startDatabase({
    ...IMAGE_15,
    'supabase/migrations/1_hardening.sql': 'drop extension pg_graphql; drop extension pgsodium;',
  });
  const left = [{ extname: 'pgjwt', nspname: 'extensions' }];
  expect(await database.rows(NAMES)).toEqual(left);
  expect(await (await database.restart()).rows(NAMES)).toEqual(left);
});

test('a seed that was dumped with the data of pgsodium is applied', async () => {
  const { rows } = await startDatabase({
    ...IMAGE_15,
    'supabase/migrations/1_a.sql': 'create table t (i int);',
    'supabase/seed.sql': `
      INSERT INTO "pgsodium"."key" ("id", "status", "created", "expires", "key_type", "key_id", "key_context", "name",
        "associated_data", "raw_key", "raw_key_nonce", "parent_key", "comment", "user_data") VALUES
        ('2b9d1a4c-0000-4000-8000-000000000001', 'valid', '2024-01-01', NULL, 'aead-det', 1, '\\x7067736f6469756d',
        'This is the default key used for vault.secrets', '', NULL, NULL, NULL, NULL, NULL);
      SELECT pg_catalog.setval('"pgsodium"."key_key_id_seq"', 1, true);`,
  });
  expect(await rows(`select nextval('pgsodium.key_key_id_seq')::int as next`)).toEqual([{ next: 2 }]);
});

test.each(['', '[db]\nmajor_version = 17\n'])('other projects do not have them: %j', async (config) => {
  const { rows } = await startDatabase({ 'supabase/config.toml': config });
  expect(await rows(NAMES)).toEqual([]);
});
