import { expect, test } from 'vitest';
import { parseGoDuration } from '../../../plugin/shared/go-duration.ts';

test.each([
  ['1h30m', 5_400_000],
  ['-2s', -2000],
  ['1.5m', 90_000],
  ['.5s', 500],
  ['250us', 0.25],
  ['0', 0],
  ['', undefined],
  ['5', undefined],
  ['1d', undefined],
])('parses %s as %s ms', (text, milliseconds) => {
  expect(parseGoDuration(text)).toBe(milliseconds);
});
