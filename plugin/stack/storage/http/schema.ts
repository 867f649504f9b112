import { storageErrors } from '../errors.ts';

/** The part of JSON Schema that the Storage API's requests are described with. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly nullable?: boolean;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly finite?: boolean;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

/**
 * Checks and coerces a request's body or query as the original does with Ajv (`coerceTypes: 'array'`), with Ajv's
 * texts: the first error, or all those of an `anyOf`.
 *
 * @param name how texts call the value: "body", "querystring"
 * @returns the coerced value
 * @throws StorageError InvalidRequest
 */
export function checkSchema(schema: Schema, value: unknown, name: string): unknown {
  const holder = { value };
  const errors = check(schema, holder, 'value', name, false);
  if (errors.length > 0) throw storageErrors.invalidSchema(errors.join(', '));
  return holder.value;
}

type Holder = Record<string, unknown> | unknown[];

function check(
  schema: Schema,
  holder: Holder,
  key: string | number,
  path: string,
  inAnyOf: boolean,
): string[] {
  const errors: string[] = [];
  let value = read(holder, key);
  if (schema.type && !isOfType(schema, value)) {
    value = coerce(schema, value);
    if (isOfType(schema, value)) write(holder, key, value);
    else errors.push(`${path} must be ${schema.type}`);
  }
  // Inside an `anyOf` Ajv goes on after a wrong type, to the keywords that belong to no type.
  if (inAnyOf && schema.finite && value !== null && !Number.isFinite(value))
    errors.push(`${path} must pass "finite" keyword validation`);
  if (errors.length > 0) return errors;
  return checkValue(schema, value, holder, key, path);
}

function checkValue(
  schema: Schema,
  value: unknown,
  holder: Holder,
  key: string | number,
  path: string,
): string[] {
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum)
      return [`${path} must be >= ${schema.minimum}`];
    if (schema.maximum !== undefined && value > schema.maximum)
      return [`${path} must be <= ${schema.maximum}`];
  }
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    return [`${path} must match pattern "${schema.pattern}"`];
  if (schema.enum && !schema.enum.includes(value as string))
    return [`${path} must be equal to one of the allowed values`];
  if (schema.anyOf) {
    const failures: string[] = [];
    const passed = schema.anyOf.some((candidate) => {
      const errors = check(candidate, holder, key, path, true);
      failures.push(...errors);
      return errors.length === 0;
    });
    if (!passed) return [...failures, `${path} must match a schema in anyOf`];
  }
  if (Array.isArray(value)) return checkItems(schema, value, path);
  return isRecord(value) ? checkProperties(schema, value, path) : [];
}

function checkItems(schema: Schema, value: unknown[], path: string): string[] {
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    return [`${path} must NOT have more than ${schema.maxItems} items`];
  if (schema.minItems !== undefined && value.length < schema.minItems)
    return [`${path} must NOT have fewer than ${schema.minItems} items`];
  const { items } = schema;
  return items
    ? firstErrors(value.keys(), (index) => check(items, value, index, `${path}/${index}`, false))
    : [];
}

function checkProperties(schema: Schema, value: Record<string, unknown>, path: string): string[] {
  const missing = schema.required?.find((key) => value[key] === undefined);
  if (missing !== undefined) return [`${path} must have required property '${missing}'`];
  const known = Object.entries(schema.properties ?? {}).filter(([key]) => value[key] !== undefined);
  return firstErrors(known, ([key, property]) => check(property, value, key, `${path}/${key}`, false));
}

function firstErrors<T>(elements: Iterable<T>, checkOne: (element: T) => string[]): string[] {
  for (const element of elements) {
    const errors = checkOne(element);
    if (errors.length > 0) return errors;
  }
  return [];
}

function isOfType(schema: Schema, value: unknown): boolean {
  if (value === null) return schema.nullable === true;
  switch (schema.type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return typeof value === schema.type;
  }
}

/** Ajv's table of coercions; what cannot be coerced comes back as it is. */
function coerce(schema: Schema, value: unknown): unknown {
  if (schema.type === 'array') return isScalar(value) ? [value] : value;
  const single = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (!isScalar(single)) return value;
  switch (schema.type) {
    case 'string':
      return single === null ? '' : `${single as string | number | boolean}`;
    case 'integer':
    case 'number':
      if (typeof single === 'boolean' || single === null) return Number(single);
      return typeof single === 'string' && single.trim() !== '' ? Number(single) : single;
    case 'boolean':
      if (single === 'false' || single === 0 || single === null) return false;
      return single === 'true' || single === 1 ? true : single;
    default:
      return value;
  }
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function read(holder: Holder, key: string | number): unknown {
  return (holder as Record<string | number, unknown>)[key];
}

function write(holder: Holder, key: string | number, value: unknown): void {
  (holder as Record<string | number, unknown>)[key] = value;
}
