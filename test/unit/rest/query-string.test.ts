import { expect, test } from 'vitest';
import { canonicalQuery, parseQueryString } from '../../../plugin/stack/rest/parse/query-string.ts';

test('sorts and encodes the parameters of Content-Location', () => {
  const query = parseQueryString('select=a,b&b=is.null&b=eq.x+y&d');
  expect(canonicalQuery(query)).toBe('b=is.null,eq.x%20y&d=&select=a%2Cb');
});

test('accepts malformed percent-encoding', () => {
  expect(parseQueryString('a=%zz&b=%c3%28&c=%C3%A9')).toEqual([
    { key: 'a', value: '%zz' },
    { key: 'b', value: '\uFFFD(' },
    { key: 'c', value: 'é' },
  ]);
});
