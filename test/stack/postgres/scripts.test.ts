import { describe, expect, test } from 'vitest';
import { startDatabase as start } from './helpers/database.ts';

// Scripts of a project (roles.sql, migrations, seed.sql) as the Supabase CLI runs them. Every test has its own database;
// the schemas of the services are not needed.

/** Starts with one migration; undefined, or the error's message. */
async function migrate(...statements: string[]): Promise<string | undefined> {
  return start({ 'supabase/migrations/1_a.sql': statements.join(';\n') }).then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

describe('files', () => {
  test('says which files are no migrations, with the pattern, and applies the others', async () => {
    const { postgres, warnings } = await start({
      'supabase/migrations/20250101000000-first.sql': 'select 1',
      'supabase/migrations/notes.sql': 'select 1',
      'supabase/migrations/20260701b_x.sql': 'select 1',
      'supabase/migrations/README.md': 'text',
      'supabase/migrations/20250102000000_second.sql': 'create table second (id int)',
    });
    expect(postgres.migrations).toMatchObject({ applied: ['20250102000000'], total: 1 });
    expect(warnings).toEqual(
      ['20250101000000-first.sql', '20260701b_x.sql', 'notes.sql'].map(
        (name) => `Skipping migration ${name}... (file name must match pattern "<timestamp>_name.sql")`,
      ),
    );
  });

  test('names both files of a version', async () => {
    const files = { 'supabase/migrations/1_a.sql': 'select 1', 'supabase/migrations/1_b.sql': 'select 1' };
    await expect(start(files)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/version 1: 1_a\.sql and 1_b\.sql/),
    });
  });

  test('runs roles.sql before the migrations', async () => {
    const { rows } = await start({
      'supabase/roles.sql': 'create role reporting nologin;',
      'supabase/migrations/1_a.sql': 'create table t(i int); grant select on t to reporting;',
    });
    expect(await rows(`select has_table_privilege('reporting', 't', 'select') as granted`)).toEqual([
      { granted: true },
    ]);
  });

  test('seeds in the order of a dump, and resets its settings', async () => {
    const { rows } = await start({
      'supabase/migrations/1_a.sql':
        'create table parent (id int primary key); create table child (id int references parent);',
      'supabase/seed.sql':
        'set session_replication_role = replica; insert into child values (1); insert into parent values (1);',
    });
    expect(await rows('show session_replication_role')).toEqual([{ session_replication_role: 'origin' }]);
    expect(await rows('select id from child')).toEqual([{ id: 1 }]);
  });
});

describe('transactions', () => {
  test.each([
    ['create table t(a int)', 'create index concurrently i1 on t(a); comment on index i1 is $$x$$'],
    ['create table t(a int)', 'create index concurrently i1 on t(a)'],
    ['create table t(a int)', 'reindex table concurrently t; select 1'],
    [
      'create table t(a int); create procedure p() language plpgsql as $$ begin insert into t values (1); commit; end $$',
      'call p(); insert into t values (2)',
    ],
    ['create table t(a int)', 'vacuum t; insert into t values (1)'],
    [`create type mood as enum ('a')`, `alter type mood add value 'b'`],
    ['select 1', 'begin; create table t(a int); commit; insert into t values (1)'],
  ])('%s; %s', async (first, second) => {
    const { postgres } = await start({
      'supabase/migrations/1_a.sql': first,
      'supabase/migrations/2_b.sql': second,
    });
    expect(postgres.migrations.applied).toEqual(['1', '2']);
  });

  test('a failure undoes the whole file, its extension and schema too', async () => {
    const files = {
      'supabase/migrations/1_a.sql':
        'create schema tools;\ncreate extension dblink with schema tools;\nselect 1/0;',
    };
    await expect(start(files)).rejects.toMatchObject({
      message: expect.stringMatching(/1_a\.sql:3:1: division by zero/),
    });
    const { rows } = await start({
      'supabase/migrations/1_a.sql': files['supabase/migrations/1_a.sql'].replace('1/0', '1'),
    });
    expect(
      await rows(`select extnamespace::regnamespace::text from pg_extension where extname = 'dblink'`),
    ).toEqual([{ extnamespace: 'tools' }]);
  });
});

describe('event triggers', () => {
  const RLS_ON = `create function public.rls_on() returns event_trigger language plpgsql as $$
    declare made record;
    begin
      for made in select object_identity from pg_event_trigger_ddl_commands() loop
        execute format('alter table %s enable row level security', made.object_identity);
      end loop;
    end $$;`;

  test.each([
    `create event trigger rls_on on ddl_command_end when tag in ('CREATE TABLE') execute function public.rls_on()`,
    `CREATE EVENT TRIGGER "rls_on" ON ddl_command_end\n  WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS')\n  EXECUTE PROCEDURE "public"."rls_on" ( )`,
    `do $$ begin
       create event trigger rls_on on ddl_command_end when tag in ('CREATE TABLE', 'SELECT INTO') execute function public.rls_on();
     exception when duplicate_object then null; end $$`,
    `do $body$ begin if not exists (select from pg_event_trigger where evtname = 'rls_on') then
       execute 'create event trigger "rls_on" on ddl_command_end when tag in (''CREATE TABLE'') execute procedure public.rls_on()';
     end if; end $body$`,
    `do language plpgsql $$ begin execute $e$create event trigger rls_on on ddl_command_end when tag in ('CREATE TABLE') execute function public.rls_on();$e$; end $$`,
    `set search_path = public; create event trigger rls_on on ddl_command_end when tag in ('CREATE TABLE') execute function rls_on()`,
  ])('%s', async (statement) => {
    const { rows } = await start({
      'supabase/migrations/1_a.sql': `${RLS_ON} ${statement}; create table public.t (id int);`,
      'supabase/migrations/2_b.sql': `alter event trigger rls_on disable; alter event trigger rls_on enable;
        alter event trigger rls_on rename to on_rls; comment on event trigger on_rls is 'x'; create table public.u (id int)`,
    });
    expect(
      await rows(`select relname, relrowsecurity from pg_class where relname in ('t', 'u') order by 1`),
    ).toEqual([
      { relname: 't', relrowsecurity: true },
      { relname: 'u', relrowsecurity: true },
    ]);
    expect(
      await rows(`select evtowner::regrole::text as owner from pg_event_trigger where evtname = 'on_rls'`),
    ).toEqual([{ owner: 'postgres' }]);
    await rows('drop event trigger on_rls');
  });
});

describe('reserved roles', () => {
  test.each([
    'alter role service_role nobypassrls',
    `alter role anon login password 'x'`,
    'alter role authenticated rename to somebody',
    `alter role authenticator password 'x'`,
    'do $$ begin alter role anon createdb; end $$',
    'create function f() returns void language sql as $$ alter role anon nologin inherit connection limit 3 $$; select f()',
    'create role friend; grant authenticator to friend',
  ])('%s', async (statement) => {
    expect(await migrate(statement)).toMatch(/reserved.*only superusers can (modify|grant)/);
  });

  test('are restored at the next start after another client has changed them; settings stay', async () => {
    const first = await start({
      'supabase/migrations/1_a.sql': `alter role anon set statement_timeout = '5s'`,
    });
    await first.rows(`alter role anon login password 'x' connection limit 5`);
    const again = await first.restart();
    expect(
      await again.rows(`select rolcanlogin, rolconnlimit, rolconfig from pg_roles where rolname = 'anon'`),
    ).toEqual([{ rolcanlogin: false, rolconnlimit: -1, rolconfig: ['statement_timeout=5s'] }]);
  });
});
