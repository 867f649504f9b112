import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// What role postgres may do on Supabase although it is no superuser, from any client, and what it may not
// (supabase/postgres ansible/files/postgresql_config/conf.d/supautils.conf, supabase/supautils README).

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

/** Runs statements one after the other as `postgres`, in a transaction that is rolled back; the error, or the last rows. */
async function attempt(...statements: string[]): Promise<unknown> {
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  try {
    await client.query('begin');
    let rows: unknown;
    for (const sql of statements) {
      // Several statements in one text have a list of results.
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
      rows = [result].flat().at(-1)?.rows;
    }
    return rows;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

const TRIGGER = `create function public.on_user() returns trigger language plpgsql as $$ begin return new; end $$`;
const CREATE_TRIGGER =
  'create trigger welcome after insert on auth.users for each row execute function public.on_user()';
describe('is allowed', () => {
  test.each<string[]>([
    [TRIGGER, CREATE_TRIGGER, 'drop trigger if exists welcome on auth.users', CREATE_TRIGGER],
    ['create policy own on auth.users for select to authenticated using (auth.uid() = id)'],
    [
      'create policy p on auth.sessions using (true)',
      'alter policy p on auth.sessions using (false)',
      'drop policy p on auth.sessions',
    ],
    ['create policy p on realtime.messages for select to authenticated using (true)'],
    ['create policy p on storage.objects for select using (true)', 'drop policy p on storage.objects'],
    ['set session_replication_role = replica'],
    ['set local log_min_messages = debug1'],
    ['set track_io_timing = on'],
    ['set pg_stat_statements.track = none'],
    ['select pg_reload_conf()'],
    ['create publication sync for all tables'],
    ['create publication s2 for tables in schema public'],
    [`CREATE PUBLICATION "powersync" FOR ALL TABLES WITH (publish = 'insert, update');`],
    ['create publication p', 'alter publication p add tables in schema public'],
    [
      'create foreign data wrapper w',
      'create server s foreign data wrapper w',
      'drop foreign data wrapper w cascade',
    ],
    [
      'create extension postgres_fdw with schema extensions',
      `create server other foreign data wrapper postgres_fdw options (host '127.0.0.1')`,
      'create user mapping for postgres server other',
    ],
    [
      'create extension pg_trgm',
      'alter extension pg_trgm set schema extensions',
      `comment on extension pg_trgm is 'x'`,
      'drop extension pg_trgm',
    ],
    ['create extension unaccent', 'alter extension unaccent set schema extensions'],
    ['create extension hstore', 'alter extension hstore update'],
    ['create extension citext; alter extension citext set schema extensions; drop extension citext'],
    ['create extension ltree', 'do $$ begin alter extension "ltree" set schema extensions; end $$'],
    ['do $$ begin create extension if not exists moddatetime with schema extensions; end $$'],
    [
      'create schema ext2',
      'create extension dblink with schema ext2',
      'select ext2.dblink_get_connections()',
    ],
    [`comment on extension pgcrypto is 'x'`, 'alter extension "uuid-ossp" set schema public'],
    ['alter role authenticator set statement_timeout = 9000', 'alter role anon reset statement_timeout'],
    ['create role reader', 'grant reader to authenticated', 'grant anon to reader'],
    ['grant select on auth.users to anon'],
    ['grant usage on schema graphql, pgbouncer to postgres'],
    ['select graphql_public.graphql()'],
    ['select extensions.gen_random_bytes(4)', 'create table extensions.mine (id int)'],
  ])('%s', async (...statements) => {
    expect(await attempt(...statements)).toEqual(expect.any(Array));
  });
});

describe('is refused', () => {
  const ownerOfUsers = 'must be owner of table users';
  test.each<[error: string, ...statements: string[]]>([
    [ownerOfUsers, 'alter table auth.users add column x int'],
    [ownerOfUsers, 'alter table auth.users disable row level security'],
    [ownerOfUsers, 'alter table auth.users owner to postgres'],
    [ownerOfUsers, 'drop table auth.users cascade'],
    [ownerOfUsers, `comment on table auth.users is 'x'`],
    [ownerOfUsers, 'create rule r as on insert to auth.users do instead nothing'],
    [ownerOfUsers, 'create table public.u () inherits (auth.users)'],
    [ownerOfUsers, 'create publication p for table auth.users'],
    [ownerOfUsers, 'grant insert on auth.users to anon'],
    [ownerOfUsers, TRIGGER, CREATE_TRIGGER, 'alter trigger welcome on auth.users rename to bye'],
    ['must be owner of table messages', 'alter table realtime.messages disable row level security'],
    [
      'must be owner of table messages',
      `create table public.m partition of realtime.messages for values from (minvalue) to ('2000-01-01')`,
    ],
    ['must be owner of function uid', 'drop function auth.uid() cascade'],
    ['must be owner of table schema_migrations', 'create policy p on auth.schema_migrations using (true)'],
    ['permission denied for schema auth', 'create table auth.mine (id int)'],
    [
      'permission denied for schema auth',
      'create or replace function auth.uid() returns uuid language sql as $$ select null::uuid $$',
    ],
    ['permission denied for schema realtime', 'create table realtime.mine (id int)'],
    ['permission denied for schema storage', 'create view storage.v as select 1'],
    ['permission denied for schema auth', 'create extension hstore with schema auth'],
    ['must be owner of', 'create extension hstore', 'alter extension hstore set schema storage'],
    ['permission denied to set parameter "event_triggers"', 'set event_triggers = off'],
    ['permission denied for schema vault', 'create table vault.mine (id int)'],
    [
      'permission denied for schema net',
      'create function net.mine() returns int language sql as $$ select 1 $$',
    ],
    ['must be owner of schema auth', 'drop schema auth cascade'],
    ['must be owner of schema auth', 'alter schema auth rename to other'],
    [ownerOfUsers, 'set session_replication_role = replica', 'alter table auth.users add column x int'],
    ['permission denied to grant role "postgres"', 'create role other', 'grant postgres to other'],
    ['must be owner of', 'drop owned by supabase_auth_admin cascade'],
    ['permission denied to set role "supabase_auth_admin"', 'set role supabase_auth_admin'],
    ['permission denied to set parameter "zero_damaged_pages"', 'set zero_damaged_pages = on'],
    ...['amcheck', 'file_fdw', 'pageinspect', 'pg_surgery', 'pg_visibility', 'lo', 'xml2'].map(
      (name): [string, string] => [
        `permission denied to create extension "${name}"`,
        `create extension ${name}`,
      ],
    ),
    ['extension "plperl" is not available', 'create extension plperl'],
    ['extension "plpython3u" is not available', 'create extension plpython3u'],
  ])('%s: %s %s %s', async (error, ...statements) => {
    expect(await attempt(...statements)).toContain(error);
  });
});

test('postgres stays an ordinary role, and owns what it has made', async () => {
  expect(
    await attempt(
      'create publication sync for all tables',
      'create extension postgres_fdw',
      'create foreign data wrapper w',
      `select rolsuper, (select pubowner::regrole::text from pg_publication where pubname = 'sync') as publication,
        array(select fdwowner::regrole::text from pg_foreign_data_wrapper order by fdwname) as wrappers
      from pg_roles where rolname = 'postgres'`,
    ),
  ).toEqual([{ rolsuper: false, publication: 'postgres', wrappers: ['postgres', 'postgres'] }]);
});
