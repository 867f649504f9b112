import type { SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collector, subscribed, watchTable } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const ALICE = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';

const MIGRATION = `
create table public.notes (id bigint generated always as identity primary key, owner uuid, body text);
alter table public.notes enable row level security;
create policy "owners read" on public.notes for select to authenticated using (owner = auth.uid());
create table public.items (id int primary key, name text, qty int);
alter publication supabase_realtime add table public.notes, public.items;
create policy "rooms are readable" on realtime.messages for select to authenticated
  using (realtime.topic() like 'room-%');
create policy "rooms are writable" on realtime.messages for insert to authenticated
  with check (realtime.topic() like 'room-%' and realtime.topic() <> 'room-readonly');
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

function sign(sub: string): Promise<string> {
  return new SignJWT({ role: 'authenticated', sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(stack.jwtSecret));
}

async function userClient(sub: string): Promise<SupabaseClient> {
  const client = stack.client(undefined, { accessToken: () => sign(sub) });
  // The first join of supabase-js carries the token only after setAuth.
  await client.realtime.setAuth();
  return client;
}

describe('supabase-js', () => {
  test('broadcasts between two clients', async () => {
    const received = collector<unknown>();
    const listener = stack.client().channel('chat');
    listener.on('broadcast', { event: 'hello' }, (message) => received.add(message.payload));
    await subscribed(listener);
    const sender = await subscribed(stack.client().channel('chat', { config: { broadcast: { ack: true } } }));
    expect(await sender.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } })).toBe('ok');
    expect(await received.next()).toEqual({ n: 1 });
  });

  test('reports presence', async () => {
    const joins = collector<string>();
    const leaves = collector<string>();
    const watcher = stack.client().channel('lobby', { config: { presence: { key: 'watcher' } } });
    watcher
      .on('presence', { event: 'join' }, ({ key }) => joins.add(key))
      .on('presence', { event: 'leave' }, ({ key }) => leaves.add(key));
    await subscribed(watcher);
    const guest = stack.client();
    const channel = await subscribed(guest.channel('lobby', { config: { presence: { key: 'guest' } } }));
    await channel.track({ online: true });
    expect(await joins.next()).toBe('guest');
    expect(watcher.presenceState()).toMatchObject({ guest: [{ online: true }] });
    await guest.removeAllChannels();
    expect(await leaves.next()).toBe('guest');
  });

  test('delivers inserts, updates and deletes of a table', async () => {
    const changes = await watchTable(stack.client(), 'items');
    await db.query(`insert into items values (1, 'one', 1)`);
    expect(await changes.next()).toMatchObject({
      eventType: 'INSERT',
      new: { id: 1, name: 'one', qty: 1 },
      errors: null,
    });
    await db.query('update items set qty = 2 where id = 1');
    expect(await changes.next()).toMatchObject({ eventType: 'UPDATE', new: { qty: 2 }, old: { id: 1 } });
    await db.query('delete from items where id = 1');
    expect(await changes.next()).toMatchObject({ eventType: 'DELETE', old: { id: 1 } });
  });

  test('delivers rows only to clients that may read them under row level security', async () => {
    const [alice, bob, anon] = await Promise.all([
      watchTable(await userClient(ALICE), 'notes'),
      watchTable(await userClient(BOB), 'notes'),
      watchTable(stack.client(), 'notes'),
    ]);
    await db.query(
      `insert into notes (owner, body) values ('${BOB}', 'for bob'), ('${ALICE}', 'for alice'), ('${BOB}', 'again')`,
    );
    expect(await alice.next()).toMatchObject({ new: { body: 'for alice' } });
    expect(await bob.next()).toMatchObject({ new: { body: 'for bob' } });
    expect(await bob.next()).toMatchObject({ new: { body: 'again' } });
    expect(alice.all).toHaveLength(1);
    expect(anon.all).toHaveLength(0);
  });

  test('authorizes private channels by policies', async () => {
    const received = collector<unknown>();
    const bob = (await userClient(BOB)).channel('room-1', { config: { private: true } });
    bob.on('broadcast', { event: '*' }, (message) => received.add(message));
    await subscribed(bob);
    const alice = await subscribed(
      (await userClient(ALICE)).channel('room-1', { config: { private: true } }),
    );
    await alice.send({ type: 'broadcast', event: 'hi', payload: { from: 'alice' } });
    expect(await received.next()).toMatchObject({ event: 'hi', payload: { from: 'alice' } });
    await expect(subscribed(stack.client().channel('room-1', { config: { private: true } }))).rejects.toThrow(
      'You do not have permissions to read from this Channel topic: room-1',
    );
  });

  test('delivers broadcasts from the database', async () => {
    const received = collector<unknown>();
    const channel = (await userClient(ALICE)).channel('room-db', { config: { private: true } });
    channel.on('broadcast', { event: 'note' }, (message) => received.add(message));
    await subscribed(channel);
    await db.query(`select realtime.send('{"n": 1}', 'note', 'room-db')`);
    expect(await received.next()).toMatchObject({ event: 'note', payload: { n: 1 } });
  });
});
