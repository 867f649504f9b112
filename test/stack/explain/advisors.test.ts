import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { ADVISORS, runAdvisors } from '../../../plugin/explain/advisors/run.ts';
import { ExplainDatabase } from '../../../plugin/explain/facts/explain-database.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

let stack: TestStack;
let database: ExplainDatabase;
let admin: pg.Client;

beforeAll(async () => {
  stack = await startTestStack();
  database = new ExplainDatabase(() => stack.dbUrl);
  admin = new pg.Client({ connectionString: stack.dbUrl });
  await admin.connect();
});

afterAll(async () => {
  await database.close();
  await admin.end();
  await stack.stop();
});

const SAFE = 'alter table a enable row level security; create policy p on a for select using (true);';
const RULES: readonly [name: string, breaks: string, subjects: readonly string[], keeps: string][] = [
  [
    'rls_disabled_in_public',
    'create table a (id int primary key)',
    ['public.a'],
    `create table a (id int primary key); ${SAFE}`,
  ],
  [
    'policy_exists_rls_disabled',
    'create table a (id int primary key); create policy "my p" on a using (true)',
    ['public.a'],
    `create table a (id int primary key); ${SAFE}`,
  ],
  [
    'rls_enabled_no_policy',
    'create table "A b" (id int primary key); alter table "A b" enable row level security',
    ['public."A b"'],
    'create table a (id int primary key); alter table a enable row level security; revoke all on a from anon, authenticated',
  ],
  [
    'security_definer_view',
    'create view a as select 1 as one',
    ['public.a'],
    'create view a with (security_invoker = on) as select 1 as one; create view b with (security_invoker = y) as select 1 as one',
  ],
  [
    'auth_users_exposed',
    'create view a with (security_invoker = on) as select id, email from auth.users',
    ['public.a'],
    'create view a as select id, email from auth.users; revoke all on a from anon, authenticated',
  ],
  [
    'rls_references_user_metadata',
    "create table a (id int primary key); create policy p on a using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')",
    ['public.a'],
    "create table a (id int primary key); create policy p on a using ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin')",
  ],
  [
    'function_search_path_mutable',
    "create function f(a int) returns int language sql as 'select a'",
    ['public.f(a integer)'],
    "create function f(a int) returns int language sql set search_path = '' as 'select a'",
  ],
  [
    'extension_in_public',
    'create extension citext schema public',
    ['citext'],
    'create extension citext schema extensions',
  ],
  [
    'materialized_view_in_api',
    'create materialized view a as select 1 as one',
    ['public.a'],
    'create materialized view a as select 1 as one; revoke all on a from anon, authenticated',
  ],
  [
    'publication_without_tables',
    'create table a (id int primary key)',
    ['supabase_realtime'],
    'create table a (id int primary key); alter publication supabase_realtime add table a',
  ],
  [
    'unindexed_foreign_keys',
    'create table a (id int primary key); create table b (id int primary key, a int references a)',
    ['public.b'],
    'create table a (id int primary key); create table b (id int primary key, a int references a); create index on b (a, id)',
  ],
  [
    'auth_rls_initplan',
    'create table a (id uuid primary key); create policy p on a using (id = auth.uid())',
    ['public.a'],
    'create table a (id uuid primary key); create policy p on a using (id = (select auth.uid()))',
  ],
  [
    'multiple_permissive_policies',
    'create table a (id int primary key); alter table a enable row level security; create policy p on a for select to anon using (true); create policy q on a to anon using (false)',
    ['public.a'],
    'create table a (id int primary key); alter table a enable row level security; create policy p on a for select to anon using (true); create policy q on a as restrictive to anon using (false)',
  ],
  ['no_primary_key', 'create table a (id int)', ['public.a'], 'create table a (id int primary key)'],
  [
    'duplicate_index',
    'create table a (id int primary key, b int); create index one on a (b); create index two on a (b)',
    ['public.a'],
    'create table a (id int primary key, b int); create index one on a (b); create index two on a (b desc); create index three on a (b) where b > 1',
  ],
];

async function subjectsOf(name: string, sql: string): Promise<string[]> {
  try {
    await admin.query(sql);
    const findings = await database.read((session) => runAdvisors(session, ['public']));
    return findings.filter(({ kind }) => kind === name).map(({ subject }) => subject);
  } finally {
    await admin.query(`drop extension if exists citext;
      do $$ declare o record; begin
        for o in select format('drop %s if exists %I cascade',
            case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, relname) as text
          from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm') loop
          execute o.text; end loop; end $$;
      drop function if exists f(int)`);
  }
}

describe('the advisor', () => {
  test('finds nothing in an empty project: what Supabase has of its own does not count', async () => {
    expect(await database.read((session) => runAdvisors(session, ['public', 'graphql_public']))).toEqual([]);
  });

  test.each(RULES)('%s', async (name, breaks, subjects, keeps) => {
    expect(await subjectsOf(name, breaks)).toEqual(subjects);
    expect(await subjectsOf(name, keeps)).toEqual([]);
  });

  test('has a test for each rule', () => {
    const tested = new Set(RULES.map(([name]) => name));
    // A foreign table needs another server.
    expect(ADVISORS.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([
      'foreign_table_in_api',
    ]);
  });

  test('what it says can be pasted', async () => {
    await admin.query('create table a (id int primary key)');
    const before = await database.read((session) => runAdvisors(session, ['public']));
    await admin.query(before.find(({ kind }) => kind === 'rls_disabled_in_public')?.code ?? '');
    const after = await database.read((session) => runAdvisors(session, ['public']));
    expect(after.map(({ kind }) => kind)).not.toContain('rls_disabled_in_public');
    await admin.query('drop table a');
  });
});
