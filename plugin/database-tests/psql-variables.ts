import { escapeIdentifier, escapeLiteral } from 'pg';
import { skipBlanks, skipToken } from '../stack/postgres/sql-script.ts';

export type Variables = ReadonlyMap<string, string>;

const REFERENCE =
  /:(?:([\w\u0080-\uffff]+)|'([\w\u0080-\uffff]+)'|"([\w\u0080-\uffff]+)"|\{\?([\w\u0080-\uffff]+)\})/y;

/**
 * Replaces `:name`, `:'name'`, `:"name"` and `:{?name}` outside of strings and comments, as psql does; a reference to a
 * variable that is not set stays.
 */
export function interpolate(text: string, variables: Variables): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const next = Math.max(skipBlanks(text, at), at);
    if (next > at) {
      result += text.slice(at, next);
      at = next;
      continue;
    }
    const length = text.startsWith('::', at) ? 2 : text.charAt(at) === ':' ? 0 : skipToken(text, at) - at;
    const reference = length === 0 ? referenceAt(text, at, variables) : undefined;
    if (reference) result += reference.value;
    else result += text.slice(at, at + Math.max(length, 1));
    at += reference?.length ?? Math.max(length, 1);
  }
  return result;
}

function referenceAt(
  text: string,
  at: number,
  variables: Variables,
): { value: string; length: number } | undefined {
  REFERENCE.lastIndex = at;
  const [match = '', plain, literal, identifier, test] = REFERENCE.exec(text) ?? [];
  if (test !== undefined) return { value: variables.has(test) ? 'TRUE' : 'FALSE', length: match.length };
  const value = variables.get(plain ?? literal ?? identifier ?? '');
  if (value === undefined) return undefined;
  const quote = literal !== undefined ? escapeLiteral : identifier !== undefined ? escapeIdentifier : String;
  return { value: quote(value), length: match.length };
}

const ARGUMENT = /'((?:[^'\\]|''|\\.)*)'|("(?:[^"]|"")*")|(\S+?)(?=['"\s]|$)/gs;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The arguments of a backslash command; parts without a blank between them are one argument. */
export function readArguments(line: string, variables: Variables): string[] {
  const values: string[] = [];
  let end = -1;
  for (const match of line.matchAll(ARGUMENT)) {
    const [whole, quoted, identifier, plain] = match;
    const value =
      quoted === undefined
        ? (identifier ?? interpolate(plain ?? '', variables))
        : quoted.replaceAll("''", "'").replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
    if (match.index === end) values.push(`${values.pop() ?? ''}${value}`);
    else values.push(value);
    end = match.index + whole.length;
  }
  return values;
}

/** Whether psql takes a value for true. */
export function isOn(value: string): boolean {
  return /^(1|on|true|yes|t|y)$/i.test(value.trim());
}
