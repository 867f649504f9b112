import { compareBytes, GoStruct, isList, isMap, typeName, type GoValue } from '../values.ts';

// Go text/template/funcs.go

/**
 * `eq`: whether the first value equals one of the others.
 *
 * @throws Error for values that Go does not compare
 */
export function isEqual(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

function equals(a: GoValue, b: GoValue): boolean {
  if (isBasic(a) !== isBasic(b) || (isBasic(a) && typeof a !== typeof b)) {
    if (isNil(a) || isNil(b)) return false;
    throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  if (isBasic(a)) return a === b;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (isList(a) !== isList(b) || isMap(a) !== isMap(b)) {
    throw new Error(`non-comparable types ${typeName(a)}, ${typeName(b)}`);
  }
  if (!(a instanceof GoStruct && b instanceof GoStruct)) {
    throw new Error(`non-comparable type ${typeName(b)}`);
  }
  return Object.entries(a.fields).every(([name, value]) => b.fields[name] === value);
}

/**
 * `lt`.
 *
 * @throws Error for values without an order
 */
export function isLess(a: GoValue, b: GoValue): boolean {
  if (!isBasic(a) || !isBasic(b)) throw new Error('invalid type for comparison');
  if (typeof a !== typeof b) {
    throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  if (typeof a === 'boolean') throw new Error('invalid type for comparison');
  return typeof a === 'string' ? compareBytes(a, b as string) < 0 : a < (b as typeof a);
}

function isBasic(value: GoValue): value is string | number | bigint | boolean {
  return !isNil(value) && typeof value !== 'object';
}

function isNil(value: GoValue): value is null | undefined {
  return value === null || value === undefined;
}
