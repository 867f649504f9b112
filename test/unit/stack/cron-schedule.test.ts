import { expect, test } from 'vitest';
import { nextRun, parseSchedule } from '../../../plugin/stack/database-jobs/cron-schedule.ts';

test.each([
  ['* * * * *', '2026-11-29T08:19:05Z', '2026-11-29T08:20:00Z'],
  ['*/5 * * * *', '2026-11-29T08:20:00Z', '2026-11-29T08:25:00Z'],
  ['30 3 * * *', '2026-11-29T08:19:05Z', '2026-11-30T03:30:00Z'],
  ['0 0 1 * *', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z'],
  ['0 12 $ * *', '2026-02-01T00:00:00Z', '2026-02-28T12:00:00Z'],
  ['0 9-17/4 * * mon-fri', '2026-11-27T17:30:00Z', '2026-11-30T09:00:00Z'],
  ['0 0 13 * 5', '2026-11-29T00:00:00Z', '2026-12-04T00:00:00Z'],
  ['0 0 29 2 *', '2026-11-29T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['5,10 0 * jan,feb 7', '2026-11-29T00:00:00Z', '2027-01-03T00:05:00Z'],
  ['@hourly', '2026-11-29T08:19:05Z', '2026-11-29T09:00:00Z'],
  ['@weekly', '2026-11-29T08:19:05Z', '2026-12-06T00:00:00Z'],
  ['2 seconds', '2026-11-29T08:19:05Z', '2026-11-29T08:19:07Z'],
])('%s after %s: %s', (text, after, expected) => {
  const schedule = parseSchedule(text);
  expect(schedule && new Date(nextRun(schedule, Date.parse(after)) ?? 0)).toEqual(new Date(expected));
});

test.each(['0 0 31 2 *', '@reboot'])('%s never comes', (text) => {
  const schedule = parseSchedule(text);
  expect(schedule && nextRun(schedule, 0)).toBe(undefined);
});

test.each([
  '',
  '* * * *',
  '60 * * * *',
  '* * 0 * *',
  '* * * 13 *',
  '*/0 * * * *',
  '5-1 * * * *',
  '0 seconds',
  '60 seconds',
  '@constructor',
  'a b c d e',
])('refuses "%s"', (text) => {
  expect(parseSchedule(text)).toBe(undefined);
});
