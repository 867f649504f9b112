import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collector, subscribed } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const POLICIES = `
create policy "read" on realtime.messages for select to authenticated using (realtime.topic() like 'room%');
create policy "write" on realtime.messages for insert to authenticated with check (realtime.topic() like 'room%');
`;

let stack: TestStack;
let db: pg.Client;
/** May change the schema realtime. */
let admin: pg.Client;

beforeEach(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'supabase-partitions-'));
  stack = await startTestStack({ 'supabase/migrations/1_policies.sql': POLICIES }, { dataDir });
  db = new pg.Client(stack.dbUrl);
  await db.connect();
  const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim();
  const { host, port, pathname } = new URL(stack.dbUrl);
  admin = new pg.Client({
    host: host.split(':')[0],
    port: Number(port),
    database: pathname.slice(1),
    user: 'supabase_admin',
    password,
  });
  await admin.connect();
});

afterEach(async () => {
  await Promise.all([db.end(), admin.end()]);
  await stack.stop();
});

/** As after a sleep of five days: the daily partitions end before today. */
async function dropPartitions(pattern: string): Promise<void> {
  await admin.query(`do $$ declare name text; begin
    for name in select inhrelid::regclass from pg_inherits
      where inhparent = 'realtime.messages'::regclass and inhrelid::regclass::text ~ '${pattern}'
    loop execute 'drop table ' || name; end loop;
  end $$`);
}

async function member(): Promise<SupabaseClient> {
  const token = await new SignJWT({ role: 'authenticated', sub: '11111111-1111-4111-8111-111111111111' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(stack.jwtSecret));
  const client = stack.client(undefined, { accessToken: () => Promise.resolve(token) });
  await client.realtime.setAuth();
  return client;
}

async function joinPrivate(client: SupabaseClient): Promise<{ channel: RealtimeChannel; events: unknown[] }> {
  const events: unknown[] = [];
  const channel = client.channel('room', { config: { private: true, broadcast: { self: true } } });
  channel.on('broadcast', { event: '*' }, ({ event }: { event: string }) => events.push(event));
  return { channel: await subscribed(channel), events };
}

test('every kind of message works when the daily partitions end before today', async () => {
  await dropPartitions('messages_\\d');
  const { channel, events } = await joinPrivate(await member());
  await channel.send({ type: 'broadcast', event: 'socket', payload: {} });
  await expect.poll(() => events).toEqual(['socket']);
  await db.query(`select realtime.send('{}', 'function', 'room')`);
  await db.query(`select realtime.send_binary('x', 'bytes', 'room')`);
  await db.query(`insert into realtime.messages (topic, extension, event, payload, private)
    values ('room', 'broadcast', 'insert', '{}', true)`);
  await db.query(`begin; set local role authenticated; set local "realtime.topic" = 'room';
    insert into realtime.messages (topic, extension, event, payload, private)
      values ('room', 'broadcast', 'as user', '{}', true); commit`);
  await expect.poll(() => events).toEqual(['socket', 'function', 'bytes', 'insert', 'as user']);
  const { rows } = await db.query('select count(*)::int from realtime.messages');
  expect(rows).toEqual([{ count: 4 }]);
});

test('the next start makes partitions for the days without messages, and drops what is old', async () => {
  await dropPartitions('messages_\\d');
  await db.query(`select realtime.send('{}', 'kept', 'room')`);
  await db.query(
    `insert into realtime.messages (topic, extension, inserted_at) values ('room', 'broadcast', now() - interval '5 days')`,
  );
  await db.query('select _realtime.maintain_partitions()');
  const { rows } = await db.query(`
    select tableoid::regclass::text as partition, event from realtime.messages`);
  expect(rows).toEqual([{ partition: 'realtime.messages_default', event: 'kept' }]);
  const days = await db.query(`select from pg_inherits where inhparent = 'realtime.messages'::regclass`);
  expect(days.rowCount).toBe(5);
});

test('a fault of the database does not read as a missing permission', async () => {
  await dropPartitions('messages');
  const client = await member();
  const errors = collector<string>();
  client.channel('room', { config: { private: true } }).subscribe((_status, error) => {
    if (error) errors.add(error.message);
  });
  expect(await errors.next()).toContain('UnableToConnectToProject');
  await admin.query(`create table realtime.messages_default partition of realtime.messages default`);
  await joinPrivate(await member());
});
