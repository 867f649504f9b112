import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// Ways for role postgres to become a superuser, or to run something as one. Every attack runs in a database of its own
// session and is rolled back; afterwards no superuser but supabase_admin exists, and nothing ran as it.

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({
    // What the attacks have in common: a function that notes who runs it.
    'supabase/migrations/1_spy.sql': `
      create table public.spy (who text);
      grant insert, select on public.spy to public;
      create function public.spy() returns boolean language plpgsql as $$
        begin
          -- A notice stays when the statement is undone.
          raise warning 'spy %', current_user;
          if (select rolsuper from pg_roles where rolname = current_user) then
            raise warning 'spy superuser %', current_user;
          end if;
          insert into public.spy values (current_user);
          if (select rolsuper from pg_roles where rolname = current_user) then
            execute 'create role escalated superuser';
          end if;
          return true;
        end $$;
      create domain public.spied as text check (public.spy());
      create type public.spied_row as (value public.spied);
      create function public.spy_event() returns event_trigger language plpgsql as $$
        begin perform public.spy(); end $$;`,
  });
});
afterAll(() => stack.stop());

/** Runs the statements as `postgres`, each whatever the one before did, and returns who the spy saw and the superusers. */
async function attack(statements: readonly string[]): Promise<{ spied: string[]; superusers: string[] }> {
  const client = new pg.Client(stack.dbUrl);
  const spied = new Set<string>();
  client.on('notice', ({ message }) => {
    if (message?.startsWith('spy ')) spied.add(message.slice('spy '.length));
  });
  await client.connect();
  try {
    await client.query('begin');
    for (const sql of statements) {
      await client.query('savepoint before');
      await client.query(sql).catch(() => client.query('rollback to before; reset role'));
    }
    const { rows } = await client.query<{ name: string }>(
      'select rolname as name from pg_roles where rolsuper',
    );
    return { spied: [...spied], superusers: rows.map((row) => row.name) };
  } finally {
    await client.end();
  }
}

const CREATE_TRIGGER = (event: string): string =>
  `select _stack.create_event_trigger('spy', '${event}', null, 'public.spy_event()')`;

test.each<[title: string, ...statements: string[]]>([
  ['a comment that ends at CR', 'create extension file_fdw -- note\r; alter role postgres superuser'],
  [
    'a continued E string',
    `create extension dblink version E'1'\n'\\'' ; alter role postgres superuser; --'`,
  ],
  [
    'a long dollar tag',
    `create extension dblink schema $${'a'.repeat(90)}$x$${'a'.repeat(90)}$; alter role postgres superuser`,
  ],
  [
    'a quoted name',
    `create publication "x"" for all tables; alter role postgres superuser; --" for all tables`,
  ],
  ['two statements', 'create publication a for all tables; create role escalated superuser'],
  ['a comment', 'create publication a /* x */ for all tables; create role escalated superuser'],
  [
    'a literal of a domain in the row filter of a publication',
    `create table public.t (value public.spied_row)`,
    `create publication a for table public.t where (value = '(x)')`,
    `create publication a for table public.t where (value = '(x)'), tables in schema public`,
  ],
  [
    'a literal of a domain in a policy',
    `create policy p on auth.users using ('(x)'::public.spied_row is not null)`,
  ],
  [
    'a statement within one that is allowed',
    CREATE_TRIGGER('ddl_command_start'),
    'create publication a for all tables',
    'create foreign data wrapper w',
  ],
  [
    'a publication within a DO block',
    'do $$ begin create publication a for all tables; create role escalated superuser; end $$',
  ],
  [
    'the validator of a wrapper',
    'create function public.validate(text[], oid) returns void language plpgsql as $$ begin perform public.spy(); end $$',
    `create foreign data wrapper w validator public.validate options (a 'b')`,
    'create foreign data wrapper w validator public.validate',
  ],
  [
    'an event trigger in the script of an extension',
    CREATE_TRIGGER('ddl_command_end'),
    'create extension postgres_fdw',
    'create extension pgjwt',
    'alter extension pgjwt set schema extensions',
    'alter extension "uuid-ossp" set schema public',
  ],
  [
    'an event trigger whose function is replaced',
    CREATE_TRIGGER('ddl_command_end'),
    'create or replace function public.spy_event() returns event_trigger language plpgsql as $$ begin perform public.spy(); end $$',
    'create extension postgres_fdw',
  ],
  [
    'an event trigger whose function becomes invoker',
    CREATE_TRIGGER('ddl_command_end'),
    'alter function public.spy_event() security invoker',
    'alter routine public.spy_event() security invoker',
    'set session_replication_role = replica',
    'alter function public.spy_event() security invoker',
    'alter event trigger spy enable always',
    'create extension postgres_fdw',
  ],
  [
    'an event trigger on a function of the superuser',
    `select _stack.create_event_trigger('x', 'ddl_command_end', null, 'extensions.pgrst_ddl_watch()')`,
    `select _stack.create_event_trigger('x', 'login', null, 'public.spy_event()')`,
    `select _stack.create_event_trigger('x', 'ddl_command_end; create role escalated superuser', null, 'public.spy_event()')`,
    `select _stack.create_event_trigger('x', 'ddl_command_end', array['CREATE TABLE'') execute function x(); create role escalated superuser; --'], 'public.spy_event()')`,
  ],
  [
    'names in public and pg_temp that ours could find',
    'create function public.current_query() returns text language plpgsql as $$ begin perform public.spy(); return $a$create publication a for all tables$a$; end $$',
    'create function public.format(text, variadic text[]) returns text language plpgsql as $$ begin perform public.spy(); return $1; end $$',
    'create function pg_temp.coalesce_text(text) returns text language sql as $$ select $1 $$',
    'set search_path = public, pg_catalog',
    'create publication a for table public.spy',
    'create extension postgres_fdw',
    CREATE_TRIGGER('sql_drop'),
    'drop table public.spy',
  ],
  [
    'a function of an extension that is replaced',
    `create or replace function extensions.digest(text, text) returns bytea language sql as $$ select public.spy()::text::bytea $$`,
    'create extension pgjwt with schema extensions',
    `select extensions.sign('{}', 'secret')`,
  ],
  [
    'the schema of internal functions',
    'create function _stack.mine() returns void language sql as $$ select 1 $$',
    'alter function _stack.check_script() security invoker',
    'select _stack.restore_roles()',
    'update _stack.reserved_roles set rolsuper = true',
  ],
  [
    'the owner of a table of Auth',
    'reassign owned by supabase_auth_admin to postgres',
    'create trigger t before insert on auth.users execute function public.spy()',
  ],
  [
    'memberships',
    'grant supabase_admin to postgres',
    'set role supabase_admin',
    'set session authorization supabase_admin',
    'grant pg_write_server_files to postgres',
    'create role escalated superuser',
    'alter role postgres superuser',
  ],
  [
    'files and programs',
    `copy public.spy to program 'true'`,
    `copy public.spy from '/etc/passwd'`,
    `select pg_read_file('/etc/passwd')`,
    `select lo_import('/etc/passwd')`,
    `alter system set log_statement = 'all'`,
    `load '/tmp/x.so'`,
  ],
])('%s', async (_title, ...statements) => {
  const { spied, superusers } = await attack(statements);
  expect(superusers).toEqual(['supabase_admin']);
  expect(spied.filter((who) => who !== 'postgres')).toEqual([]);
});

test('an event trigger of postgres fires for the superuser as postgres', async () => {
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  await client.query(CREATE_TRIGGER('ddl_command_end'));
  await client.query('create extension tablefunc');
  const { rows } = await client.query('select distinct who from public.spy');
  await client.query('drop event trigger spy');
  await client.end();
  expect(rows).toEqual([{ who: 'postgres' }]);
});
