import { describe, expect, test } from 'vitest';
import { encodeValue, type JsonKind } from '../../../plugin/stack/realtime/changes/json-values.ts';

const CASES: readonly (readonly [JsonKind, string | null, string | undefined])[] = [
  ['number', '9223372036854775807', '9223372036854775807'],
  ['number', '12345678901234567890.123456789', '12345678901234567890.123456789'],
  ['number', '1e+20', '100000000000000000000'],
  ['number', '-1.25e+01', '-12.5'],
  ['number', '1.5e-07', '0.00000015'],
  ['number', 'NaN', 'null'],
  ['number', '-Infinity', 'null'],
  ['boolean', 't', 'true'],
  ['text', 'a "quoted" ä😀', '"a \\"quoted\\" ä😀"'],
  ['text', null, 'null'],
  ['char', 'ch', '"c"'],
  ['char', '😀x', '"😀"'],
  ['bytea', '\\xdeadbeef', '"deadbeef"'],
  ['json', '{"a": 1.50}', '{"a": 1.50}'],
  ['timestamp', '2026-01-02 03:04:05.678901', '"2026-01-02T03:04:05.678901"'],
  ['timestamptz', '2026-01-02 01:04:05+00', '"2026-01-02T01:04:05+00:00"'],
  ['timestamptz', '0044-03-15 00:00:00+00 BC', '"0044-03-15T00:00:00+00:00 BC"'],
  ['timestamptz', 'infinity', '"infinity"'],
  [{ elements: 'number' }, '{1,NULL,3}', '[1, null, 3]'],
  [{ elements: 'number' }, '{NaN}', '["NaN"]'],
  [{ elements: 'text' }, '{}', '[]'],
  [{ elements: 'text' }, '{a,"b \\"q\\", {c}","NULL",NULL}', '["a", "b \\"q\\", {c}", "NULL", null]'],
  [{ elements: 'number' }, '{{1,2},{3,4}}', '[[1, 2], [3, 4]]'],
  [{ elements: 'number' }, '[0:1]={1,2}', '[1, 2]'],
  ['database', '(1,2)', undefined],
  [{ elements: 'database' }, '{"(1,2)"}', undefined],
];

describe('encodeValue', () => {
  test.each(CASES)('encodes %j %s as %s', (kind, value, expected) => {
    expect(encodeValue(kind, value)).toBe(expected);
  });
});
