import { describe, expect, test } from 'vitest';
import { readColumnsSql, readResultRow, writeColumnsSql } from '../../../plugin/stack/rest/sql/result-row.ts';

const namesIn = (sql: string): string[] =>
  sql.split(/ AS (\w+)(?:, |$)/).filter((_text, index) => index % 2 === 1);
const expressions = { page: 'count(*)', body: 'json_agg(t)', total: '7' };
const READ = namesIn(readColumnsSql(expressions));
const WRITE = namesIn(writeColumnsSql({ ...expressions, location: 'l', inserted: 'i' }));

describe.each([
  ['a read', READ, []],
  ['a write', WRITE, ['id=eq.1']],
])('the row of %s', (_name, columns, location) => {
  test('has each column at the position where the statement writes it', () => {
    const values: Readonly<Record<string, string | null>> = {
      total: '12',
      page: '3',
      location: '["id=eq.1"]',
      body: '[{"id":1}]',
      response_headers: '[]',
      response_status: '202',
      inserted: '2',
    };
    const row = columns.map((name) => values[name] ?? null);
    expect(readResultRow({ rows: [row], types: columns.map(() => 25) })).toEqual({
      total: 12,
      page: 3,
      location,
      body: '[{"id":1}]',
      responseHeaders: '[]',
      responseStatus: '202',
      inserted: 2,
    });
  });

  test('decodes the body by its type: bytes as bytes, jsonb in the binary format', () => {
    const read = (body: string, type: number): string | Buffer => {
      const row = columns.map((name) => (name === 'body' ? body : null));
      return readResultRow({ rows: [row], types: columns.map(() => type) }).body;
    };
    expect(read('\\x00ff', 17)).toEqual(Buffer.from([0, 255]));
    expect(read('{}', 3802)).toBe('\u0001{}');
  });
});

test('the body is where PostgREST has it, which EXPLAIN shows', () => {
  expect([READ.indexOf('body'), WRITE.indexOf('body')]).toEqual([2, 3]);
});
