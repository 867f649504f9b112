import { describe, expect, test } from 'vitest';
import type { OutgoingMessage } from '../../../app/messages/outgoing-message.ts';
import { buildRows } from '../../../app/messages/rows.ts';
import { makeMessage } from '../../helpers/message.ts';

const outgoing: OutgoingMessage = {
  id: 'o1',
  channelId: 'c1',
  body: 'On its way',
  replyTo: null,
  mentions: [],
  images: [],
  files: [],
  createdAt: '2026-11-22T12:00:30.000Z',
  state: 'sending',
};

describe('buildRows', () => {
  test('puts unsent messages after stored ones', () => {
    const rows = buildRows([makeMessage(1)], [outgoing], 'me', undefined);
    expect(rows.map((row) => row.key)).toEqual(['m1', 'o1']);
    expect(rows[1]).toMatchObject({ authorId: 'me', message: undefined, outgoing });
  });

  test('shows a message once when it is stored and still in the outbox', () => {
    const rows = buildRows([makeMessage(1, { id: 'o1' })], [outgoing], 'me', undefined);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.outgoing).toBeUndefined();
  });

  test('groups messages of one person within five minutes', () => {
    const later = makeMessage(3, { created_at: '2026-11-22T12:09:00.000Z' });
    const other = makeMessage(4, { author_id: 'u2', created_at: '2026-11-22T12:09:01.000Z' });
    const rows = buildRows([makeMessage(1), makeMessage(2), later, other], [], 'me', undefined);
    expect(rows.map((row) => row.startsGroup)).toEqual([true, false, true, true]);
  });

  test('starts a group at a reply, so that its author is shown', () => {
    const rows = buildRows([makeMessage(1), makeMessage(2, { reply_to: 'm1' })], [], 'me', undefined);
    expect(rows[1]?.startsGroup).toBe(true);
  });

  test('marks the first message of each day', () => {
    const nextWeek = makeMessage(3, { created_at: '2026-11-29T12:00:00.000Z' });
    const rows = buildRows([makeMessage(1), makeMessage(2), nextWeek], [], 'me', undefined);
    expect(rows.map((row) => row.startsDay)).toEqual([true, false, true]);
  });

  test("marks the first unread message after one's own", () => {
    const messages = [makeMessage(1), makeMessage(2, { author_id: 'me' }), makeMessage(3), makeMessage(4)];
    const rows = buildRows(messages, [], 'me', 0);
    expect(rows.map((row) => row.isFirstUnread)).toEqual([false, false, true, false]);
  });

  test('marks no message as unread once the reader has answered', () => {
    const messages = [makeMessage(1), makeMessage(2)];
    const answer = makeMessage(3, { author_id: 'me' });
    const unread = (rows: ReturnType<typeof buildRows>): boolean => rows.some((row) => row.isFirstUnread);
    expect(unread(buildRows(messages, [], 'me', 0))).toBe(true);
    expect(unread(buildRows(messages, [outgoing], 'me', 0))).toBe(false);
    expect(unread(buildRows([...messages, answer], [], 'me', 0))).toBe(false);
  });
});
