// Go strconv/quote.go and strconv/atoi.go, text/template/parse/node.go `newNumber`

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const ESCAPE =
  /\\(?:([abfnrtv\\])|(["'])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]|$))/g;

/** The text of a string literal in double or back quotes; undefined if an escape is not valid in Go. */
export function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  return literal.startsWith('`') ? inner.replaceAll('\r', '') : unescape(inner, '"');
}

/** The code point of a character literal, such as `'x'`; undefined if it is not exactly one character. */
export function characterCode(literal: string): bigint | undefined {
  const byte = /^'\\(?:x([0-9a-fA-F]{2})|([0-7]{3}))'$/.exec(literal);
  if (byte) return BigInt(byte[1] === undefined ? parseInt(byte[2] ?? '', 8) : parseInt(byte[1], 16));
  const [char, ...rest] = unescape(literal.slice(1, -1), "'") ?? '';
  return char === undefined || rest.length > 0 ? undefined : BigInt(char.codePointAt(0) ?? 0);
}

/** Escapes of bytes (`\xc3\xa9`, `\303`) may form a character together, so the text is collected as bytes. */
function unescape(text: string, quote: string): string | undefined {
  const bytes: Buffer[] = [];
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [all, simple, quoted, octal, hex, short, long] = match;
    bytes.push(Buffer.from(text.slice(last, match.index)));
    last = match.index + all.length;
    const byte = octal === undefined ? parseInt(hex ?? '', 16) : parseInt(octal, 8);
    const code = parseInt(short ?? long ?? '', 16);
    if (simple !== undefined) bytes.push(Buffer.from(SIMPLE[simple] ?? ''));
    else if (quoted === quote) bytes.push(Buffer.from(quoted));
    else if (byte <= 0xff) bytes.push(Buffer.of(byte));
    else if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
      bytes.push(Buffer.from(String.fromCodePoint(code)));
    else return undefined;
  }
  bytes.push(Buffer.from(text.slice(last)));
  return Buffer.concat(bytes).toString();
}

const INTEGER =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+)+|0[oO](_?[0-7]+)+|0[bB](_?[01]+)+|0(_?[0-7]+)*|[1-9](_?[0-9]+)*)$/;
const FLOAT = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/;
const MAX_INT = 2n ** 63n - 1n;

/**
 * The value of a number literal: an int, or a float where it has a point or an exponent.
 *
 * @returns a string: why the literal is none, in Go's words
 */
export function parseNumber(literal: string): bigint | number | string {
  if (INTEGER.test(literal)) {
    const value = integer(literal.replaceAll('_', ''));
    // Go reads up to the largest uint64, and rejects what exceeds an int when the template runs.
    return value > MAX_INT || value < -MAX_INT - 1n ? `integer overflow: ${JSON.stringify(literal)}` : value;
  }
  const hex = HEX_FLOAT.exec(literal.replaceAll('_', ''));
  if (hex) {
    const [, sign, whole = '', fraction = '', exponent = ''] = hex;
    const digits = parseInt(`0${whole}${fraction}`, 16);
    return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(exponent) - 4 * fraction.length);
  }
  if (!FLOAT.test(literal)) return `illegal number syntax: ${JSON.stringify(literal)}`;
  const value = Number(literal);
  if (!Number.isFinite(value)) return `illegal number syntax: ${JSON.stringify(literal)}`;
  return /[.eE]/.test(literal) ? value : `integer overflow: ${JSON.stringify(literal)}`;
}

function integer(literal: string): bigint {
  const [, sign, digits = ''] = /^([+-]?)(.*)$/.exec(literal) ?? [];
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === '-' ? -value : value;
}
