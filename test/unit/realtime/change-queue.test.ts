import { describe, expect, test } from 'vitest';
import { ChangeQueue } from '../../../plugin/stack/realtime/wal/change-queue.ts';
import type { LogMessage, Relation } from '../../../plugin/stack/realtime/wal/pgoutput.ts';

const relation: Relation = { oid: 1, schema: 'public', table: 't', hasFullIdentity: false, columns: [] };

function begin(finalLsn: bigint): LogMessage {
  return { kind: 'begin', finalLsn, commitTime: new Date(0), xid: Number(finalLsn) };
}

function insert(id: number): LogMessage {
  return {
    kind: 'change',
    change: { type: 'INSERT', relation, row: [`${id}`], oldRow: undefined, bytes: 10 },
  };
}

function commit(endLsn: bigint): LogMessage {
  return { kind: 'commit', endLsn };
}

function push(queue: ChangeQueue, ...messages: LogMessage[]): void {
  for (const message of messages) queue.push(message);
}

function rows(queue: ChangeQueue): unknown[] {
  return queue.takeBatch().map(({ row }) => row?.[0]);
}

describe('ChangeQueue', () => {
  test('acknowledges a transaction only when all of its changes are delivered', () => {
    const queue = new ChangeQueue();
    push(queue, begin(10n), insert(1), commit(11n), begin(20n), insert(2));
    const batch = queue.takeBatch();
    expect(queue.delivered).toBe(0n);
    queue.markDelivered(batch);
    expect(queue.delivered).toBe(11n);
    push(queue, commit(21n));
    expect(queue.delivered).toBe(21n);
  });

  test('skips changes that it had before when the log repeats a transaction after a reconnect', () => {
    const queue = new ChangeQueue();
    push(queue, begin(10n), insert(1), insert(2));
    push(queue, begin(10n), insert(1), insert(2), insert(3), commit(11n));
    expect(rows(queue)).toEqual(['1', '2', '3']);
  });

  test('counts unwanted changes when it skips repeated ones', () => {
    const queue = new ChangeQueue();
    push(queue, begin(10n), { kind: 'change', change: undefined }, insert(2));
    push(queue, begin(10n), insert(1), insert(2), insert(3), commit(11n));
    expect(rows(queue)).toEqual(['2', '3']);
  });

  test('is full after many changes, and no longer once they are taken', () => {
    const queue = new ChangeQueue();
    push(queue, begin(10n), ...Array.from({ length: 3000 }, (_, i) => insert(i)));
    expect(queue.isFull).toBe(true);
    while (!queue.isEmpty) queue.markDelivered(queue.takeBatch());
    expect(queue.isFull).toBe(false);
  });

  test('advances to the position of an idle server only when nothing is pending', () => {
    const queue = new ChangeQueue();
    push(queue, begin(10n), insert(1));
    queue.skipTo(100n);
    expect(queue.delivered).toBe(0n);
    push(queue, commit(11n));
    queue.markDelivered(queue.takeBatch());
    queue.skipTo(100n);
    expect(queue.delivered).toBe(100n);
  });
});
