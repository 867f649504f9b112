import type { SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchTable } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const ALICE = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';

const MIGRATION = `
create table public.notes (id int primary key, owner uuid, body text);
alter table public.notes enable row level security;
create policy own on public.notes for select to authenticated using (owner = auth.uid());

create table public.picky (id int primary key, body text);
alter table public.picky enable row level security;
create policy numbers on public.picky for select to authenticated using ((auth.jwt() ->> 'level')::int > 0);

create type public.address as (street text, number int);
create domain public.email as text check (value like '%@%');
create table public.contacts (id int primary key, home public.address, mail public.email, homes public.address[]);

create table public.pairs (a text, b numeric, body text, primary key (a, b));
alter table public.pairs enable row level security;
create policy marked on public.pairs for select to anon using (body <> 'hidden');

create table public.counted (id int primary key);
alter table public.counted enable row level security;
create sequence public.checks;
grant usage on sequence public.checks to anon, authenticated;
create policy counting on public.counted for select to anon using (nextval('public.checks') > 0);

alter publication supabase_realtime add table public.notes, public.picky, public.contacts, public.pairs, public.counted;
`;

let stack: TestStack;
let db: pg.Client;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_tables.sql': MIGRATION });
  db = new pg.Client(stack.dbUrl);
  await db.connect();
});

afterAll(async () => {
  await db.end();
  await stack.stop();
});

function sign(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ role: 'authenticated', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(stack.jwtSecret));
}

async function clientWith(claims: Record<string, unknown>): Promise<SupabaseClient> {
  const client = stack.client(undefined, { accessToken: () => sign(claims) });
  await client.realtime.setAuth();
  return client;
}

describe('row visibility', () => {
  test('follows the newest token of a channel', async () => {
    const client = await clientWith({ sub: BOB });
    const [changes, witness] = [
      await watchTable(client, 'notes'),
      await watchTable(stack.client(stack.serviceRoleKey), 'notes'),
    ];
    await db.query(`insert into notes values (1, '${ALICE}', 'before')`);
    expect(await witness.next()).toMatchObject({ new: { id: 1 } });
    await client.realtime.setAuth(await sign({ sub: ALICE }));
    // A new token is not acknowledged, so insert rows until it is in effect.
    await expect
      .poll(async () => {
        await db.query(`insert into notes select max(id) + 1, '${ALICE}', 'after' from notes`);
        return changes.all.length > 0;
      })
      .toBe(true);
    expect(changes.all[0]).toMatchObject({ new: { body: 'after' } });
  });

  test('stays the same, and no row is lost, while a user refreshes the token continuously', async () => {
    const client = await clientWith({ sub: ALICE });
    const changes = await watchTable(client, 'notes');
    const ids = Array.from({ length: 200 }, (_, i) => 1_000_000 + i);
    const refreshing = new AbortController();
    const refresh = async (): Promise<void> => {
      for (let i = 0; !refreshing.signal.aborted; i++) {
        await client.realtime.setAuth(await sign({ sub: ALICE, nonce: i }));
      }
    };
    const refreshed = refresh();
    for (const id of ids) await db.query('insert into notes values ($1, $2)', [id, ALICE]);
    refreshing.abort();
    await refreshed;
    await expect.poll(() => changes.all.map((change) => change.new.id), { timeout: 5_000 }).toEqual(ids);
  });

  test('is not affected by a policy that fails for another user', async () => {
    const [good, bad] = [
      await watchTable(await clientWith({ sub: ALICE, level: '1' }), 'picky'),
      await watchTable(await clientWith({ sub: BOB, level: 'not a number' }), 'picky'),
    ];
    await db.query(`insert into picky values (1, 'x'), (2, 'y')`);
    expect(await good.next()).toMatchObject({ new: { id: 1 } });
    expect(await good.next()).toMatchObject({ new: { id: 2 } });
    expect(bad.all).toEqual([]);
  });

  test('is checked for keys of several columns and of any type', async () => {
    const changes = await watchTable(stack.client(), 'pairs');
    await db.query(
      `insert into pairs values ('a''b', 1.50, 'hidden'), ('a"b', 1.5, 'shown'), ('ä', 1e3, 'shown too')`,
    );
    expect(await changes.next()).toMatchObject({ new: { a: 'a"b', b: 1.5, body: 'shown' } });
    expect(await changes.next()).toMatchObject({ new: { a: 'ä', b: 1000 } });
  });

  test('is checked once for subscribers with equal claims', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => watchTable(stack.client(), 'counted')));
    await db.query('insert into counted values (1)');
    for (const changes of all) expect(await changes.next()).toMatchObject({ new: { id: 1 } });
    const { rows } = await db.query('select last_value::int as checks from checks');
    expect(rows).toEqual([{ checks: 1 }]);
  });
});

test('encodes composite types, domains and arrays of them like the database', async () => {
  const changes = await watchTable(stack.client(), 'contacts');
  await db.query(
    `insert into contacts values (1, ('Main "St", 1', 5), 'a@b.c', array[('x', 1), (null, 2)]::public.address[])`,
  );
  expect(await changes.next()).toMatchObject({
    new: {
      home: { street: 'Main "St", 1', number: 5 },
      mail: 'a@b.c',
      homes: [
        { street: 'x', number: 1 },
        { street: null, number: 2 },
      ],
    },
  });
});

test('answers 503 when config.toml disables it', async () => {
  await using off = await startTestStack({}, { config: { realtime: { enabled: false } } });
  const response = await fetch(`${off.url}/realtime/v1/api/ping`);
  expect(response.status).toBe(503);
});
