import { describe, expect, test } from 'vitest';
import { MessageLog } from '../../../app/messages/message-log.ts';
import { makeMessage } from '../../helpers/message.ts';

const ids = (log: MessageLog): string[] => log.messages.map((message) => message.id);

function openLog(): MessageLog {
  const log = new MessageLog();
  log.reset([makeMessage(3), makeMessage(4), makeMessage(5)], true);
  return log;
}

describe('MessageLog', () => {
  test('starts with the newest page and the revision up to which it is complete', () => {
    const log = openLog();
    expect(ids(log)).toEqual(['m3', 'm4', 'm5']);
    expect(log).toMatchObject({ lastRevision: 5, oldestPosition: 3, newestPosition: 5, hasOlder: true });
  });

  test('adds the next live message and reports that nothing is missing', () => {
    const log = openLog();
    expect(log.apply(makeMessage(6))).toBe(true);
    expect(ids(log)).toEqual(['m3', 'm4', 'm5', 'm6']);
    expect(log.lastRevision).toBe(6);
  });

  test('adds a message that arrives too early and reports a gap until it has caught up', () => {
    const log = openLog();
    expect(log.apply(makeMessage(7))).toBe(false);
    expect(ids(log)).toEqual(['m3', 'm4', 'm5', 'm7']);
    expect(log.lastRevision).toBe(5);
    log.catchUp([makeMessage(6), makeMessage(7)]);
    expect(ids(log)).toEqual(['m3', 'm4', 'm5', 'm6', 'm7']);
    expect(log.lastRevision).toBe(7);
  });

  test('ignores a repeated change', () => {
    const log = openLog();
    log.apply(makeMessage(6));
    const before = log.messages;
    expect(log.apply(makeMessage(6))).toBe(true);
    expect(log.messages).toBe(before);
  });

  test('keeps the newest revision of a message, in whatever order they arrive', () => {
    const log = openLog();
    log.apply(makeMessage(4, { revision: 6, body: 'edited' }));
    log.apply(makeMessage(4, { revision: 4, body: 'as it was' }));
    expect(log.find('m4')?.body).toBe('edited');
    expect(ids(log)).toEqual(['m3', 'm4', 'm5']);
  });

  test('counts a change to an older message without adding it out of place', () => {
    const log = openLog();
    expect(log.apply(makeMessage(1, { revision: 6 }))).toBe(true);
    expect(ids(log)).toEqual(['m3', 'm4', 'm5']);
    log.prepend([makeMessage(1, { revision: 6 }), makeMessage(2)], false);
    expect(ids(log)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
    expect(log).toMatchObject({ hasOlder: false, lastRevision: 6 });
  });

  test('does not advance the revision for a page of history', () => {
    const log = openLog();
    log.prepend([makeMessage(2, { revision: 9 })], false);
    expect(log.lastRevision).toBe(5);
  });

  test('accepts a batch that contains a message twice', () => {
    const log = openLog();
    log.catchUp([makeMessage(6), makeMessage(6, { revision: 7, body: 'edited at once' })]);
    expect(ids(log)).toEqual(['m3', 'm4', 'm5', 'm6']);
    expect(log.find('m6')?.body).toBe('edited at once');
  });

  test('drops old messages and can load them again', () => {
    const log = openLog();
    log.prepend([makeMessage(1), makeMessage(2)], false);
    log.trim(2);
    expect(ids(log)).toEqual(['m4', 'm5']);
    expect(log.hasOlder).toBe(true);
    log.prepend([makeMessage(2), makeMessage(3)], true);
    expect(ids(log)).toEqual(['m2', 'm3', 'm4', 'm5']);
  });

  test('has the same order whatever the order of arrival', () => {
    const arrivals = [8, 6, 9, 7, 10].map((position) => makeMessage(position));
    const log = openLog();
    for (const message of arrivals) log.apply(message);
    log.catchUp(arrivals.toSorted((a, b) => a.revision - b.revision));
    expect(ids(log)).toEqual(['m3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10']);
    expect(log.lastRevision).toBe(10);
  });
});
