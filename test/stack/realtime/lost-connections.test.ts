import { readFile, rm, mkdtemp, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel } from '@supabase/supabase-js';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collector, subscribed, type Collector } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// Realtime's own connections are ended, as an administrator or `pg_terminate_backend` does it: its subscribers lose nothing.

const MIGRATION = `
create table public.items (id int primary key, name text);
alter table public.items enable row level security;
create policy everybody on public.items for select using (true);
alter publication supabase_realtime add table public.items;
create policy listen on realtime.messages for select using (true);
create policy speak on realtime.messages for insert with check (true);
`;

let stack: TestStack;
let dataDir: string;
let admin: pg.Client;
let writer: pg.Client;
let last = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'realtime-data-'));
  // PostgreSQL does not run as root; its user needs access.
  await chmod(dataDir, 0o755);
  stack = await startTestStack({ 'supabase/migrations/1_items.sql': MIGRATION }, { dataDir });
  const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim();
  admin = new pg.Client(stack.dbUrl.replace('postgres:postgres@', `supabase_admin:${password}@`));
  writer = new pg.Client(stack.dbUrl);
  await Promise.all([admin.connect(), writer.connect()]);
});

afterAll(async () => {
  await Promise.all([admin.end(), writer.end()]);
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Which connections, and what ends them or their statement. */
const KINDS: Readonly<Record<string, string>> = {
  replication: `pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'`,
  queries: `pg_terminate_backend(pid) from pg_stat_activity
    where usename = 'postgres' and application_name = 'vite-plugin-supabase'`,
  'running queries, cancelled': `pg_cancel_backend(pid) from pg_stat_activity
    where usename = 'postgres' and application_name = 'vite-plugin-supabase'`,
  all: `pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'vite-plugin-supabase' and pid <> pg_backend_pid()`,
};

interface Listener {
  readonly received: Collector<number>;
  readonly states: Collector<string>;
}

/** Follows the table; resolves at once. */
function listen(filter?: string): Listener {
  const received = collector<number>();
  const states = collector<string>();
  stack
    .client()
    .channel(`items ${filter}`)
    .on(
      'postgres_changes',
      { event: 'INSERT', schema: 'public', table: 'items', ...(filter !== undefined && { filter }) },
      (change) => received.add(change.new.id as number),
    )
    .on('system', {}, ({ status, message }: { status: string; message: string }) =>
      states.add(`${status}: ${message}`),
    )
    .subscribe();
  return { received, states };
}

async function insert(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    last += 1;
    await writer.query('insert into items values ($1, $2)', [last, `item ${last}`]);
  }
}

const KILLS = 15;

/** Ends connections again and again during the work, with time for some statements in between. */
async function disturb(kind: string, work: Promise<unknown>): Promise<void> {
  for (let i = 0; i < KILLS; i++) {
    await admin.query(`select ${KINDS[kind]}`);
    await delay(20);
  }
  await work;
}

async function waitUntilSubscribed({ states }: Listener): Promise<void> {
  while ((await states.next()) !== 'ok: Subscribed to PostgreSQL');
}

test.each(Object.keys(KINDS))('subscribers miss and repeat no change while these end: %s', async (kind) => {
  // A change in the text's pattern is compared by the database.
  const listeners = [listen(), listen('name=like.item%'), listen(`id=gt.0`)];
  await Promise.all(listeners.map(waitUntilSubscribed));
  const first = last + 1;
  await disturb(kind, insert(200));
  await insert(1);
  const expected = Array.from({ length: 201 }, (_, i) => first + i);
  for (const { received } of listeners) {
    const ids: number[] = [];
    while (ids.at(-1) !== last) ids.push(await received.next());
    expect(ids).toEqual(expected);
  }
});

test.each(Object.keys(KINDS))('who joins while these end is served: %s', async (kind) => {
  const listeners: Listener[] = [];
  const joins = async (): Promise<void> => {
    for (const filter of [undefined, 'name=like.item%', 'id=gt.0', 'name=neq.x', 'id=lt.100000']) {
      const listener = listen(filter);
      listeners.push(listener);
      await waitUntilSubscribed(listener);
    }
  };
  await disturb(kind, joins());
  await insert(1);
  for (const { received } of listeners) {
    await expect.poll(() => received.all.at(-1), { timeout: 10_000 }).toBe(last);
  }
});

test('a private channel is joined, and written to, while the connections for its policies end', async () => {
  const { data } = await stack.client().auth.signUp({ email: 'a@example.com', password: 'password' });
  const client = stack.client();
  await client.realtime.setAuth(data.session?.access_token ?? '');
  const heard = collector<unknown>();
  // The official client joins again by itself after an error.
  const join = (i: number): Promise<RealtimeChannel> =>
    new Promise((resolve) => {
      const channel = client.channel(`private-${i}`, {
        config: { private: true, broadcast: { self: true } },
      });
      channel
        .on('broadcast', { event: 'x' }, ({ payload }) => heard.add(payload))
        .subscribe((status) => {
          if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) resolve(channel);
        });
    });
  const joins = Promise.all(Array.from({ length: 5 }, (_, i) => join(i)));
  await disturb('queries', joins);
  for (const [i, channel] of (await joins).entries()) {
    await channel.send({ type: 'broadcast', event: 'x', payload: { i } });
    expect(await heard.next()).toEqual({ i });
  }
});

test('a broadcast from the database arrives although the connection of its delivery ends', async () => {
  const { data } = await stack.client().auth.signUp({ email: 'b@example.com', password: 'password' });
  const client = stack.client();
  await client.realtime.setAuth(data.session?.access_token ?? '');
  const heard = collector<unknown>();
  const channel = client.channel('from-database', { config: { private: true } });
  channel.on('broadcast', { event: 'x' }, ({ payload }) => heard.add((payload as { i: number }).i));
  await subscribed(channel);
  const send = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      await writer.query(
        `select realtime.send(jsonb_build_object('i', $1::int), 'x', 'from-database', true)`,
        [i],
      );
    }
  };
  await disturb('all', send());
  for (let i = 0; i < 100; i++) expect(await heard.next()).toBe(i);
});
