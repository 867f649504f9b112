import { badRequest } from '../errors.ts';
import { isObject, isTooDeep, type JsonObject } from '../../../shared/json.ts';
import { isUuid, NIL_UUID } from '../uuid.ts';

/** How a field of a request body is read. */
type Kind = 'string' | 'string?' | 'boolean' | 'boolean?' | 'object' | 'uuid' | 'strings';

type ValueOf<K extends Kind> = K extends 'string' | 'uuid'
  ? string
  : K extends 'string?'
    ? string | undefined
    : K extends 'boolean'
      ? boolean
      : K extends 'boolean?'
        ? boolean | undefined
        : K extends 'strings'
          ? readonly string[] | undefined
          : JsonObject | undefined;

export type Fields = Readonly<Record<string, Kind>>;

/** The fields of a body with their kinds; `name` is that of GoTrue's struct, which its messages contain. */
export interface Shape<F extends Fields> {
  readonly name: string;
  readonly fields: F;
}

export type Params<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/**
 * Reads a JSON body as GoTrue does: unknown fields are ignored, null and absent fields are empty, and a syntax error or
 * a wrong type is `bad_json` with the message of Go's encoding/json.
 *
 * @throws AuthError 400 bad_json
 */
export function parseParams<F extends Fields>(text: string, shape: Shape<F>): Params<F> {
  const value = parseJson(text);
  if (value !== null && !isObject(value)) {
    throw badJson(`json: cannot unmarshal ${goKind(value)} into Go value of type api.${shape.name}`);
  }
  const entries = Object.entries(shape.fields).map(([name, kind]) => [
    name,
    readField(shape.name, name, kind, value?.[name]),
  ]);
  return Object.fromEntries(entries) as Params<F>;
}

function badJson(reason: string): Error {
  return badRequest('bad_json', `Could not parse request body as JSON: ${reason}`);
}

/** JSON.parse with the messages of Go's encoding/json; half of a surrogate pair becomes U+FFFD, as in Go. */
function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw badJson('exceeded max depth');
  try {
    return JSON.parse(text, /\\u[d][89a-f]/i.test(text) ? (_name, value) => wellFormed(value) : undefined);
  } catch {
    throw badJson(describeSyntaxError(text));
  }
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(LONE_SURROGATE, '\ufffd');
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.replaceAll(LONE_SURROGATE, '\ufffd'), inner]),
  );
}

const EMPTY: Readonly<Record<Kind, unknown>> = {
  string: '',
  'string?': undefined,
  boolean: false,
  'boolean?': undefined,
  object: undefined,
  uuid: NIL_UUID,
  strings: undefined,
};

const GO_TYPES: Readonly<Record<Kind, string>> = {
  string: 'string',
  'string?': 'string',
  boolean: 'bool',
  'boolean?': 'bool',
  object: 'map[string]interface {}',
  uuid: 'uuid.UUID',
  strings: '[]string',
};

function readField(struct: string, name: string, kind: Kind, value: unknown): unknown {
  if (value === undefined || value === null) return EMPTY[kind];
  if (kind === 'uuid') {
    if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
    if (typeof value === 'string') {
      throw badJson(`uuid: incorrect UUID length ${Buffer.byteLength(value)} in string "${value}"`);
    }
  } else if (matches(kind, value)) {
    return value;
  }
  throw badJson(
    `json: cannot unmarshal ${goKind(value)} into Go struct field ${struct}.${name} of type ${GO_TYPES[kind]}`,
  );
}

function matches(kind: Kind, value: unknown): boolean {
  if (kind === 'boolean' || kind === 'boolean?') return typeof value === 'boolean';
  if (kind === 'object') return isObject(value);
  if (kind === 'strings')
    return Array.isArray(value) && value.every((element) => typeof element === 'string');
  return typeof value === 'string';
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Go's message for malformed JSON: the scan stops at the first wrong character. */
function describeSyntaxError(text: string): string {
  const end = 'unexpected end of JSON input';
  let at = 0;
  const skip = (): void => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++;
  };
  const wrong = (context: string): string =>
    at >= text.length ? end : `invalid character ${quoteCharacter(text, at)} ${context}`;
  const literal = (word: string): string | undefined => {
    for (let index = 0; index < word.length; index++, at++) {
      if (text[at] !== word[index]) return wrong(`in literal ${word} (expecting '${word[index]}')`);
    }
    return undefined;
  };
  const string = (): string | undefined => {
    for (at++; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === '"') {
        at++;
        return undefined;
      }
      if (character < ' ') return wrong('in string literal');
      if (character === '\\') {
        at++;
        if (at >= text.length) return end;
        if (!'"\\/bfnrtu'.includes(text.charAt(at))) return wrong('in string escape code');
        if (text[at] === 'u' && !/^[\da-f]{4}/i.test(text.slice(at + 1))) {
          at += 1 + (/^[\da-f]*/i.exec(text.slice(at + 1))?.[0].length ?? 0);
          return wrong('in \\u hexadecimal character escape');
        }
      }
    }
    return end;
  };
  const value = (): string | undefined => {
    skip();
    const start = text[at] ?? '';
    if (start === '{') return members('}', 'object');
    if (start === '[') return members(']', 'array');
    if (start === '"') return string();
    if (start === 't') return literal('true');
    if (start === 'f') return literal('false');
    if (start === 'n') return literal('null');
    const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/i.exec(text.slice(at))?.[0];
    if (number === undefined) return wrong('looking for beginning of value');
    at += number.length;
    return undefined;
  };
  const members = (close: string, kind: 'object' | 'array'): string | undefined => {
    at++;
    skip();
    if (text[at] === close) {
      at++;
      return undefined;
    }
    for (;;) {
      if (kind === 'object') {
        skip();
        if (text[at] !== '"') return wrong('looking for beginning of object key string');
        const key = string();
        if (key !== undefined) return key;
        skip();
        if (text[at] !== ':') return wrong('after object key');
        at++;
      }
      const inner = value();
      if (inner !== undefined) return inner;
      skip();
      if (text[at] === close) {
        at++;
        return undefined;
      }
      if (text[at] !== ',')
        return wrong(kind === 'object' ? 'after object key:value pair' : 'after array element');
      at++;
    }
  };
  const failure = value();
  if (failure !== undefined) return failure;
  skip();
  return wrong('after top-level value');
}

function quoteCharacter(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
