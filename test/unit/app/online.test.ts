import { describe, expect, test } from 'vitest';
import { OnlineLog } from '../../../app/live/online.ts';

const present = (people: Record<string, string | null>) =>
  new Map(Object.entries(people).map(([id, channelId]) => [id, [{ channelId }]]));

describe('OnlineLog', () => {
  test("shows the channel of each person's last page", () => {
    const online = new OnlineLog().setPresence(
      new Map([
        ['anna', [{ channelId: 'a' }, { channelId: 'b' }]],
        ['ben', [{ channelId: null }]],
      ]),
    );
    expect(Object.fromEntries(online)).toEqual({ anna: 'b', ben: null });
  });

  test("follows a signal until this person's presence changes", () => {
    const log = new OnlineLog();
    log.setPresence(present({ anna: 'a', ben: 'a' }));
    expect(log.noteSignal({ userId: 'anna', channelId: 'b' }).get('anna')).toBe('b');
    expect(log.setPresence(present({ anna: 'a', ben: 'b' })).get('anna')).toBe('b');
    expect(log.setPresence(present({ anna: 'c', ben: 'b' })).get('anna')).toBe('c');
  });

  test('does not treat a signal as presence, and drops the signals of people who have left', () => {
    const log = new OnlineLog();
    expect(log.noteSignal({ userId: 'anna', channelId: 'b' }).has('anna')).toBe(false);
    log.setPresence(present({ anna: 'a' }));
    log.noteSignal({ userId: 'anna', channelId: 'b' });
    expect(log.setPresence(present({})).has('anna')).toBe(false);
    expect(log.setPresence(present({ anna: 'a' })).get('anna')).toBe('a');
  });
});
