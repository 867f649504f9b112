import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDatabaseTests } from '../../../plugin/database-tests/run-database-tests.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { makeProject } from '../../helpers/project.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// `vite-plugin-supabase test db`, by what pg_prove of the Supabase CLI prints for the same files.

const MIGRATION = `
  create table public.notes (id int primary key, owner uuid, body text not null);
  alter table public.notes enable row level security;
  create policy own on public.notes for select to authenticated using (owner = auth.uid());
  create function public.fail() returns void language plpgsql as $$ begin raise exception 'no' using errcode = 'P0042'; end $$;
`;

let stack: TestStack;
let dataDir: string;

beforeAll(async () => {
  const project = await makeProject();
  dataDir = join(project.root, 'data');
  stack = await startTestStack({ 'supabase/migrations/1_a.sql': MIGRATION }, { dataDir });
});
afterAll(() => stack.stop());

interface Run {
  readonly passed: boolean;
  readonly report: string;
  readonly messages: string;
}

/** Runs the tests of a project with these files on the running stack; times and the folder are left out of the report. */
async function runTests(
  files: Readonly<Record<string, string>>,
  options: { paths?: string[]; verbose?: boolean } = {},
): Promise<Run> {
  await using project = await makeProject(files);
  const printed: string[] = [];
  const messages: string[] = [];
  const passed = await runDatabaseTests({
    root: project.root,
    paths: options.paths ?? [],
    dataDir,
    verbose: options.verbose ?? false,
    onStart: () => {},
    print: (text) => printed.push(text),
    logger: { ...silentLogger, error: (text) => messages.push(text) },
  });
  const clean = (lines: string[]): string =>
    lines
      .join('\n')
      .replaceAll(/[^\s:]*supabase-project-\w+\//g, '')
      .replaceAll(/\d+ wallclock/g, 'N wallclock');
  return { passed, report: clean(printed), messages: clean(messages) };
}

const inTransaction = (body: string): string => `begin;\n${body}\nselect * from finish();\nrollback;\n`;

describe('test db', () => {
  test('runs .sql and .pg files of supabase/tests in the order of their names', async () => {
    const { passed, report, messages } = await runTests({
      'supabase/tests/b.sql': inTransaction('select plan(1); select pass();'),
      'supabase/tests/a/z.pg': inTransaction('select plan(2); select pass(); select ok(true);'),
      'supabase/tests/notes.md': 'no test',
    });
    expect(messages).toBe('');
    expect(report).toBe(
      [
        'supabase/tests/a/z.pg .. ok',
        'supabase/tests/b.sql ... ok',
        'All tests successful.',
        'Files=2, Tests=3,  N wallclock secs',
        'Result: PASS',
      ].join('\n'),
    );
    expect(passed).toBe(true);
  });

  test('shows why a test fails, and a summary', async () => {
    const { passed, report } = await runTests({
      'supabase/tests/a.sql': inTransaction(
        `select plan(3); select is(1, 2, 'sums'); select pass('fine'); select fail('bad');`,
      ),
      'supabase/tests/b.sql': inTransaction('select plan(1); select pass();'),
    });
    expect(report).toBe(
      [
        'supabase/tests/a.sql .. ',
        '# Failed test 1: "sums"',
        '#         have: 1',
        '#         want: 2',
        '# Failed test 3: "bad"',
        '# Looks like you failed 2 tests of 3',
        'Failed 2/3 subtests',
        'supabase/tests/b.sql .. ok',
        '',
        'Test Summary Report',
        '-------------------',
        'supabase/tests/a.sql (Wstat: 0 Tests: 3 Failed: 2)',
        '  Failed tests:  1, 3',
        'Files=2, Tests=4,  N wallclock secs',
        'Result: FAIL',
      ].join('\n'),
    );
    expect(passed).toBe(false);
  });

  test('an SQL error ends its file, with file and line, and not the run', async () => {
    const { passed, report, messages } = await runTests({
      'supabase/tests/a.sql':
        'begin;\nselect plan(2);\nselect pass();\nselect *\nfrom public.nothing;\nselect pass();\n',
      'supabase/tests/b.sql': 'select from nowhere',
      'supabase/tests/c.sql': inTransaction('select plan(1); select pass();'),
    });
    expect(messages).toContain(
      'psql:supabase/tests/a.sql:5: ERROR:  relation "public.nothing" does not exist',
    );
    expect(report).toBe(
      [
        'supabase/tests/a.sql .. ',
        'Dubious, test returned 3 (wstat 768, 0x300)',
        'Failed 1/2 subtests',
        'supabase/tests/b.sql .. ',
        'Dubious, test returned 3 (wstat 768, 0x300)',
        'No subtests run',
        'supabase/tests/c.sql .. ok',
        '',
        'Test Summary Report',
        '-------------------',
        'supabase/tests/a.sql (Wstat: 768 (exited 3) Tests: 1 Failed: 0)',
        '  Non-zero exit status: 3',
        '  Parse errors: Bad plan.  You planned 2 tests but ran 1.',
        'supabase/tests/b.sql (Wstat: 768 (exited 3) Tests: 0 Failed: 0)',
        '  Non-zero exit status: 3',
        '  Parse errors: No plan found in TAP output',
        'Files=3, Tests=2,  N wallclock secs',
        'Result: FAIL',
      ].join('\n'),
    );
    expect(passed).toBe(false);
  });

  test.each([
    ['a bad plan', 'select plan(3); select pass();', false, 'Bad plan.  You planned 3 tests but ran 1.'],
    ['no_plan', 'select * from no_plan(); select pass(); select pass();', true, 'Tests=2'],
    [
      'a failing TODO',
      `select plan(2); select * from todo('later', 1); select fail('x'); select pass();`,
      true,
      'Tests=2',
    ],
    [
      'a passing TODO',
      `select plan(1); select * from todo('later', 1); select pass('x');`,
      true,
      'TODO passed:   1',
    ],
    ['skipped tests', `select plan(3); select * from skip('no', 2); select pass();`, true, 'Tests=3'],
    ['skip of all', `select * from plan(1); select pass();`, true, 'Tests=1'],
    ['a diagnostic', `select plan(1); select diag('hello'); select pass();`, true, '# hello\nok'],
    ['a bail out', `select plan(2); select 'Bail out! gone';`, false, 'Further testing stopped:  gone'],
  ])('%s', async (_title, body, expected, output) => {
    const { passed, report } = await runTests({ 'supabase/tests/a.sql': inTransaction(body) });
    expect(report).toContain(output);
    expect(passed).toBe(expected);
  });

  test('the assertions of real suites', async () => {
    const { report, passed } = await runTests({
      'supabase/tests/a.sql': inTransaction(`
        select no_plan();
        select has_table('public', 'notes', 'table');
        select has_column('public', 'notes', 'body', 'column');
        select col_type_is('public', 'notes', 'id', 'integer', 'type');
        select col_not_null('public', 'notes', 'body', 'not null');
        select has_pk('public', 'notes', 'primary key');
        select policies_are('public', 'notes', array['own']);
        select policy_roles_are('public', 'notes', 'own', array['authenticated']);
        select policy_cmd_is('public', 'notes', 'own', 'select', 'command');
        select throws_ok('select public.fail()', 'P0042', 'no', 'throws');
        select throws_like('select 1/0', '%zero%');
        select lives_ok('select 1', 'lives');
        select results_eq('select 1', array[1], 'results');
        select results_ne('select 1', array[2]);
        select set_eq('values (2), (1)', array[1, 2]);
        select bag_eq('values (1), (1)', array[1, 1]);
        select is_empty('select 1 where false');
        select isnt_empty('select 1');
        select row_eq('select 1, 2', row(1, 2));
        select matches('abc'::text, '^a');
        select cmp_ok(2, '>', 1);
        select has_function('public', 'fail', 'function');
        select function_lang_is('public', 'fail', array[]::text[], 'plpgsql');
        insert into auth.users (id, email) values ('11111111-1111-1111-1111-111111111111', 'a@example.com');
        insert into public.notes values (1, '11111111-1111-1111-1111-111111111111', 'mine'), (2, null, 'other');
        set local role authenticated;
        set local request.jwt.claims to '{"sub":"11111111-1111-1111-1111-111111111111","role":"authenticated"}';
        select results_eq('select body from public.notes', array['mine'], 'sees own notes');
        select throws_ok($$insert into public.notes values (3, null, 'x')$$, '42501');
        reset role;`),
    });
    expect(report).toContain('Tests=24');
    expect(passed).toBe(true);
  });

  test('commands and variables of psql', async () => {
    const { passed, report, messages } = await runTests(
      {
        'supabase/tests/a.sql': String.raw`
          \set ECHO none
          \set QUIET 1
          \pset format unaligned
          \pset tuples_only true
          \set ON_ERROR_ROLLBACK 1
          \set ON_ERROR_STOP true
          begin;
          \ir helpers/more.sql
          select plan(4);
          \set wanted 'it''s'
          select is(:'wanted'::text, 'it''s', ':wanted is text in a string');
          select 7 as number, 'two words' as "text" \gset got_
          select is(:got_number, 7);
          select is(:'got_text'::text, 'two words');
          \if :{?missing}
            select fail('not this branch');
          \elif false
            select nonsense from nowhere;
          \else
            select is(array_length((array[1,2,3])[1:2], 1), helper());
          \endif
          \echo # all :got_number done
          select * from finish();
          rollback;`,
        'supabase/tests/helpers/more.sql':
          'create function pg_temp.nothing() returns int language sql as $$ select 1 $$; create function public.helper() returns int language sql as $$ select 2 $$;',
      },
      { paths: ['supabase/tests/a.sql'], verbose: true },
    );
    expect(messages).toBe('');
    expect(report).toContain(
      '1..4\nok 1 - :wanted is text in a string\nok 2\nok 3\nok 4\n# all 7 done\nok\n',
    );
    expect(passed).toBe(true);
  });

  test('a byte order mark, Windows line ends, blanks in names, a description of a table', async () => {
    const { passed, messages } = await runTests({
      'supabase/tests/my tests/first one.sql': `\uFEFF${inTransaction(
        '\\d public.notes\n\\set n 1\nselect plan(:n);\nselect pass();',
      ).replaceAll('\n', '\r\n')}`,
    });
    expect(messages).toBe('');
    expect(passed).toBe(true);
  });

  test.each([
    [String.raw`\! ls`, String.raw`psql's command \! is not supported here`],
    [String.raw`\copy notes from 'x'`, String.raw`psql's command \copy is not supported here`],
    ['copy notes from stdin;', 'COPY FROM STDIN is not supported here'],
    [String.raw`select 1 where false \gset`, String.raw`0 rows returned for \gset`],
  ])('%s fails its file', async (line, message) => {
    const { passed, messages } = await runTests({ 'supabase/tests/a.sql': `select 1;\n${line}\n` });
    expect(messages).toContain(message);
    expect(passed).toBe(false);
  });

  test('a lost connection ends its file with the status that psql has then', async () => {
    const { passed, report, messages } = await runTests({
      'supabase/tests/a.sql': 'select 1;\nselect pg_terminate_backend(pg_backend_pid());\n',
    });
    expect(messages).toContain('terminating connection');
    expect(report).toContain('Dubious, test returned 2 (wstat 512, 0x200)');
    expect(passed).toBe(false);
  });

  test('pgTAP is not affected by what a project has revoked from new functions', async () => {
    const { passed } = await runTests({
      'supabase/tests/a.sql': inTransaction(`
        alter default privileges revoke execute on functions from public;
        drop extension pgtap; create extension pgtap with schema extensions;
        select plan(1); set local role anon; select pass();`),
    });
    expect(passed).toBe(true);
  });

  test('each file has a session of its own, and pgTAP is gone afterwards', async () => {
    const { passed } = await runTests({
      'supabase/tests/a.sql': `set my.value = 'a'; create temp table x (); ${inTransaction('select plan(1); select pass();')}`,
      'supabase/tests/b.sql': inTransaction(
        `select plan(2); select is(current_setting('my.value', true), null); select hasnt_table('x');`,
      ),
    });
    expect(passed).toBe(true);
    const client = new pg.Client(stack.dbUrl);
    await client.connect();
    const { rowCount } = await client.query(`select from pg_extension where extname = 'pgtap'`);
    await client.end();
    expect(rowCount).toBe(0);
  });

  test('no tests at all', async () => {
    expect((await runTests({ 'supabase/tests/readme.md': '' })).report).toBe(
      'Files=0, Tests=0,  N wallclock secs\nResult: NOTESTS',
    );
    await expect(runTests({})).rejects.toMatchObject({ code: 'USAGE' });
    await expect(runTests({}, { paths: ['nothing.sql'] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('without a running stack, the tests get one with migrations and seed, which is thrown away', async () => {
    await using project = await makeProject({
      'supabase/migrations/1_a.sql': MIGRATION,
      'supabase/seed.sql': `insert into public.notes values (1, null, 'seeded')`,
      'supabase/tests/a.sql': inTransaction(
        `select plan(1); select results_eq('select body from public.notes', array['seeded']);`,
      ),
    });
    const printed: string[] = [];
    const passed = await runDatabaseTests({
      root: project.root,
      paths: [],
      verbose: false,
      onStart: () => {},
      print: (text) => printed.push(text),
      logger: { ...silentLogger, error: (text) => printed.push(text) },
    });
    expect(printed.join('\n')).toMatch(/^\S*supabase\/tests\/a\.sql \.\. ok\n[^]*Result: PASS$/);
    expect(passed).toBe(true);
  });
});
