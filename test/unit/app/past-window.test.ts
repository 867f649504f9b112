import { describe, expect, test } from 'vitest';
import { PastWindow } from '../../../app/messages/past-window.ts';
import { makeMessage } from '../../helpers/message.ts';

const positions = (past: PastWindow): number[] => past.messages.map(({ position }) => position);

describe('PastWindow', () => {
  test('grows on both sides', () => {
    const past = new PastWindow([makeMessage(10), makeMessage(11)], true);
    past.prepend([makeMessage(8), makeMessage(9)], false);
    past.append([makeMessage(12)]);
    expect([positions(past), past.hasOlder]).toEqual([[8, 9, 10, 11, 12], false]);
    expect([past.oldestPosition, past.newestPosition]).toEqual([8, 12]);
  });

  test('takes newer revisions of its own messages only', () => {
    const past = new PastWindow([makeMessage(10)], true);
    const before = past.messages;
    past.update([makeMessage(99)]);
    expect(past.messages).toBe(before);
    past.update([makeMessage(10, { revision: 12, body: 'new' })]);
    past.update([makeMessage(10, { revision: 11, body: 'old' })]);
    expect(past.find('m10')?.body).toBe('new');
  });
});
