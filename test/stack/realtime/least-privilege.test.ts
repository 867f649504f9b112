import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collector, subscribed } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

/** Code of a migration wherever Realtime runs some, which counts by whose rights it runs: sequences survive a rollback. */
const MIGRATION = `
create sequence public.as_superuser;
create sequence public.as_user;
create function public.note(place text) returns boolean language plpgsql security invoker as $$
begin
  begin
    reset role;
  exception when others then null;
  end;
  if exists (select from pg_roles where rolsuper and rolname in (current_user, session_user)) then
    perform nextval('public.as_superuser');
  else
    perform nextval('public.as_user');
  end if;
  return true;
end $$;
grant usage on sequence public.as_superuser, public.as_user to anon, authenticated, service_role;

create function public.to_char(date, text) returns text language plpgsql as $$
begin perform public.note('to_char'); return pg_catalog.to_char($1::timestamp, $2); end $$;
create function public.split_part(name, text, int) returns text language plpgsql as $$
begin perform public.note('split_part'); return ''; end $$;

create policy r on realtime.messages for select to anon using (public.note('policy'));
create policy w on realtime.messages for insert to anon with check (public.note('policy'));
create function public.on_message() returns trigger language plpgsql as $$
begin perform public.note('trigger'); return new; end $$;
create trigger t before insert on realtime.messages for each row execute function public.on_message();

create domain public.checked as text check (public.note('domain'));
create type public.pair as (a int, b int);
create function public.pair_eq(public.pair, public.pair) returns boolean language plpgsql as $$
begin return public.note('operator'); end $$;
create operator public.= (leftarg = public.pair, rightarg = public.pair, function = public.pair_eq);
create function public.pair_json(public.pair) returns json language plpgsql as $$
begin perform public.note('cast'); return '{"a":1}'; end $$;
create cast (public.pair as json) with function public.pair_json(public.pair);

create table public.items (id int primary key, d public.checked, p public.pair);
alter table public.items enable row level security;
create policy see on public.items for select to anon using (public.note('table policy'));
alter publication supabase_realtime add table public.items;
`;

let stack: TestStack;
let db: pg.Client;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_code.sql': MIGRATION });
  db = new pg.Client(stack.dbUrl);
  await db.connect();
});

afterAll(async () => {
  await db.end();
  await stack.stop();
});

async function counts(): Promise<{ superuser: boolean; user: number }> {
  const { rows } = await db.query(`
    select s.is_called as superuser, u.last_value::int as "user" from public.as_superuser s, public.as_user u`);
  return rows[0];
}

test('what a migration defines never runs with more rights than its author has', async () => {
  const client = stack.client();
  const rooms = ['read', 'write'].map((name) =>
    client.channel(name, { config: { private: true, broadcast: { self: true, ack: true } } }),
  );
  for (const room of rooms) await subscribed(room);
  expect(await rooms[0]?.send({ type: 'broadcast', event: 'e', payload: {} })).toBe('ok');
  const changes = collector<unknown>();
  const ready = collector<unknown>();
  const changesOf = client.channel('changes');
  for (const filter of ['d=eq.x', 'd=in.(x,y)', 'p=eq."(1,2)"', 'p=neq."(3,4)"'])
    changesOf.on(
      'postgres_changes',
      { event: '*', schema: 'public', table: 'items', filter },
      ({ new: row }) => changes.add(row),
    );
  changesOf.on('system', {}, (message: { message: string }) => ready.add(message.message));
  await subscribed(changesOf);
  expect(await ready.next()).toBe('Subscribed to PostgreSQL');
  const before = await counts();
  await db.query(`insert into items values (1, 'x', (1, 2))`);
  expect(await changes.next()).toMatchObject({ id: 1, d: 'x', p: { a: 1 } });
  await db.query('select _realtime.maintain_partitions()');
  const after = await counts();
  expect(after.superuser).toBe(false);
  expect(after.user).toBeGreaterThan(before.user);
});

test('internal functions have an empty search_path, no rights of a superuser, and are closed to the API', async () => {
  const { rows } = await db.query(`
    select prosecdef and rolsuper as superuser, 'search_path=""' = any (proconfig) as empty,
      has_function_privilege('anon', pg_proc.oid, 'execute') and has_schema_privilege('anon', pronamespace, 'usage') as open
    from pg_proc join pg_roles on pg_roles.oid = proowner where pronamespace = '_realtime'::regnamespace`);
  expect(rows.length).toBeGreaterThan(5);
  for (const row of rows) expect(row).toMatchObject({ superuser: false, empty: true, open: false });
});
