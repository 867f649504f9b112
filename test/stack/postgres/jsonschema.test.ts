import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// pg_jsonschema and pg_hashids, by their public behaviour.

let stack: TestStack;
let client: pg.Client;

beforeAll(async () => {
  stack = await startTestStack({
    'supabase/migrations/1_a.sql': `
      create extension pg_jsonschema with schema extensions;
      create extension if not exists pg_hashids;
      create table public.customer (id serial primary key, metadata json, check (
        json_matches_schema(
          '{"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string", "maxLength": 16}}}}', metadata)));
      insert into public.customer (metadata) values ('{"tags": ["vip", "darkmode-ui"]}');`,
  });
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
});

async function value(sql: string, ...values: unknown[]): Promise<unknown> {
  const { rows } = await client.query<{ value: unknown }>(`select ${sql} as value`, values);
  return rows[0]?.value;
}

const errors = (schema: unknown, instance: unknown): Promise<unknown> =>
  value('jsonschema_validation_errors($1, $2)', JSON.stringify(schema), JSON.stringify(instance));

describe('pg_jsonschema', () => {
  test('a check constraint', async () => {
    await expect(
      client.query(`insert into public.customer (metadata) values ('{"tags": [1, 3]}')`),
    ).rejects.toThrow('new row for relation "customer" violates check constraint "customer_metadata_check"');
  });

  test.each([
    [{ type: 'string' }, 1, ['1 is not of type "string"']],
    [{ type: ['string', 'null'] }, 1, ['1 is not of types "string", "null"']],
    [{ type: 'integer' }, 1.0, []],
    [{ type: 'integer' }, 1.5, ['1.5 is not of type "integer"']],
    [{ maxLength: 4 }, '123456789', ['"123456789" is longer than 4 characters']],
    [{ minLength: 1 }, '', ['"" is shorter than 1 character']],
    [{ maxLength: 1 }, '💩', []],
    [{ pattern: '^\\d+$' }, '12a', ['"12a" does not match "^\\\\d+$"']],
    [{ pattern: '^[\\w-]+$' }, 'a_b-1', []],
    [{ pattern: '^\\w$' }, 'é', ['"é" does not match "^\\\\w$"']],
    [{ pattern: '^\\p{L}$' }, 'é', []],
    [
      { minimum: 3, multipleOf: 0.1 },
      2.95,
      ['2.95 is less than the minimum of 3', '2.95 is not a multiple of 0.1'],
    ],
    [{ exclusiveMaximum: 3 }, 3, ['3 is greater than or equal to the maximum of 3']],
    [{ enum: ['a', 'b'] }, 'c', ['"c" is not one of "a" or "b"']],
    [{ const: { a: [1] } }, { a: [2] }, ['{"a":[1]} was expected']],
    [{ required: ['a', 'b'] }, { a: 1 }, ['"b" is a required property']],
    [
      { properties: { a: {} }, additionalProperties: false },
      { b: 1 },
      ["Additional properties are not allowed ('b' was unexpected)"],
    ],
    [{ additionalProperties: { type: 'number' } }, { a: 'x' }, ['"x" is not of type "number"']],
    [{ patternProperties: { '^x-': { type: 'number' } } }, { 'x-a': 'y' }, ['"y" is not of type "number"']],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, ['"ab" is longer than 1 character']],
    [{ minProperties: 1, maxProperties: 1 }, {}, ['{} has less than 1 property']],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, ['"b" is a required property']],
    [
      { prefixItems: [{ type: 'number' }], items: false },
      [1, 2],
      ['Additional items are not allowed (2 was unexpected)'],
    ],
    [{ items: { type: 'number' }, uniqueItems: true }, [1, 1.0], ['[1,1] has non-unique elements']],
    [{ contains: { const: 1 }, minContains: 2 }, [1], ['None of [1] are valid under the given schema']],
    [{ minItems: 2 }, [1], ['[1] has less than 2 items']],
    [
      { anyOf: [{ type: 'number' }, { type: 'null' }] },
      'x',
      [`"x" is not valid under any of the schemas listed in the 'anyOf' keyword`],
    ],
    [
      { oneOf: [{ type: 'number' }, { minimum: 1 }] },
      2,
      [`2 is valid under more than one of the schemas listed in the 'oneOf' keyword`],
    ],
    [{ not: { type: 'string' } }, 'x', ['{"type":"string"} is not allowed for "x"']],
    [
      JSON.parse('{"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"multipleOf": 3}}'),
      7,
      ['7 is not a multiple of 2'],
    ],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, 1, ['1 is not of type "string"']],
    [{ $ref: '#a', $defs: { x: { $anchor: 'a', type: 'string' } } }, 1, ['1 is not of type "string"']],
    [
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { a: 1, b: 2 },
      ["Unevaluated properties are not allowed ('b' was unexpected)"],
    ],
    [
      { prefixItems: [{}], unevaluatedItems: false },
      [1, 'x'],
      ['Unevaluated items are not allowed ("x" was unexpected)'],
    ],
    [{ format: 'date' }, 'no date', []],
    [
      { $schema: 'http://json-schema.org/draft-07/schema#', format: 'date' },
      '2026-02-30',
      ['"2026-02-30" is not a "date"'],
    ],
    [
      { $schema: 'http://json-schema.org/draft-04/schema#', maximum: 3, exclusiveMaximum: true },
      3,
      ['3 is greater than or equal to the maximum of 3'],
    ],
    [true, 1, []],
    [false, 1, ['False schema does not allow 1']],
  ])('%j: %j', async (schema, instance, expected) => {
    expect(await errors(schema, instance)).toEqual(expected);
    const args = [JSON.stringify(schema), JSON.stringify(instance)];
    const isValid = expected.length === 0;
    expect(await value('json_matches_schema($1, $2)', ...args)).toBe(isValid);
    expect(await value('jsonb_matches_schema($1, $2)', ...args)).toBe(isValid);
    expect(await value('jsonb_matches_compiled_schema($1, $2)', ...args)).toBe(isValid);
  });

  test('a recursive schema', async () => {
    const tree = {
      type: 'object',
      required: ['v'],
      properties: { v: { type: 'number' }, next: { $ref: '#' } },
    };
    expect(await errors(tree, { v: 1, next: { v: 2, next: { v: 'x' } } })).toEqual([
      '"x" is not of type "number"',
    ]);
  });

  test('jsonschema_is_valid', async () => {
    const notices: (string | undefined)[] = [];
    client.on('notice', ({ message }) => notices.push(message));
    expect(await value(`jsonschema_is_valid('{"type": "object"}')`)).toBe(true);
    expect(await value(`jsonschema_is_valid('{"properties": {"a": {"type": "strin"}}}')`)).toBe(false);
    expect(await value(`jsonschema_is_valid('{"minLength": -1}')`)).toBe(false);
    expect(await value(`jsonschema_is_valid('[]')`)).toBe(false);
    expect(notices[0]).toBe('Invalid JSON schema at path: /properties/a/type');
    expect(await value(`json_matches_schema(null, '1')`)).toBeNull();
  });

  test('a reference that leads nowhere is an error', async () => {
    await expect(errors({ $ref: 'https://example.com/x' }, 1)).rejects.toThrow('https://example.com/x');
    await expect(errors({ $ref: '#/nothing' }, 1)).rejects.toThrow('#/nothing');
  });
});

describe('pg_hashids', () => {
  const ALPHABET = `'abcdefghijABCDxFGHIJ1234567890'`;
  test.each([
    ['id_encode(1001)', 'jNl'],
    [`id_encode(1234567, 'This is my salt')`, 'Pdzxp'],
    [`id_encode(1234567, 'This is my salt', 10)`, 'PlRPdzxpR7'],
    [`id_encode(1234567, 'This is my salt', 10, ${ALPHABET})`, '3GJ956J9B9'],
    [`id_encode(array[1, 2, 3]::bigint[])`, 'o2fXhV'],
    [`id_decode('PlRPdzxpR7', 'This is my salt', 10)`, ['1234567']],
    [`id_decode('3GJ956J9B9', 'This is my salt', 10, ${ALPHABET})`, ['1234567']],
    [
      `id_decode(id_encode(array[5, 0, 9223372036854775807], 's', 50), 's', 50)`,
      ['5', '0', '9223372036854775807'],
    ],
    [`id_decode_once('jNl')`, '1001'],
    [`hash_decode(hash_encode(77, 's', 5), 's', 5)`, 77],
  ])('%s', async (call, expected) => {
    expect(await value(call)).toEqual(expected);
  });

  test('refuses what is no hash', async () => {
    await expect(value(`id_decode('!!')`)).rejects.toMatchObject({ message: 'invalid hash', code: '22023' });
    await expect(value(`id_encode(1, 's', 0, 'abc')`)).rejects.toThrow('alphabet is too short');
  });
});
