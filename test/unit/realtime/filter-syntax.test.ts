import { describe, expect, test } from 'vitest';
import { parseFilters } from '../../../plugin/stack/realtime/changes/filter-syntax.ts';

describe('parseFilters', () => {
  test.each([
    ['subject=eq.hey', [{ column: 'subject', op: 'eq', value: 'hey', negate: false }]],
    ['subject=in.(hidee,ho)', [{ column: 'subject', op: 'in', value: '{hidee,ho}', negate: false }]],
    ['subject=not.like.hey%', [{ column: 'subject', op: 'like', value: 'hey%', negate: true }]],
    ['a=eq."x,y"', [{ column: 'a', op: 'eq', value: 'x,y', negate: false }]],
    ['a=eq."say \\"hi\\""', [{ column: 'a', op: 'eq', value: 'say "hi"', negate: false }]],
    ['  ', []],
    [
      'id=gt.0,id=lt.100',
      [
        { column: 'id', op: 'gt', value: '0', negate: false },
        { column: 'id', op: 'lt', value: '100', negate: false },
      ],
    ],
  ])('reads %s', (text, filters) => {
    expect(parseFilters(text)).toEqual({ filters });
  });

  test.each([
    ['subject=foo.hey', '["foo", "hey"]'],
    ['undefined', '["undefined"]'],
    ['a=eq', '["eq"]'],
    ['id=in.4', '`in` filter value must be wrapped by parentheses'],
    ['a=eq.1,', 'filter must not contain empty segments (check for extra commas)'],
  ])('refuses %s', (text, error) => {
    expect(parseFilters(text)).toEqual({ error });
  });
});
