import { GoStruct, isList, sortedKeys, typeName, type GoValue } from '../values.ts';
import { pad, type Flags } from './flags.ts';
import { formatFloat } from './float.ts';
import { canBackquote, isPrintable, quote } from './quote.ts';

// Go fmt/print.go and fmt/format.go

/** Formats a value with a verb; a verb that does not fit gives `%!d(string=text)`, as in Go. */
export function formatValue(value: GoValue, verb: string, flags: Flags): string {
  if (value === null || value === undefined) {
    return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : badVerb(value, verb, flags);
  }
  if (verb === 'T') return pad(cut(typeName(value), flags), flags);
  if (typeof value === 'string') return formatString(value, verb, flags);
  if (typeof value === 'bigint') return formatInteger(value, verb, flags);
  if (typeof value === 'number') return formatNumber(value, verb, flags);
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags);
  }
  // %w is for errors only.
  return verb === 'w' ? badVerb(value, verb, flags) : formatComposite(value, verb, flags);
}

function badVerb(value: GoValue, verb: string, flags: Flags): string {
  if (value === null || value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${formatValue(value, 'v', flags)})`;
}

/** A list, map or struct: the verb and flags are those of its values. */
function formatComposite(value: object, verb: string, flags: Flags): string {
  const inner = (item: GoValue): string => {
    if (item !== null && item !== undefined) return formatValue(item, verb, flags);
    return flags.sharpV ? 'interface {}(nil)' : '<nil>';
  };
  const separator = flags.sharpV ? ', ' : ' ';
  const name = flags.sharpV ? typeName(value as GoValue) : '';
  if (isList(value as GoValue)) {
    const items = (value as readonly GoValue[]).map(inner).join(separator);
    return flags.sharpV ? `${name}{${items}}` : `[${items}]`;
  }
  if (value instanceof GoStruct) {
    const fields = Object.entries(value.fields).map(
      ([key, item]) => (flags.sharpV || flags.plusV ? `${key}:` : '') + inner(item),
    );
    return `${name}{${fields.join(separator)}}`;
  }
  const map = value as Readonly<Record<string, GoValue>>;
  const entries = sortedKeys(map).map((key) => `${inner(key)}:${inner(map[key])}`);
  return flags.sharpV ? `${name}{${entries.join(separator)}}` : `map[${entries.join(separator)}]`;
}

function formatString(text: string, verb: string, flags: Flags): string {
  if (verb === 'q' || (verb === 'v' && flags.sharpV)) {
    const short = cut(text, flags);
    if (flags.sharp && canBackquote(short)) return pad(`\`${short}\``, flags);
    return pad(quote(short, '"', { ascii: flags.plus }), flags);
  }
  if (verb === 's' || verb === 'v') return pad(cut(text, flags), flags);
  if (verb === 'x' || verb === 'X') return formatBytes(text, verb, flags);
  return badVerb(text, verb, flags);
}

function cut(text: string, { precision }: Flags): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

function formatBytes(text: string, verb: 'x' | 'X', flags: Flags): string {
  const bytes = Buffer.from(text).subarray(0, flags.precision);
  if (bytes.length === 0) return pad('', flags);
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const prefix = flags.sharp ? '0x' : '';
  const joined = flags.space ? digits.join(` ${prefix}`) : digits.join('');
  return pad(prefix + joined === '' ? '' : upper(prefix + joined, verb), flags);
}

function upper(text: string, verb: string): string {
  return verb === 'X' ? text.toUpperCase() : text;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInteger(value: bigint, verb: string, flags: Flags): string {
  const base = BASES[verb];
  if (base !== undefined) return formatBase(value, base, verb, flags);
  const isCharacter = (value >= 0n && value < 0xd800n) || (value > 0xdfffn && value <= 0x10ffffn);
  const char = isCharacter ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (verb === 'c') return pad(char, flags);
  if (verb === 'q') return pad(quote(char, "'", { ascii: flags.plus }), flags);
  if (verb !== 'U') return badVerb(value, verb, flags);
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  const code = `U+${digits.padStart(Math.max(flags.precision ?? 0, 4), '0')}`;
  return pad(flags.sharp && isCharacter && isPrintable(char) ? `${code} '${char}'` : code, {
    ...flags,
    zero: false,
  });
}

function formatBase(value: bigint, base: number, verb: string, flags: Flags): string {
  const unsigned = value < 0n ? -value : value;
  const blanks = { ...flags, zero: false };
  let precision = flags.precision ?? 0;
  if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
  if (flags.precision === undefined && flags.zero && !flags.minus && flags.width !== undefined) {
    precision = flags.width - (value < 0n || flags.plus || flags.space ? 1 : 0);
  }
  let digits = upper(unsigned.toString(base), verb).padStart(precision, '0');
  if (flags.sharp && base === 2) digits = `0b${digits}`;
  if (flags.sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  if (flags.sharp && base === 16) digits = `${verb === 'X' ? '0X' : '0x'}${digits}`;
  if (verb === 'O') digits = `0o${digits}`;
  return pad(sign(value < 0n, flags) + digits, blanks);
}

function sign(isNegative: boolean, flags: Flags): string {
  if (isNegative) return '-';
  if (flags.plus) return '+';
  return flags.space ? ' ' : '';
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  const format = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  if (!'bgGxXfeE'.includes(format)) return badVerb(value, verb, flags);
  const precision = flags.precision ?? ('feE'.includes(format) ? 6 : -1);
  const text = formatFloat(value, format, precision);
  const isNegative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '');
  const prefix = sign(isNegative, flags);
  if (!Number.isFinite(value))
    return pad((text === '+Inf' && !prefix ? '+' : prefix) + digits, { ...flags, zero: false });
  const full = flags.sharp && format !== 'b' ? withPoint(digits, format, precision) : digits;
  if (prefix !== '' && prefix !== ' ' && flags.zero && !flags.minus) {
    return prefix + full.padStart((flags.width ?? 0) - 1, '0');
  }
  return pad(prefix + full, flags);
}

/** `%#g` keeps the point and the zeros that `%g` drops. */
function withPoint(digits: string, format: string, precision: number): string {
  const tail =
    /[eEpP]/.test(digits) && !'xX'.includes(format) ? digits.search(/[eE]/) : digits.search(/[pP]/);
  const head = tail < 0 ? digits : digits.slice(0, tail);
  const rest = tail < 0 ? '' : digits.slice(tail);
  const wanted = 'gGx'.includes(format) ? (precision < 0 ? 6 : precision) : 0;
  const significant = head === '0' ? 1 : head.replace('.', '').replace(/^0+/, '').length;
  const point = head.includes('.') ? head : `${head}.`;
  return point + '0'.repeat(Math.max(0, wanted - significant)) + rest;
}
