import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PresenceTracker } from '../../../app/live/presence-tracker.ts';

describe('PresenceTracker', () => {
  let tracked: { readonly at: number; readonly channelId: string | null }[];
  let signalled: (string | null)[];
  let tracker: PresenceTracker;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    tracked = [];
    signalled = [];
    tracker = new PresenceTracker(
      ({ channelId }) => tracked.push({ at: Date.now(), channelId }),
      ({ channelId }) => signalled.push(channelId),
    );
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('publishes a new channel after 250 ms', () => {
    tracker.onJoined();
    tracker.watch('a');
    vi.advanceTimersByTime(1_000);
    tracker.watch('b');
    vi.advanceTimersByTime(1_000);
    expect(tracked).toEqual([
      { at: 250, channelId: 'a' },
      { at: 1_250, channelId: 'b' },
    ]);
    expect(signalled).toEqual([]);
  });

  test('publishes neither channels passed through nor the same channel twice', () => {
    tracker.onJoined();
    tracker.watch('a');
    vi.advanceTimersByTime(1_000);
    tracker.watch('b');
    vi.advanceTimersByTime(100);
    tracker.watch('c');
    vi.advanceTimersByTime(100);
    tracker.watch('a');
    vi.advanceTimersByTime(10_000);
    expect(tracked.map(({ channelId }) => channelId)).toEqual(['a']);
  });

  test('makes at most five calls in 30 seconds, signals the rest, and ends with the last channel', () => {
    tracker.onJoined();
    for (let i = 0; i < 60; i += 1) {
      tracker.watch(`channel ${i}`);
      vi.advanceTimersByTime(1_000);
      const last = [...tracked.map(({ channelId }) => channelId), ...signalled];
      expect(last).toContain(`channel ${i}`);
    }
    vi.advanceTimersByTime(31_000);
    for (const { at } of tracked) {
      const inWindow = tracked.filter((other) => other.at >= at && other.at < at + 30_000);
      expect(inWindow.length).toBeLessThanOrEqual(5);
    }
    expect(tracked.at(-1)?.channelId).toBe('channel 59');
  });

  test('signals a return to the channel in presence', () => {
    tracker.onJoined();
    for (const channel of ['a', 'b', 'c', 'd', 'e', 'f']) {
      tracker.watch(channel);
      vi.advanceTimersByTime(1_000);
    }
    expect(signalled).toEqual(['f']);
    tracker.watch('e');
    vi.advanceTimersByTime(1_000);
    expect(signalled).toEqual(['f', 'e']);
    vi.advanceTimersByTime(60_000);
    expect(tracked.at(-1)?.channelId).toBe('e');
    expect(tracked).toHaveLength(5);
  });

  test('publishes again and resets the count after every join, and nothing in between', () => {
    tracker.watch('a');
    vi.advanceTimersByTime(1_000);
    expect(tracked).toEqual([]);
    tracker.onJoined();
    vi.advanceTimersByTime(1_000);
    tracker.watch('b');
    tracker.onLost();
    vi.advanceTimersByTime(60_000);
    tracker.onJoined();
    vi.advanceTimersByTime(1_000);
    expect(tracked.map(({ channelId }) => channelId)).toEqual(['a', 'b']);
  });
});
