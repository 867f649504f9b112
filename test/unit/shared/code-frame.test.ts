import { expect, test } from 'vitest';
import { codeFrame, locate, offsetOf } from '../../../plugin/shared/code-frame.ts';

test('locate counts lines and columns from 1, and offsetOf is its inverse', () => {
  expect(locate('ab\ncd', 0)).toEqual({ line: 1, column: 1 });
  expect(locate('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
  for (let offset = 0; offset <= 7; offset += 1) {
    const { line, column } = locate('ab\r\n\ncd', offset);
    expect(offsetOf('ab\r\n\ncd', line, column)).toBe(offset);
  }
});

test.each(['\n', '\r\n'])('codeFrame marks the line and the column, with line ends %j', (end) => {
  const text = ['one', 'two', 'three'].join(end);
  expect(codeFrame(text, text.indexOf('wo'))).toBe('  1 | one\n> 2 | two\n    |  ^\n  3 | three');
});
