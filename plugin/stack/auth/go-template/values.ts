import type { JsonObject } from '../../../shared/json.ts';

/**
 * A value as Go's templates see it: JSON as `encoding/json` decodes it (its numbers are float64), beside ints, which come
 * from the template (`{{ 3 }}`, `len`, an index). `null` is a nil in a map or list, `undefined` what a missing key gives.
 */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly GoValue[]
  | GoStruct
  | GoMap;

export interface GoMap {
  readonly [key: string]: GoValue;
}

/** A Go struct: naming a field that it lacks is an error, where a map gives no value. */
export class GoStruct {
  readonly fields: Readonly<Record<string, string>>;

  constructor(fields: Readonly<Record<string, string>>) {
    this.fields = fields;
  }
}

/** An object that was read from JSON. */
export function fromJson(json: JsonObject): GoMap {
  return json as GoMap;
}

export function isMap(value: GoValue): value is GoMap {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof GoStruct);
}

export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** The keys in the order in which Go prints and ranges over a map: by their bytes. */
export function sortedKeys(map: GoMap): string[] {
  return Object.keys(map).toSorted(compareBytes);
}

/** Compares strings as Go does, by their bytes in UTF-8. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The name of the value's Go type, as messages, `%T` and `%#v` show it. */
export function typeName(value: GoValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (value === null || value === undefined) return '<nil>';
  if (isList(value)) return '[]interface {}';
  if (!(value instanceof GoStruct)) return 'map[string]interface {}';
  const fields = Object.keys(value.fields).map((name) => `${name} string`);
  return `struct { ${fields.join('; ')} }`;
}

/** Whether `if`, `with`, `and`, `or` and `not` take the value for true (text/template exec.go `isTrue`). */
export function isTrue(value: GoValue): boolean {
  if (isList(value)) return value.length > 0;
  return isMap(value) ? Object.keys(value).length > 0 : Boolean(value);
}
