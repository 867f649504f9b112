import { expect, test } from 'vitest';
import { arrayLiteral, quoteIdentifier, quoteLiteral } from '../../../plugin/stack/rest/sql/quote.ts';

test('escapes every character that could end a name, a constant or an array', () => {
  expect(quoteIdentifier('a"; drop\u0000x')).toBe('"a""; drop"');
  expect(quoteLiteral("a'\\b")).toBe("E'a''\\\\b'");
  expect(arrayLiteral(['a"b\\', '', 'c,d'])).toBe('{"a\\"b\\\\","","c,d"}');
});
