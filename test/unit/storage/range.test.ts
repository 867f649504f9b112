import { expect, test } from 'vitest';
import { parseRange } from '../../../plugin/stack/storage/objects/range.ts';

test.each([
  ['bytes=0-4', 0, 4],
  ['bytes=5-', 5, 9],
  ['bytes=-3', 7, 9],
  ['bytes=-30', 0, 9],
  ['bytes=8-100', 8, 9],
])('%s of ten bytes', (text, start, end) => {
  expect(parseRange(text, 10)).toEqual({ start, end });
});

test.each(['bytes=0-99999999999999999999', 'bytes=-99999999999999999999', 'bytes=99999999999999999999-'])(
  'an offset beyond the safe integers is refused: %s',
  (text) => {
    expect(() => parseRange(text, 10)).toThrow('invalid range provided');
  },
);

test.each(['bytes=10-', 'bytes=5-4', 'bytes=-0', 'bytes=', 'bytes=-', 'bytes=0-1,3-4', 'items=0-1', 'x'])(
  '%s is refused',
  (text) => {
    expect(() => parseRange(text, 10)).toThrow('invalid range provided');
  },
);

test('an empty file has no range', () => {
  expect(() => parseRange('bytes=0-', 0)).toThrow('invalid range provided');
});
