import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// What stands in the migrations of public projects, as files of one project. Each stopped some project once; most also have
// a closer test in this folder.

const ON_USER = `create function public.on_user() returns trigger language plpgsql security definer set search_path = ''
  as $$ begin return new; end $$;`;
const WELCOME =
  'create trigger welcome after insert on auth.users for each row execute function public.on_user();';

let hook = '';
const received: string[] = [];
const server = createServer((req, res) => {
  req.on('data', (chunk: Buffer) => received.push(`${req.url} ${chunk.toString()}`));
  req.on('end', () => {
    res.end('{}');
    server.emit('received');
  });
});

const migrations = (): Record<string, string> => ({
  '01_user.sql': `${ON_USER} ${WELCOME}`,
  '02_user_again.sql': `drop trigger if exists welcome on auth.users; ${WELCOME}
    create policy own on auth.users for select to authenticated using (auth.uid() = id);`,
  '03_family.sql': `create table parent (id int primary key);
    create table child (id int primary key references parent);`,
  '04_event_trigger.sql': `create function public.rls_on() returns event_trigger language plpgsql as $$
      declare made record;
      begin
        for made in select object_identity from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' loop
          execute format('alter table %s enable row level security', made.object_identity);
        end loop;
      end $$;
    create event trigger rls_on on ddl_command_end when tag in ('CREATE TABLE') execute function public.rls_on();
    create table public.guarded (id int);
    drop event trigger rls_on;`,
  '05_publications.sql':
    'create publication sync for all tables; create publication s2 for tables in schema public;',
  '06_extension.sql': `create extension if not exists pg_trgm; alter extension pg_trgm set schema extensions;
    comment on extension pg_trgm is 'x'; drop extension pg_trgm;
    do $$ begin create extension if not exists moddatetime with schema extensions; end $$;`,
  '07_wrapper.sql': `create extension postgres_fdw with schema extensions;
    create server other foreign data wrapper postgres_fdw options (host '127.0.0.1');`,
  '08_concurrently.sql': `create index concurrently i1 on child (id); comment on index i1 is 'x';`,
  '09_statements.sql': `create extension if not exists pg_stat_statements with schema extensions;
    select count(*) from extensions.pg_stat_statements;`,
  '10_secret.sql': `create extension if not exists supabase_vault with schema vault; select vault.create_secret('v', 'n');`,
  '11_cron.sql': `create extension if not exists pg_cron with schema extensions; grant usage on schema cron to postgres;
    create table public.ticks (at timestamptz default now());
    select cron.schedule('tick', '2 seconds', $$insert into public.ticks default values$$);`,
  '12_net.sql': `create function public.tell() returns trigger language plpgsql as $$
      begin
        perform net.http_post(url := '${hook}', body := jsonb_build_object('id', new.id));
        return new;
      end $$;
    create trigger tell after insert on parent for each row execute function public.tell();`,
  '13_vector.sql': `create extension vector with schema extensions; create table d (id int, e extensions.vector(3));
    insert into d values (1, '[1, 2,3]');
    create index on d using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64);
    select e, e <=> '[1,2,3]' from d;`,
  '14_queue.sql': `create schema if not exists pgmq; create extension pgmq with schema pgmq;
    select pgmq.create('jobs'); select pgmq.send('jobs', '{"a":1}');`,
  '15_http.sql': `create extension if not exists http with schema extensions;
    create extension if not exists pg_jsonschema with schema extensions;
    create extension if not exists pg_hashids with schema extensions;
    create extension if not exists pgtap with schema extensions;`,
  'notes.sql': 'nonsense',
});

let stack: TestStack;
let client: pg.Client;
const warnings: string[] = [];

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const files = Object.entries(migrations()).map(([name, sql]) => [`supabase/migrations/${name}`, sql]);
  stack = await startTestStack(
    {
      ...(Object.fromEntries(files) as Record<string, string>),
      'supabase/roles.sql': 'create role reporting nologin;',
      'supabase/seed.sql': `set session_replication_role = replica;
        insert into child values (7); insert into parent values (7); set session_replication_role = default;`,
    },
    { logger: { ...silentLogger, warn: (text) => warnings.push(text) } },
  );
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
  server.closeAllConnections();
  server.close();
});

test('all of it is applied, and only the misnamed file is named', () => {
  expect(warnings).toEqual([expect.stringContaining('Skipping migration notes.sql')]);
});

test.each<[sql: string, ...values: unknown[]]>([
  [`select count(*)::int from pg_trigger where tgname = 'welcome'`, 1],
  [`select polroles::regrole[]::text from pg_policy where polname = 'own'`, '{authenticated}'],
  [`select relrowsecurity from pg_class where oid = 'public.guarded'::regclass`, true],
  [
    `select pubowner::regrole::text from pg_publication where pubname in ('s2', 'sync')`,
    'postgres',
    'postgres',
  ],
  [`select extname::text from pg_extension where extname in ('pg_trgm', 'moddatetime')`, 'moddatetime'],
  [`select srvname::text from pg_foreign_server`, 'other'],
  [`select obj_description('i1'::regclass)`, 'x'],
  [`select decrypted_secret from vault.decrypted_secrets where name = 'n'`, 'v'],
  [`select e::text from d`, '[1,2,3]'],
  [`select message ->> 'a' from pgmq.read('jobs', 0, 1)`, '1'],
  [`select rolname::text from pg_roles where rolname = 'reporting'`, 'reporting'],
  [`select id from child`, 7],
  [`select current_setting('session_replication_role')`, 'origin'],
  [`select extensions.id_encode(1001)`, 'jNl'],
])('%s', async (sql, ...values) => {
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
  expect(rows.flat()).toEqual(values);
});

test('a table of Auth stays closed', async () => {
  await expect(client.query('alter table auth.users add column x int')).rejects.toThrow(
    'must be owner of table users',
  );
});

test('a publication for all tables stops no worker: each table of the stack that it contains has a key', async () => {
  const { rows } = await client.query(`
    select schemaname || '.' || tablename as name from pg_publication_tables
    join pg_class on pg_class.oid = format('%I.%I', schemaname, tablename)::regclass
    where pubname = 'sync' and schemaname <> 'public' and relreplident = 'd'
      and not exists (select from pg_index where indrelid = pg_class.oid and indisprimary) order by 1`);
  // That of pgmq has none in the extension, either; the other one is never changed.
  expect(rows).toEqual([{ name: 'pgmq.meta' }, { name: 'vault._key' }]);
});

test('a job of pg_cron runs every two seconds', async () => {
  await expect
    .poll(async () => (await client.query('select from ticks')).rowCount, { timeout: 15_000 })
    .toBeGreaterThan(0);
  await client.query(`select cron.unschedule('tick')`);
});

test('a trigger sends its request after the commit, and none after a rollback', async () => {
  await client.query('begin; insert into parent values (1); rollback');
  await client.query('insert into parent values (2)');
  if (received.length === 0) await once(server, 'received');
  expect(received).toEqual(['/hook {"id": 2}']);
  await expect
    .poll(async () => (await client.query('select status_code from net._http_response')).rows, {
      timeout: 10_000,
    })
    .toEqual([{ status_code: 200 }]);
});
