import { expect, test } from 'vitest';
import { RateCounter } from '../../../plugin/stack/realtime/topics/rate-counter.ts';

test('lets a burst pass and limits the average over a minute', () => {
  const counter = new RateCounter(100, 0);
  counter.add(5000, 1000);
  expect(counter.isExceeded(4000)).toBe(false);
  // 5,000 events in the two completed ticks: 500 per second.
  expect(counter.isExceeded(5000)).toBe(true);
  expect(counter.average(5000)).toBe(500);
  expect(counter.isExceeded(50_000)).toBe(false);
  expect(counter.average(70_000)).toBe(0);
});

test('drops old ticks after a long pause', () => {
  const counter = new RateCounter(1, 0);
  counter.add(1_000_000, 10);
  expect(counter.average(3_600_000)).toBe(0);
});
