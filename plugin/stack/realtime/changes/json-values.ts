import type { ColumnValue } from '../wal/message-reader.ts';

/** How a type is encoded as JSON. `database`: only PostgreSQL can (composite types, types with a cast to json). */
export type JsonKind =
  | 'boolean'
  | 'bytea'
  | 'char'
  | 'database'
  | 'json'
  | 'number'
  | 'text'
  | 'timestamp'
  | 'timestamptz'
  | { readonly elements: JsonKind };

/**
 * Encodes a value in PostgreSQL's text format as JSON, like `to_jsonb`. Where Realtime differs, like Realtime: NaN and
 * infinite numbers are null, bytea has no `\x`, char(n) is cut to one character.
 *
 * @returns undefined when only the database can encode it
 */
export function encodeValue(kind: JsonKind, value: Exclude<ColumnValue, undefined>): string | undefined {
  if (value === null) return 'null';
  if (kind === 'number') return isFinitePg(value) ? encodeNumber(value) : 'null';
  if (kind === 'bytea') return JSON.stringify(value.slice(2));
  return encodeElement(kind, value);
}

function encodeElement(kind: JsonKind, value: string): string | undefined {
  if (typeof kind === 'object') return encodeArray(kind.elements, value);
  switch (kind) {
    case 'boolean':
      return value === 't' ? 'true' : 'false';
    case 'number':
      return isFinitePg(value) ? encodeNumber(value) : JSON.stringify(value);
    case 'json':
      return value;
    case 'char':
      return JSON.stringify(firstCharacter(value));
    case 'timestamp':
      return JSON.stringify(value.replace(' ', 'T'));
    case 'timestamptz':
      // The offset is always "+00": the replication connection uses UTC.
      return JSON.stringify(value.replace(' ', 'T').replace(/([+-]\d\d)(?=$| BC)/, '$1:00'));
    case 'bytea':
    case 'text':
      return JSON.stringify(value);
    default:
      return undefined;
  }
}

/** Characters are code points, as in PostgreSQL. */
function firstCharacter(text: string): string {
  const codePoint = text.codePointAt(0);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}

function isFinitePg(value: string): boolean {
  return !/^(NaN|-?Infinity)$/.test(value);
}

/** All digits and no exponent, like jsonb. */
function encodeNumber(value: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(value);
  if (!match) return value;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Encodes `{1,NULL,"a \"b\"",{…}}` of any number of dimensions, optionally with bounds in front (`[0:1]={…}`). */
function encodeArray(elements: JsonKind, literal: string): string | undefined {
  let at = literal.startsWith('[') ? literal.indexOf('=') + 1 : 0;
  let isKnown = true;
  const encode = (value: string): string => {
    const json = encodeElement(elements, value);
    if (json === undefined) isKnown = false;
    return json ?? 'null';
  };
  const readArray = (): string => {
    const items: string[] = [];
    at++;
    while (at < literal.length && literal[at] !== '}') {
      if (literal[at] === ',') at++;
      items.push(literal[at] === '{' ? readArray() : readItem());
    }
    at++;
    return `[${items.join(', ')}]`;
  };
  const readItem = (): string => {
    if (literal[at] === '"') {
      const start = ++at;
      while (literal[at] !== '"' && at < literal.length) at += literal[at] === '\\' ? 2 : 1;
      return encode(literal.slice(start, at++).replaceAll(/\\(.)/gs, '$1'));
    }
    const start = at;
    while (literal[at] !== ',' && literal[at] !== '}' && at < literal.length) at++;
    const text = literal.slice(start, at);
    return text === 'NULL' ? 'null' : encode(text);
  };
  const json = readArray();
  return isKnown ? json : undefined;
}
