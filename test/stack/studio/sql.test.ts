import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsOfCaller } from '../../../plugin/explain/facts/caller.ts';
import { ExplainDatabase, type ReadSession } from '../../../plugin/explain/facts/explain-database.ts';
import { explainNoRows, explainSql } from '../../../plugin/explain/sql.ts';
import { runScript, type ScriptOutcome } from '../../../plugin/studio/sql/run-script.ts';
import { callerFor, listRoles } from '../../../plugin/studio/tables.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const SQL = `
create table numbers (n int primary key);
create table parent (id int primary key);
create table child (parent int references parent deferrable initially deferred);
create table notes (id int, owner uuid);
insert into notes values (1);
alter table notes enable row level security;
create table diary (id int, owner uuid);
insert into diary values (1);
alter table diary enable row level security;
create policy "own" on diary to authenticated using ((select auth.uid()) = owner);
create table loops (id int);
alter table loops enable row level security;
create policy "loop" on loops using (exists (select from loops));
create role clerk;
create schema app;
create table app.hidden (id int);
create table closed (id int);
revoke all on closed from anon, authenticated;
create function fail() returns int language plpgsql as $$ begin raise exception 'no' using hint = 'never'; end $$;`;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_tables.sql': SQL });
});

afterAll(async () => {
  await stack.stop();
});

const ANNA = {
  sub: '00000000-0000-4000-8000-000000000001',
  role: 'authenticated',
  email: 'anna@example.com',
};
const CALLERS = {
  postgres: { role: 'postgres', claims: {} },
  anon: { role: 'anon', claims: { role: 'anon' } },
  authenticated: { role: 'authenticated', claims: ANNA },
} as const;

type As = keyof typeof CALLERS;

async function run(
  sql: string,
  {
    as = 'postgres',
    explain = false,
    signal = new AbortController().signal,
  }: { as?: As; explain?: boolean; signal?: AbortSignal } = {},
): Promise<ScriptOutcome> {
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  try {
    const settings = as === 'postgres' ? [] : settingsOfCaller(CALLERS[as]);
    return await runScript(client, { sql, settings, explain, signal });
  } finally {
    await client.end();
  }
}

/** The rows of the last result. */
const lastRows = async (sql: string, as: As = 'postgres') => (await run(sql, { as })).results.at(-1)?.rows;

describe('a script', () => {
  test('is one transaction with a result for each statement', async () => {
    const { results, failure } = await run(
      `insert into numbers select generate_series(1, 3); -- three
       select n, n as "N", null from numbers; notify x; ; /* nothing */`,
    );
    expect(failure).toBeUndefined();
    expect(results.map(({ text, command, count }) => [text, command, count])).toEqual([
      ['insert into numbers select generate_series(1, 3)', 'INSERT', 3],
      ['select n, n as "N", null from numbers', 'SELECT', 3],
      ['notify x', 'NOTIFY', undefined],
    ]);
    expect(results[1]?.columns).toEqual(['n', 'N', '?column?']);
    expect(results[1]?.rows[2]).toEqual(['3', '3', null]);
    expect((await run('delete from numbers; select 1 / 0')).failure).toMatchObject({ code: '22012' });
    expect(await lastRows('select count(*) from numbers')).toEqual([['3']]);
    expect(await run('')).toEqual({ results: [] });
  });

  test.each([999, 1000, 1001, 5000])('shows at most 1,000 of %d rows', async (count) => {
    const { results } = await run(`select generate_series(1, ${count}); select 'next'`);
    expect(results[0]?.rows.length).toBe(Math.min(count, 1000));
    expect([results[0]?.isCut, results[1]?.rows]).toEqual([count > 1000, [['next']]]);
  });

  test('changes all rows where it shows some', async () => {
    await run('insert into numbers select generate_series(10, 2009) returning n');
    expect(await lastRows('select count(*) from numbers where n >= 10')).toEqual([['2000']]);
  });

  test('keeps role and claims when it ends its transaction itself', async () => {
    const sql = 'commit; select current_user; rollback; begin; rollback; select current_user, auth.email()';
    const { results } = await run(sql, { as: 'authenticated' });
    expect(results[1]?.rows).toEqual([['authenticated']]);
    expect(results.at(-1)?.rows).toEqual([['authenticated', 'anna@example.com']]);
  });

  test.each([
    ['a column', `select 1;\nselect 'ä🙂', frm`, 'frm'],
    ['a name', 'select 1; select nope from numbers', 'nope'],
    ['a function', 'select 1;  select fail()', 'select fail()'],
    ['a file that nobody sends', 'select 1; copy numbers from stdin', 'copy numbers'],
    ['a value', `select 1; insert into numbers values ('🙂')`, `'🙂'`],
    ['syntax', 'select 1; selec 2', 'selec 2'],
  ])('names the place of an error: %s', async (_, sql, place) => {
    const { results, failure } = await run(sql);
    expect(results.length).toBe(1);
    expect(sql.slice(failure?.offset).slice(0, place.length)).toBe(place);
  });

  test('fails at its end where a deferred constraint does', async () => {
    const { results, failure } = await run('insert into child values (1)');
    expect([results.length, failure?.code, failure?.statement]).toEqual([1, '23503', undefined]);
  });

  test('is explained without effect, and with the places of the statement itself', async () => {
    const { results } = await run('delete from numbers; select * from numbers', { explain: true });
    expect(results.map(({ columns }) => columns)).toEqual([['QUERY PLAN'], ['QUERY PLAN']]);
    expect(results[0]?.rows[0]?.[0]).toContain('"Operation": "Delete"');
    expect(await lastRows('select count(*) > 0 from numbers')).toEqual([['t']]);
    expect((await run('select  nope', { explain: true })).failure?.offset).toBe('select  '.length);
  });

  test('has the notices of each statement', async () => {
    const notice = (text: string) => `do $$ begin raise notice '${text}'; end $$;`;
    const { results } = await run(`${notice('one')} ${notice('two')}`);
    expect(results.map(({ notices }) => notices)).toEqual([['NOTICE: one'], ['NOTICE: two']]);
  });

  test('ends before the next statement when nobody waits', async () => {
    await expect(run('drop table numbers', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(await lastRows('select count(*) > 0 from numbers')).toEqual([['t']]);
  });
});

test.each<[question: string, as: As, sql: string, cause: RegExp]>([
  ['no GRANT', 'anon', 'select * from closed', /anon has no privilege to select rows of public\.closed/],
  [
    'no GRANT to write',
    'anon',
    'delete from closed',
    /anon has no privilege to .*delete rows of public\.closed/,
  ],
  ['no usage of a schema', 'anon', 'select * from app.hidden', /anon has no privilege on the schema app/],
  ['no policy', 'anon', 'insert into notes values (1)', /no policy allows insert to anon/],
  ['for users only', 'anon', 'insert into diary values (1)', /are for authenticated/],
  ['a policy', 'authenticated', 'insert into diary values (1)', /no permissive policy for insert is true/],
  ['recursion', 'anon', 'select * from loops', /infinite recursion detected in policy/i],
  ['another schema', 'postgres', 'select * from hidden', /a table hidden in the schema app/],
  ['a typing error', 'postgres', 'select * from dairy', /nearest name is diary/],
  ['what PostgreSQL says itself', 'postgres', 'select nope from diary', /^none$/],
])('an error is explained: %s', async (_, as, sql, cause) => {
  const { failure } = await run(sql, { as });
  if (!failure) throw new Error('it did not fail');
  const explanation = await inDatabase((session) => explainSql(session, failure, CALLERS[as]));
  expect(explanation?.cause ?? 'none').toMatch(cause);
});

test.each<[question: string, as: As, sql: string, cause: RegExp]>([
  [
    'no policy',
    'anon',
    'select * from notes',
    /anon may not see the row id=1.*no policy allows select to anon/,
  ],
  [
    'a policy',
    'authenticated',
    'with d as (select * from diary) select * from d, numbers',
    /policy "own" is not true/,
  ],
  ['a policy, for changes', 'authenticated', 'update diary set id = 3', /policy "own" is not true/],
  ['nothing is hidden', 'authenticated', 'select * from numbers where n < 0', /^none$/],
  ['a statement without a plan', 'anon', 'create table x (id int)', /^none$/],
])('an empty result is explained: %s', async (_, as, sql, cause) => {
  const explanation = await inDatabase((session) => explainNoRows(session, sql, CALLERS[as]));
  expect(explanation?.cause ?? 'none').toMatch(cause);
});

test.each<[as: string, caller: object | null | undefined]>([
  ['postgres', undefined],
  ['anon', { role: 'anon', claims: { role: 'anon' } }],
  ['clerk', { role: 'clerk', claims: { role: 'clerk' } }],
  ['supabase_admin', null],
  ['nobody', null],
  ['00000000-0000-4000-8000-000000000009', null],
])('somebody to run as: %s', async (as, caller) => {
  expect(await inDatabase((session) => callerFor(session, as))).toEqual(caller);
  expect(await inDatabase(listRoles)).toEqual(['clerk']);
});

async function inDatabase<T>(work: (session: ReadSession) => Promise<T>): Promise<T> {
  const database = new ExplainDatabase(() => stack.dbUrl);
  try {
    return await database.read(work);
  } finally {
    await database.close();
  }
}
