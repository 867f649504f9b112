import { decodePercent } from '../../http/percent.ts';

/** One `key=value` of the query string; `value` is undefined when there is no `=`. */
export interface Parameter {
  readonly key: string;
  readonly value: string | undefined;
}

/**
 * Splits and decodes the text after the `?`. `+` is a space; both `&` and `;` separate, as in PostgREST's HTTP library
 * (Haskell's http-types).
 */
export function parseQueryString(query: string): Parameter[] {
  if (query === '') return [];
  return query.split(/[&;]/).map((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) return { key: decode(pair), value: undefined };
    return { key: decode(pair.slice(0, equals)), value: decode(pair.slice(equals + 1)) };
  });
}

/** Percent-decoding that accepts malformed text: a stray `%` stays, invalid UTF-8 becomes U+FFFD. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  return decodePercent(text) ?? decodeBytes(text);
}

function decodeBytes(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const decoded = bytes.replaceAll(/%([0-9a-fA-F]{2})/g, (_match, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

const decode = (text: string): string => percentDecode(text.includes('+') ? text.replaceAll('+', ' ') : text);

/**
 * The query string of the `Content-Location` header: parameters sorted by name, repeated ones joined by commas.
 * PostgREST encodes each byte beyond ASCII as if it were a character.
 */
export function canonicalQuery(parameters: readonly Parameter[]): string {
  const values = new Map<string, string>();
  for (const { key, value } of [...parameters].toSorted((a, b) => compare(a.key, b.key))) {
    const known = values.get(key);
    const encoded = encodeBytes(value ?? '');
    values.set(key, known === undefined ? encoded : `${known},${encoded}`);
  }
  return [...values].map(([key, value]) => `${encodeBytes(key)}=${value}`).join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function encodeBytes(text: string): string {
  return encodeQueryValue(isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1'));
}

// eslint-disable-next-line no-control-regex -- the range is ASCII
const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text);

/** Percent-encodes all but letters, digits and `-_.~`. */
export function encodeQueryValue(text: string): string {
  return encodeURIComponent(wellFormed(text)).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Replaces lone surrogates, which cannot be encoded. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
