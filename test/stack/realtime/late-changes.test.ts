import { createClient } from '@supabase/supabase-js';
import pg from 'pg';
import { expect, test } from 'vitest';
import ws from 'ws';
import { startTestStack } from '../../helpers/stack.ts';

// PostgreSQL's walsender can miss the wakeup of a commit that follows others closely: with these statements in about one of
// a hundred rounds, more often under load.
const ROUNDS = 200;
const LATE_MS = 2_000;

test('delivers every change in time although the walsender misses wakeups', async () => {
  await using stack = await startTestStack({});
  const db = new pg.Client(stack.dbUrl);
  await db.connect();
  await db.query(
    'create table public.first (n int primary key); alter publication supabase_realtime add table first',
  );
  const client = createClient(stack.url, stack.publishableKey, { realtime: { transport: ws as never } });
  const arrivals = new Map<number, () => void>();
  await new Promise<void>((resolve) => {
    client
      .channel('late')
      .on('postgres_changes', { event: 'INSERT', schema: 'public' }, ({ new: row }) =>
        arrivals.get((row as { n: number }).n)?.(),
      )
      .on('system', {}, ({ status, extension }: { status: string; extension: string }) => {
        if (status === 'ok' && extension === 'postgres_changes') resolve();
      })
      .subscribe();
  });
  const delays: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const arrived = new Promise<void>((resolve) => arrivals.set(n, resolve));
    await db.query(`create table public.t${n} (n int primary key)`);
    await db.query(`grant select on public.t${n} to anon`);
    await db.query(`alter publication supabase_realtime add table public.t${n}`);
    await db.query(`insert into public.t${n} values (${n})`);
    const committed = performance.now();
    await arrived;
    delays.push(performance.now() - committed);
  }
  expect(delays.filter((delay) => delay > LATE_MS)).toEqual([]);
  await client.removeAllChannels();
  await db.end();
});
