import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// pg-safeupdate in what a request runs inside the database: functions, and triggers of the tables it writes.

let stack: TestStack;
let direct: pg.Client;

const FUNCTIONS = `
  create function wipe() returns void language plpgsql as $$ begin delete from t; end $$;
  create function wipe_sql() returns void language sql as $$ delete from public.t $$;
  create function wipe_atomic() returns void begin atomic delete from t; end;
  create function reset_notes() returns void language plpgsql as $$ begin update t set note = 'where'; end $$;
  create function wipe_in_cte() returns bigint language sql as $$ with gone as (delete from t returning *) select count(*) from gone $$;
  create function wipe_using() returns void language plpgsql as $$ begin delete from t using t as other; end $$;
  create function update_subselect() returns void language plpgsql as $$
    begin update t set note = (select max(note) from t as o where o.id = t.id); end $$;
  create function wipe_dynamic(name text) returns void language plpgsql as $$ begin execute format('delete from %I', name); end $$;
  create function wipe_concatenated(name text) returns void language plpgsql as $$ begin execute 'delete from ' || quote_ident(name); end $$;
  create function wipe_nested() returns void language plpgsql as $$ begin perform wipe(); end $$;
  create function wipe_deeper() returns void language sql as $$ select wipe_nested() $$;
  create function wipe_definer() returns void language plpgsql security definer set search_path = '' as $$ begin delete from public.t; end $$;
  create function wipe_if(everything boolean) returns text language plpgsql as $$
    begin if everything then delete from t; else delete from t where id = 3; end if; return 'done'; end $$;
  create function wipe_then_fail() returns void language plpgsql as $$ begin delete from t; raise exception 'later'; end $$;
  create function fail_then_wipe() returns void language plpgsql as $$ begin raise exception 'earlier'; delete from t; end $$;
  create function wipe_view() returns void language plpgsql as $$ begin delete from v; end $$;
  create function wipe_all() returns void language plpgsql as $$ begin delete from t where true; end $$;
  create function talk() returns text language plpgsql as $$
    begin perform 1 from t for update; return 'delete from t; update t'; end $$;
  create function upsert() returns void language sql as $$
    insert into t values (1, 'again') on conflict (id) do update set note = excluded.note $$;
  create function do_block() returns void language plpgsql as $$ begin execute 'do $d$ begin update t set id = id; end $d$'; end $$;
  create procedure wipe_procedure() language plpgsql as $$ begin delete from t; end $$;
  create function call_procedure() returns void language plpgsql as $$ begin call wipe_procedure(); end $$;`;

beforeAll(async () => {
  stack = await startTestStack({
    'supabase/migrations/1_a.sql': `
      create table t (id int primary key, note text);
      create view v as select * from t where id > 0;
      create table log (id int primary key);
      create table plain (id int primary key);
      insert into plain values (1);
      ${FUNCTIONS}
      create function forget() returns trigger language plpgsql as $$ begin delete from t; return null; end $$;
      create trigger forget after insert on log for each statement execute function forget();
      create function add_log() returns void language sql as $$ insert into log values (1) $$;`,
  });
  direct = new pg.Client(stack.dbUrl);
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await stack.stop();
});

async function refill(): Promise<void> {
  await direct.query(`delete from t; insert into t values (1, 'a'), (2, 'b'); truncate log`);
}

async function count(): Promise<number> {
  const { rows } = await direct.query<{ n: number }>('select count(*)::int as n from t');
  return rows[0]?.n ?? -1;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function request(path: string, body: unknown = {}, method = 'POST', accept = '*/*'): Promise<Answer> {
  const response = await fetch(`${stack.url}/rest/v1${path}`, {
    method,
    headers: { apikey: stack.secretKey, 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

const refused = (command: string): Answer => ({
  status: 400,
  body: { code: '21000', details: null, hint: null, message: `${command} requires a WHERE clause` },
});

test.each<[call: string, args: object, command: string]>([
  ['wipe', {}, 'DELETE'],
  ['wipe_sql', {}, 'DELETE'],
  ['wipe_atomic', {}, 'DELETE'],
  ['reset_notes', {}, 'UPDATE'],
  ['wipe_in_cte', {}, 'DELETE'],
  ['wipe_using', {}, 'DELETE'],
  ['update_subselect', {}, 'UPDATE'],
  ['wipe_dynamic', { name: 't' }, 'DELETE'],
  ['wipe_concatenated', { name: 't' }, 'DELETE'],
  ['wipe_nested', {}, 'DELETE'],
  ['wipe_deeper', {}, 'DELETE'],
  ['wipe_definer', {}, 'DELETE'],
  ['wipe_if', { everything: true }, 'DELETE'],
  ['wipe_then_fail', {}, 'DELETE'],
  ['wipe_view', {}, 'DELETE'],
  ['do_block', {}, 'UPDATE'],
  ['call_procedure', {}, 'DELETE'],
  ['add_log', {}, 'DELETE'],
])('%s %j is refused, each time', async (call, args, command) => {
  await refill();
  for (let time = 0; time < 3; time += 1)
    expect(await request(`/rpc/${call}`, args)).toEqual(refused(command));
  expect(await count()).toBe(2);
  // As a single object, which has a check of its own.
  expect(await request(`/rpc/${call}`, args, 'POST', 'application/vnd.pgrst.object+json')).toEqual(
    refused(command),
  );
});

test.each<[call: string, args: object, answer: Answer, left: number]>([
  ['wipe_if', { everything: false }, { status: 200, body: 'done' }, 2],
  ['wipe_all', {}, { status: 204, body: null }, 0],
  ['talk', {}, { status: 200, body: 'delete from t; update t' }, 2],
  ['upsert', {}, { status: 204, body: null }, 2],
])('%s %j goes through', async (call, args, answer, left) => {
  await refill();
  for (let time = 0; time < 3; time += 1) expect(await request(`/rpc/${call}`, args)).toEqual(answer);
  expect(await count()).toBe(left);
});

test('an earlier error counts', async () => {
  expect(await request('/rpc/fail_then_wipe')).toMatchObject({ status: 400, body: { message: 'earlier' } });
});

test('a write to a table whose trigger does it is refused', async () => {
  await refill();
  expect(await request('/log', { id: 1 })).toEqual(refused('DELETE'));
  expect(await count()).toBe(2);
  expect(await request('/plain?id=eq.1', { id: 2 }, 'PATCH')).toEqual({ status: 204, body: null });
});

test('a function counts as it is now', async () => {
  await refill();
  const replace = (body: string): Promise<unknown> =>
    direct.query(
      `create or replace function changing() returns void language plpgsql as $$ begin ${body}; end $$; select pg_sleep(0)`,
    );
  await replace('perform 1');
  await expect.poll(() => request('/rpc/changing'), { timeout: 10_000 }).toMatchObject({ status: 204 });
  await replace('delete from t');
  await expect.poll(() => request('/rpc/changing'), { timeout: 10_000 }).toEqual(refused('DELETE'));
  await replace('delete from t where false');
  await expect.poll(() => request('/rpc/changing'), { timeout: 10_000 }).toMatchObject({ status: 204 });
});

test('direct connections are free', async () => {
  await refill();
  await direct.query('select wipe()');
  expect(await count()).toBe(0);
});
