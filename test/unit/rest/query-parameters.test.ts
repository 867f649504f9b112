import { describe, expect, test } from 'vitest';
import { parseQueryParameters } from '../../../plugin/stack/rest/parse/query-parameters.ts';
import { RestError } from '../../../plugin/stack/rest/http/rest-error.ts';

function parse(query: string, isCall = false): ReturnType<typeof parseQueryParameters> {
  return parseQueryParameters(query, isCall);
}

function failure(query: string): { message: string; details: unknown } {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof RestError) return { message: error.message, details: error.details };
    throw error;
  }
  throw new Error(`${query} was accepted`);
}

describe('select', () => {
  test('reads columns with aliases, JSON paths, casts and aggregates', () => {
    const [first, second] = parse('select=year:info->dates->>-1::int,price.sum()::text').select;
    expect(first).toMatchObject({
      alias: 'year',
      cast: 'int',
      field: {
        name: 'info',
        path: [
          { arrow: '->', operand: { key: 'dates' } },
          { arrow: '->>', operand: { index: '-1' } },
        ],
      },
    });
    expect(second).toMatchObject({ field: { name: 'price' }, aggregate: 'sum', aggregateCast: 'text' });
  });

  test('reads embedded resources with hints, joins and spreads, to any depth', () => {
    const [first, second] = parse('select=a:clients!fk!inner(id,...owner(*)),"odd name"').select;
    expect(first).toMatchObject({
      kind: 'relation',
      name: 'clients',
      alias: 'a',
      hint: 'fk',
      join: 'inner',
      select: [{ kind: 'field' }, { kind: 'relation', name: 'owner', spread: true }],
    });
    expect(second).toMatchObject({ kind: 'field', field: { name: 'odd name' } });
  });

  test.each([
    [
      'clients(name[])',
      13,
      `unexpected '[' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input`,
    ],
    ['data->>-78xy', 11, `unexpected 'x' expecting digit, "->", "::", ".", "," or end of input`],
    ['name::', 7, 'unexpected end of input expecting letter or digit'],
  ])('reports the position of the error in %s and what was expected', (select, column, details) => {
    expect(failure(`select=${select}`)).toEqual({
      message: `"failed to parse select parameter (${select})" (line 1, column ${column})`,
      details,
    });
  });

  test('rejects nesting that is too deep', () => {
    expect(failure(`select=${'a('.repeat(101)}`).details).toBe('nested more than 100 levels deep');
  });
});

describe('filters', () => {
  test('reads operators, negation, lists, quantifiers and paths', () => {
    const { filters } = parse('a.b->c=not.in.(1,"x,\\"y",)&d=like(any).{a*,b}&e=fts(german).katze');
    expect(filters).toMatchObject([
      {
        path: ['a'],
        value: { field: { name: 'b' }, negated: true, operation: { kind: 'in', values: ['1', 'x,"y', ''] } },
      },
      { value: { operation: { operator: 'like', quantifier: 'any', value: '{a*,b}' } } },
      { value: { operation: { operator: 'fts', language: 'german', value: 'katze' } } },
    ]);
  });

  test('reads the rest of the parameter as the value, reserved characters included', () => {
    const [filter] = parse('a=eq.b.c,(d)%26e=f').filters;
    expect(filter?.value.operation).toMatchObject({ value: 'b.c,(d)&e=f' });
  });

  test.each([
    ['id=foo.1', 'foo.1', 1, 'unexpected "f" expecting "not" or operator (eq, gt, ...)'],
    ['id=is.foo', 'is.foo', 5, 'unexpected "o" expecting isVal: (null, not_null, true, false, unknown)'],
  ])('reports what is wrong with %s', (query, text, column, details) => {
    expect(failure(query).message).toBe(`"failed to parse filter (${text})" (line 1, column ${column})`);
    expect(failure(query).details).toBe(details);
  });

  test('reads parameters without an operator as arguments of a function call', () => {
    const { args, filters } = parse('a=1&b=eq.2&c=eqx', true);
    expect(args).toEqual([
      ['a', '1'],
      ['c', 'eqx'],
    ]);
    expect(filters).toHaveLength(1);
  });
});

describe('logic, order and ranges', () => {
  test('reads boolean expressions with their negations', () => {
    const [tree] = parse('clients.not.or=(a.eq.1,and(b.gt."x,y",c.not.is.null))').logic;
    expect(tree).toMatchObject({
      path: ['clients'],
      value: {
        operator: 'or',
        negated: true,
        operands: [
          { kind: 'filter' },
          {
            operator: 'and',
            operands: [{ operation: { value: 'x,y' } }, { negated: true, operation: { kind: 'is' } }],
          },
        ],
      },
    });
  });

  test('reads orders by own and related columns', () => {
    expect(parse('order=a.desc.nullslast,clients(name)').order[0]?.value).toMatchObject([
      { field: { name: 'a' }, direction: 'desc', nulls: 'nullslast' },
      { relation: 'clients', field: { name: 'name' }, direction: undefined },
    ]);
  });

  test('combines limit and offset of one resource and ignores values that are not numbers', () => {
    const { ranges } = parse('limit=5&offset=10&clients.limit=2&clients.offset=x');
    expect(ranges.get('')?.value).toEqual({ lower: 10, upper: 14 });
    expect(ranges.get('clients')).toEqual({ path: ['clients'], value: { lower: 0, upper: 1 } });
  });
});
