import { describe, expect, test } from 'vitest';
import { Presence, type PresenceDiff } from '../../../plugin/stack/realtime/topics/presence.ts';

function setUp(): { presence: Presence<object>; diffs: PresenceDiff[] } {
  const diffs: PresenceDiff[] = [];
  return { presence: new Presence((diff) => diffs.push(structuredClone(diff))), diffs };
}

describe('Presence', () => {
  test('publishes two hundred simultaneous joins as one diff', () => {
    const { presence, diffs } = setUp();
    for (let i = 0; i < 200; i++) presence.track({}, `user-${i}`, { i });
    presence.flush();
    expect(diffs).toHaveLength(1);
    expect(Object.keys(diffs[0]?.joins ?? {})).toHaveLength(200);
  });

  test('publishes nothing for a presence that is tracked and untracked at once', () => {
    const { presence, diffs } = setUp();
    const owner = {};
    presence.track(owner, 'a', {});
    presence.untrack(owner);
    presence.flush();
    expect(diffs).toEqual([]);
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
    expect(Object.entries(presence.state())[0]?.[1].metas).toHaveLength(2);
  });
});
