import type { RealtimePostgresChangesPayload } from '@supabase/supabase-js';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readRecording, type Scenario } from '../../helpers/realtime/recording.ts';
import { startTestStack } from '../../helpers/stack.ts';

const MIGRATION = `
create table public.items_full (id serial primary key, name text, qty int);
alter table public.items_full replica identity full;
alter publication supabase_realtime add table public.items_full;
`;

const STATEMENTS = [
  `insert into items_full (id, name, qty) values (4, 'n4', 4), (5, 'n5', 5), (6, 'n6', 6), (7, null, 7)`,
  'update items_full set qty = 50 where id = 5',
  'update items_full set qty = 5 where id = 5',
  'delete from items_full',
];

type Change = RealtimePostgresChangesPayload<{ id: number; qty: number; name: string | null }>;

test('filters changes like the real server, for every operator', async () => {
  const { scenarios } = await readRecording<{ scenarios: Scenario[] }>('frames-v2.json');
  const expected = scenarios.find(({ name }) => name === 'pg-filters-ok')?.summary ?? {};
  await using stack = await startTestStack({ 'supabase/migrations/1_items.sql': MIGRATION });
  const db = new pg.Client(stack.dbUrl);
  await db.connect();
  const client = stack.client();
  const received: Record<string, string[]> = {};
  const isDone = deferred();

  const filters = Object.keys(expected);
  for (const [i, filter] of filters.entries()) {
    received[filter] = [];
    const ready = deferred();
    client
      .channel(`filter-${i}`)
      .on(
        'postgres_changes',
        { event: '*', schema: 'public', table: 'items_full', filter },
        (change: Change) => {
          const row = change.eventType === 'DELETE' ? change.old : change.new;
          received[filter]?.push(
            `${change.eventType} ${JSON.stringify({ id: row.id, qty: row.qty, name: row.name })}`,
          );
          // The last change.
          if (filter === 'name=is.null' && change.eventType === 'DELETE') isDone.resolve();
        },
      )
      .on('system', {}, (message: { status: string; message: string }) =>
        message.status === 'ok' ? ready.resolve() : ready.reject(new Error(message.message)),
      )
      .subscribe();
    await ready.promise;
  }
  for (const statement of STATEMENTS) await db.query(statement);
  await isDone.promise;
  await db.end();
  // All messages of one change are sent together: the next reply arrives after them.
  await new Promise<void>((resolve) => client.channel('barrier').subscribe(() => resolve()));
  expect(received).toEqual(expected);
});

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let settle: [() => void, (error: Error) => void] | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = [resolve, reject]));
  return { promise, resolve: () => settle?.[0](), reject: (error) => settle?.[1](error) };
}
