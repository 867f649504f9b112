import { expect, test } from 'vitest';
import { parseMediaType } from '../../../plugin/stack/rest/parse/media-type.ts';
import { parsePayload } from '../../../plugin/stack/rest/parse/payload.ts';

const parse = (text: string, mime: string): ReturnType<typeof parsePayload> =>
  parsePayload(Buffer.from(text), parseMediaType(mime), false, undefined);

test('requires objects with the same keys', () => {
  expect(parse('[{"b":1,"a":2},{"a":1,"b":2}]', 'application/json')).toMatchObject({ keys: ['a', 'b'] });
  expect(() => parse('[{"a":1},{"b":1}]', 'application/json')).toThrow('All object keys must match');
  expect(() => parse('{', 'application/json')).toThrow('Empty or invalid json');
  expect(() => parse('a', 'text/plain')).toThrow('Content-Type not acceptable: text/plain');
});

test('converts CSV to JSON, NULL to null', () => {
  expect(parse('a,b\r\n1,"x, ""y"""\nNULL,\n', 'text/csv')).toMatchObject({
    text: '[{"a":"1","b":"x, \\"y\\""},{"a":null,"b":""}]',
  });
  expect(() => parse('a,b\n1\n', 'text/csv')).toThrow('All lines must have same number of fields');
});
