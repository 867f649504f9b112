import { GoStruct, isList, sortedKeys, type GoValue } from '../values.ts';

// Go html/template/js.go and encoding/json

/** A value as JavaScript: JSON that can stand in a script, with blanks where it could join the word beside it. */
export function jsonText(value: GoValue): string {
  const json = encode(value);
  return /^[$\w]|[$\w]$/.test(json) ? ` ${json} ` : json;
}

function encode(value: GoValue): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(encode).join(',')}]`;
  const map = value instanceof GoStruct ? value.fields : (value as Readonly<Record<string, GoValue>>);
  const keys = value instanceof GoStruct ? Object.keys(map) : sortedKeys(map);
  return `{${keys.map((key) => `${encodeString(key)}:${encode(map[key])}`).join(',')}}`;
}

function encodeString(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, unicode);
}

/** The inside of a string literal. */
export function stringText(text: string): string {
  return escapeCharacters(text, STRING);
}

/** The inside of a template literal. */
export function templateLiteralText(text: string): string {
  return escapeCharacters(text, `${STRING}\${}`);
}

/** The inside of a regular expression, which matches the text itself. */
export function patternText(text: string): string {
  return escapeCharacters(text, `"&'+<>\\${PATTERN}`, PATTERN) || '(?:)';
}

const STRING = '"`&\'+/<>\\';
const PATTERN = '$()*-./?[]^{|}';
const SHORT: Readonly<Record<string, string>> = {
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\f': String.raw`\f`,
  '\r': String.raw`\r`,
  '\\': '\\\\',
};

/** Escapes control characters, line separators and these ones: some with a backslash, the others by their code. */
function escapeCharacters(text: string, special: string, withBackslash = '/'): string {
  return text.replaceAll(/[^\w ]/g, (char) => {
    if (char >= ' ' && char !== '\u2028' && char !== '\u2029' && !special.includes(char)) return char;
    return SHORT[char] ?? (withBackslash.includes(char) ? `\\${char}` : unicode(char));
  });
}

function unicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
