import { expect, test } from 'vitest';
import { CsvError, formatCsv, parseCsv } from '../../../plugin/studio/rows/csv.ts';

const fieldsOf = (text: string) => parseCsv(text).map(({ fields }) => fields);

test.each([
  ['', []],
  ['a', [['a']]],
  ['a,b\r\n', [['a', 'b']]],
  [
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['a\rb', [['a'], ['b']]],
  ['\uFEFFa,b', [['a', 'b']]],
  [',\n', [[null, null]]],
  ['"",', [['', null]]],
  ['"a,""b""\r\nc",d', [['a,"b"\r\nc', 'd']]],
  ['a"b,c', [['a"b', 'c']]],
  [' a , "b" ', [[' a ', ' "b" ']]],
  ['a\n\n\nb\n', [['a'], ['b']]],
])('%j is read', (text, records) => {
  expect(fieldsOf(text)).toEqual(records);
});

test.each([
  ['"a', 1],
  ['a\n"b"c', 2],
  ['"a\n\nb"x', 3],
])('%j is refused on line %d', (text, line) => {
  expect(() => parseCsv(text)).toThrow(CsvError);
  expect(() => parseCsv(text)).toThrow(expect.objectContaining({ line }) as Error);
});

test('records tell the line on which they begin', () => {
  expect(parseCsv('a\n"b\n\nc"\r\n\nd').map(({ line }) => line)).toEqual([1, 2, 6]);
});

test('what is written is read as it was', () => {
  const odd = [null, '', ' ', ',', '"', '""', '\n', '\r\n', 'ä😀', 'null', "'", '\t', '=1+1'];
  for (const one of odd)
    for (const other of odd) expect(fieldsOf(formatCsv([one, other, 'x']))).toEqual([[one, other, 'x']]);
});
