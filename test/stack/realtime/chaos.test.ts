import { createClient, REALTIME_SUBSCRIBE_STATES, type SupabaseClient } from '@supabase/supabase-js';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startStack, type Stack } from '../../../plugin/start-stack.ts';
import { makeProject } from '../../helpers/project.ts';

const CLIENTS = 20;
const INSERTS = 2_000;
const MIGRATION = `
create table public.messages (seq int primary key, body text);
alter publication supabase_realtime add table public.messages;
`;

/** A client that follows a table like an application: it subscribes, and reads what it missed after every join. */
class Listener {
  readonly #client: SupabaseClient;
  readonly shown: Map<number, number> = new Map();
  /** What arrived live, one list per join. */
  readonly joins: number[][] = [];
  readonly #sockets: WebSocket[] = [];
  #wake: () => void = () => {};

  constructor(stack: Stack) {
    const sockets = this.#sockets;
    class TrackedWebSocket extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        sockets.push(this);
      }
    }
    this.#client = createClient(stack.url, stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: TrackedWebSocket as never, reconnectAfterMs: () => 50 },
    });
    this.#client
      .channel('messages')
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages' }, ({ new: row }) => {
        this.joins.at(-1)?.push(row.seq as number);
        this.#show(row.seq as number);
      })
      .on('system', {}, ({ status }: { status: string }) => {
        if (status === 'ok') void this.#catchUp();
      })
      .subscribe((status) => {
        if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) this.joins.push([]);
      });
  }

  /** Resolves once all rows up to `last` are shown. */
  async complete(last: number): Promise<void> {
    while (this.shown.size < last) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  disconnect(): void {
    this.#sockets.at(-1)?.terminate();
  }

  async close(): Promise<void> {
    await this.#client.removeAllChannels();
    await this.#client.realtime.disconnect();
  }

  async #catchUp(): Promise<void> {
    const join = this.joins.length;
    let from = 0;
    while (join === this.joins.length) {
      const { data, error } = await this.#client
        .from('messages')
        .select('seq')
        .gt('seq', from)
        .order('seq')
        .limit(500);
      if (data?.length === 0) return;
      // Its backend was killed, or the stack is down: retry.
      if (error) await delay(50);
      for (const { seq } of data ?? []) if (!this.shown.has(seq)) this.#show(seq);
      from = data?.at(-1)?.seq ?? from;
    }
  }

  #show(seq: number): void {
    this.shown.set(seq, (this.shown.get(seq) ?? 0) + 1);
    this.#wake();
  }
}

async function write(stack: Stack, from: number, to: number, listeners: readonly Listener[]): Promise<void> {
  const db = new pg.Client(stack.dbUrl);
  await db.connect();
  for (let seq = from; seq <= to; seq++) {
    await db.query('insert into messages (seq, body) values ($1, $2)', [seq, `message ${seq}`]);
    if (seq % 40 === 0) listeners[(seq / 40) % (CLIENTS / 2)]?.disconnect();
    if (seq % 250 === 0) {
      await db.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and usename in ('authenticator', 'postgres')`);
    }
  }
  await db.end();
}

test('loses, repeats and reorders nothing while sockets are closed, backends are killed and the stack restarts', async () => {
  await using project = await makeProject({ 'supabase/migrations/1_messages.sql': MIGRATION });
  const first = await startStack({ root: project.root, port: 0, dbPort: 0 });
  const listeners = Array.from({ length: CLIENTS }, () => new Listener(first));
  await write(first, 1, INSERTS / 2, listeners);
  await first.stop();
  const port = Number(new URL(first.url).port);
  await using second = await startStack({ root: project.root, port, dbPort: 0 });
  await write(second, INSERTS / 2 + 1, INSERTS, listeners);
  await Promise.all(listeners.map((listener) => listener.complete(INSERTS)));

  const all = Array.from({ length: INSERTS }, (_, i) => i + 1);
  for (const { shown, joins } of listeners) {
    expect([...shown.keys()].toSorted((a, b) => a - b)).toEqual(all);
    for (const live of joins) expect(live).toEqual(live.map((_, i) => (live[0] ?? 0) + i));
  }
  // Half of the clients were only disconnected by the restart.
  expect(listeners.at(-1)?.joins).toHaveLength(2);
  await Promise.all(listeners.map((listener) => listener.close()));
}, 180_000);
