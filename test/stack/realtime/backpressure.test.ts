import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { collector, subscribed, watchTable } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const ROWS = 100_000;
const MIGRATION = `
create table public.rows (id int primary key, body text);
alter table public.rows enable row level security;
create policy "even rows" on public.rows for select to anon using (id % 2 = 0);
alter publication supabase_realtime add table public.rows;
`;

let stack: TestStack;
let db: pg.Client;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_rows.sql': MIGRATION });
  db = new pg.Client(stack.dbUrl);
  await db.connect();
});

afterAll(async () => {
  await db.end();
  await stack.stop();
});

/** A client that subscribes and then stops reading. */
async function stalledClient(): Promise<{ closed: Promise<unknown>; resume: () => void }> {
  const url = `${stack.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${stack.publishableKey}`;
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const bindings = [{ event: '*', schema: 'public', table: 'rows' }];
  socket.send(
    JSON.stringify(['1', '1', 'realtime:stalled', 'phx_join', { config: { postgres_changes: bindings } }]),
  );
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString().includes('Subscribed to PostgreSQL')) resolve();
    });
  });
  socket.pause();
  return { closed, resume: () => socket.resume() };
}

test('delivers a transaction of 100,000 rows in order, stays responsive and disconnects a client that does not read', async () => {
  const stalled = await stalledClient();
  const changes = await watchTable(stack.client(), 'rows');
  const ping = collector<number>();
  const echo = stack.client().channel('echo', { config: { broadcast: { self: true } } });
  echo.on('broadcast', { event: 'ping' }, () => ping.add(performance.now()));
  await subscribed(echo);

  const before = process.memoryUsage().rss;
  await db.query(`insert into rows select i, repeat('x', 100) from generate_series(1, ${ROWS}) i`);
  let peak = 0;
  let slowest = 0;
  for (let expected = 2; expected <= ROWS; expected += 2) {
    const change = await changes.next();
    if (change.new.id !== expected) throw new Error(`expected row ${expected}, got ${String(change.new.id)}`);
    if (expected % 5000 === 0) {
      peak = Math.max(peak, process.memoryUsage().rss - before);
      const sent = performance.now();
      await echo.send({ type: 'broadcast', event: 'ping', payload: {} });
      slowest = Math.max(slowest, (await ping.next()) - sent);
    }
  }
  // The test's own client keeps all changes in this process, too.
  expect(peak).toBeLessThan(400 * 1024 * 1024);
  expect(slowest).toBeLessThan(3000);
  stalled.resume();
  expect(await stalled.closed).toBe(1006);
}, 120_000);
