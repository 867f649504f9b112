import { isList, isMap, typeName, type GoValue } from '../values.ts';

// Go text/template/funcs.go

/** `len`: of a list or map, or the bytes of a text. */
export function length(value: GoValue): bigint {
  if (value === null || value === undefined) throw new Error('len of nil pointer');
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new Error(`len of type ${typeName(value)}`);
}

/** `index`: `index x 1 "a"` is `x[1]["a"]`. A text gives a byte, a key that a map lacks gives nil. */
export function index(value: GoValue, keys: readonly GoValue[]): GoValue {
  if (value === null || value === undefined) throw new Error('index of untyped nil');
  return keys.reduce<GoValue>(item, value);
}

function item(value: GoValue, key: GoValue): GoValue {
  if (value === null || value === undefined) throw new Error('index of nil pointer');
  if (isMap(value)) {
    if (key === null || key === undefined) throw new Error('value is nil; should be of type string');
    if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`);
    return Object.hasOwn(value, key) ? value[key] : null;
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return BigInt(bytes[position(key, bytes.length - 1)] ?? 0);
  }
  if (isList(value)) return value[position(key, value.length - 1)];
  throw new Error(`can't index item of type ${typeName(value)}`);
}

/** `slice`: a part of a list, or of a text by its bytes. */
export function slice(value: GoValue, bounds: readonly GoValue[]): GoValue {
  if (value === null || value === undefined) throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  if (typeof value !== 'string' && !isList(value))
    throw new Error(`can't slice item of type ${typeName(value)}`);
  if (typeof value === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const items = typeof value === 'string' ? Buffer.from(value) : value;
  const [start = 0, end = items.length, capacity = items.length] = bounds.map((bound) =>
    position(bound, items.length),
  );
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) throw new Error(`invalid slice index: ${end} > ${capacity}`);
  const part = items.slice(start, end);
  return Buffer.isBuffer(part) ? part.toString() : part;
}

function position(key: GoValue, max: number): number {
  if (key === null || key === undefined) throw new Error('cannot index slice/array with nil');
  if (typeof key !== 'bigint') throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  if (key < 0n || key > BigInt(max)) throw new Error(`index out of range: ${key}`);
  return Number(key);
}
