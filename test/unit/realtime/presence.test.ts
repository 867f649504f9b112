import { describe, expect, test, vi } from 'vitest';
import { Presence, PresenceBudget } from '../../../plugin/stack/realtime/topics/presence.ts';

interface Meta {
  readonly phx_ref: string;
  readonly phx_ref_prev?: string;
}
type State = Record<string, { metas: Meta[] }>;

function setUp(budget = 1_000_000): { presence: Presence<object>; diffs: { joins: State; leaves: State }[] } {
  const diffs: { joins: State; leaves: State }[] = [];
  const publish = (diff: string): number => diffs.push(JSON.parse(diff));
  return { presence: new Presence(publish, new PresenceBudget(budget)), diffs };
}

describe('Presence', () => {
  test('publishes two hundred simultaneous joins as one diff', () => {
    const { presence, diffs } = setUp();
    for (let i = 0; i < 200; i++) presence.track({}, `user-${i}`, { i });
    presence.flush();
    expect(diffs).toHaveLength(1);
    expect(Object.keys(diffs[0]?.joins ?? {})).toHaveLength(200);
  });

  test('publishes the changes of a large topic at intervals, the first of them at once', () => {
    vi.useFakeTimers({
      toFake: ['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout', 'performance'],
    });
    try {
      const { presence, diffs } = setUp();
      for (let i = 0; i < 5_000; i++) presence.track({}, `user-${i}`, {});
      vi.advanceTimersByTime(0);
      expect(diffs).toHaveLength(1);
      for (let i = 0; i < 100; i++) {
        presence.track({}, `late-${i}`, {});
        vi.advanceTimersByTime(4);
      }
      expect(diffs).toHaveLength(1);
      expect(Object.keys(JSON.parse(presence.state()))).toHaveLength(5_000);
      vi.advanceTimersByTime(101);
      expect(diffs).toHaveLength(2);
      expect(Object.keys(diffs[1]?.joins ?? {})).toHaveLength(100);
      expect(Object.keys(JSON.parse(presence.state()))).toHaveLength(5_100);
    } finally {
      vi.useRealTimers();
    }
  });

  test('publishes nothing for a presence that is tracked and untracked at once', () => {
    const { presence, diffs } = setUp();
    const owner = {};
    presence.track(owner, 'a', {});
    presence.untrack(owner);
    presence.flush();
    expect(diffs).toEqual([]);
    expect(presence.state()).toBe('{}');
  });

  test('replaces a meta by leave and join, and refers to the previous one', () => {
    const { presence, diffs } = setUp();
    const owner = {};
    presence.track(owner, 'a', { n: 1 });
    presence.flush();
    presence.track(owner, 'a', { n: 2, phx_ref: 'forged' });
    presence.flush();
    const first = diffs[0]?.joins.a?.metas[0]?.phx_ref;
    expect(diffs[1]?.leaves.a?.metas).toMatchObject([{ phx_ref: first, n: 1 }]);
    expect(diffs[1]?.joins.a?.metas).toMatchObject([{ phx_ref_prev: first, n: 2 }]);
    expect(diffs[1]?.joins.a?.metas[0]?.phx_ref).not.toBe('forged');
  });

  test('keeps one meta per owner under a shared key', () => {
    const { presence } = setUp();
    presence.track({}, '__proto__', { n: 1 });
    presence.track({}, '__proto__', { n: 2 });
    presence.flush();
    expect(presence.state()).toMatch(/^\{"__proto__":\{"metas":\[\{"n":1,.*\},\{"n":2,.*\}\]\}\}$/);
  });

  test('refuses what its budget does not allow, until others have left', () => {
    const { presence } = setUp(500);
    const [first, second] = [{}, {}];
    const large = { text: 'x'.repeat(300) };
    expect(presence.track(first, 'a', large)).toBe(true);
    expect(presence.track(second, 'b', large)).toBe(false);
    expect(presence.track(first, 'a', { text: 'y'.repeat(350) })).toBe(true);
    presence.untrack(first);
    expect(presence.track(second, 'b', large)).toBe(true);
  });
});
