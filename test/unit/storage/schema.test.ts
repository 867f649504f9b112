import { expect, test } from 'vitest';
import { checkSchema, type Schema } from '../../../plugin/stack/storage/http/schema.ts';

const LIMIT: Schema = {
  anyOf: [
    { type: 'integer', finite: true, nullable: true, minimum: 0 },
    { type: 'string', pattern: '^[0-9]+MB$', nullable: true },
  ],
};

test.each<[Schema, unknown, unknown]>([
  [{ type: 'integer' }, '12', 12],
  [{ type: 'integer' }, true, 1],
  [{ type: 'boolean' }, 'true', true],
  [{ type: 'boolean' }, 0, false],
  [{ type: 'string' }, null, ''],
  [{ type: 'string' }, 5, '5'],
  [{ type: 'string' }, ['only'], 'only'],
  [{ type: 'array', items: { type: 'string' } }, 'one', ['one']],
  [{ type: 'array', nullable: true }, null, null],
  [LIMIT, '5MB', '5MB'],
  [LIMIT, '1000', 1000],
  [
    { type: 'object', properties: { a: { type: 'integer' } } },
    { a: '1', b: 'x' },
    { a: 1, b: 'x' },
  ],
])('coerces as in Storage: %j %j', async (schema, value, coerced) => {
  expect(await checkSchema(schema, value, 'body')).toEqual(coerced);
});

test.each<[Schema, unknown, string]>([
  [{ type: 'object' }, undefined, 'body must be object'],
  [{ type: 'object', required: ['a'] }, {}, "body must have required property 'a'"],
  [{ type: 'integer', finite: true }, 'x', 'body must be integer'],
  [{ type: 'integer', minimum: 1 }, 0, 'body must be >= 1'],
  [{ type: 'string', enum: ['a'] }, 'b', 'body must be equal to one of the allowed values'],
  [{ type: 'array', minItems: 1 }, [], 'body must NOT have fewer than 1 items'],
  [{ type: 'object', properties: { a: { type: 'boolean' } } }, { a: 'yes' }, 'body/a must be boolean'],
  [
    LIMIT,
    'x',
    'body must be integer, body must pass "finite" keyword validation, body must match pattern "^[0-9]+MB$", body must match a schema in anyOf',
  ],
])('reports errors as in Storage: %j %j', async (schema, value, message) => {
  await expect(checkSchema(schema, value, 'body')).rejects.toThrow(message);
});
