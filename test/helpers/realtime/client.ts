import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js';
import { expect } from 'vitest';

/** Collects values in order; `next` returns the first one not returned before, or waits for it. */
export interface Collector<T> {
  add(value: T): void;
  next(): Promise<T>;
  readonly all: readonly T[];
}

export function collector<T>(): Collector<T> {
  const all: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  let taken = 0;
  return {
    all,
    add(value) {
      all.push(value);
      const resolve = waiting.shift();
      if (resolve) {
        taken++;
        resolve(value);
      }
    },
    next: () =>
      new Promise((resolve) => {
        if (taken >= all.length) waiting.push(resolve);
        else resolve(all[taken++] as T);
      }),
  };
}

/** Subscribes, and resolves once the channel is joined. */
export function subscribed(channel: RealtimeChannel): Promise<RealtimeChannel> {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) resolve(channel);
      else if (status !== REALTIME_SUBSCRIBE_STATES.CLOSED) reject(error ?? new Error(status));
    });
  });
}

/** A change as supabase-js passes it to listeners. */
export type Change = Readonly<Record<string, unknown>> & {
  readonly new: Readonly<Record<string, unknown>>;
  readonly old: Readonly<Record<string, unknown>>;
};

/** Collects the changes of a table in schema public; resolves once the server has confirmed the subscription. */
export async function watchTable(client: SupabaseClient, table: string): Promise<Collector<Change>> {
  const changes = collector<Change>();
  const ready = collector<Record<string, unknown>>();
  const channel = client
    .channel(`changes-${table}`)
    .on('postgres_changes', { event: '*', schema: 'public', table }, (change) =>
      changes.add(change as unknown as Change),
    )
    .on('system', {}, (message: Record<string, unknown>) => ready.add(message));
  await subscribed(channel);
  expect(await ready.next()).toMatchObject({ status: 'ok', message: 'Subscribed to PostgreSQL' });
  return changes;
}
