// Go strconv/ftoa.go

/** Formats a float64 as `strconv.FormatFloat` does; the precision -1 asks for the fewest digits that are exact. */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  switch (verb) {
    case 'f':
      return sign + (precision < 0 ? plain(shortest(size)) : fixed(size, precision));
    case 'e':
    case 'E':
      return (
        sign + scientific(precision < 0 ? shortest(size) : rounded(size, precision + 1), verb, precision)
      );
    case 'x':
    case 'X':
      return sign + hexadecimal(size, precision, verb);
    case 'b':
      return sign + binary(size);
    default:
      return sign + general(size, precision, verb === 'G' ? 'E' : 'e');
  }
}

/** The value 0.d₁d₂d₃… × 10^(exponent + 1): `exponent` is that of the first digit. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** %g: without an exponent from 0.0001 up to the precision, which counts as 6 for the shortest form. */
function general(size: number, precision: number, letter: string): string {
  const wanted = precision === 0 ? 1 : precision;
  const { digits: all, exponent } = wanted < 0 ? shortest(size) : rounded(size, wanted);
  const digits = all.replace(/0+$/, '') || '0';
  let limit = wanted > digits.length && digits.length > exponent ? digits.length : wanted;
  if (wanted < 0) limit = 6;
  if (exponent < -4 || exponent >= limit) return scientific({ digits, exponent }, letter);
  return plain({ digits, exponent });
}

function scientific({ digits, exponent }: Decimal, letter: string, precision = -1): string {
  const fraction = digits.slice(1).padEnd(Math.max(precision, 0), '0');
  return `${digits[0]}${fraction && `.${fraction}`}${letter}${exponentText(exponent)}`;
}

function plain({ digits, exponent }: Decimal): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function fixed(size: number, precision: number): string {
  const digits = String(scaled(size, precision)).padStart(precision + 1, '0');
  const point = digits.length - precision;
  return precision === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function shortest(size: number): Decimal {
  const [mantissa = '', exponent] = size.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** The value rounded to this many digits. */
function rounded(size: number, count: number): Decimal {
  const { exponent } = shortest(size);
  if (size === 0) return { digits: '0'.repeat(count), exponent };
  const digits = String(scaled(size, count - 1 - exponent));
  // 9.99 rounded to two digits is 10: one digit more, so that the last one goes.
  return digits.length > count
    ? { digits: digits.slice(0, count), exponent: exponent + 1 }
    : { digits, exponent };
}

/** size × 10^decimals, rounded half to even on the exact value of the float, which `toFixed` does not do. */
function scaled(size: number, decimals: number): bigint {
  const { mantissa, exponent } = parts(size);
  let numerator = mantissa;
  let denominator = 1n;
  if (decimals >= 0) numerator *= 10n ** BigInt(decimals);
  else denominator *= 10n ** BigInt(-decimals);
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  return divide(numerator, denominator);
}

/** The quotient, rounded half to even. */
function divide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

/** size = mantissa × 2^exponent. */
function parts(size: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (2n ** 52n), exponent: biased - 1075 };
}

/** %b: the mantissa and the power of two. */
function binary(size: number): string {
  const { mantissa, exponent } = parts(size);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** %x: 0x1.8p+01. */
function hexadecimal(size: number, precision: number, verb: 'x' | 'X'): string {
  let { mantissa, exponent } = parts(size);
  if (mantissa === 0n) exponent = -52;
  while (mantissa !== 0n && mantissa < 2n ** 52n) {
    mantissa *= 2n;
    exponent--;
  }
  let fraction: string;
  if (precision < 0) {
    fraction = mantissa.toString(16).padStart(14, '0').slice(1).replace(/0+$/, '');
  } else {
    if (precision < 13)
      mantissa = divide(mantissa, 16n ** BigInt(13 - precision)) * 16n ** BigInt(13 - precision);
    if (mantissa >= 2n ** 53n) {
      mantissa /= 2n;
      exponent++;
    }
    fraction = mantissa
      .toString(16)
      .padStart(14, '0')
      .slice(1, precision + 1)
      .padEnd(precision, '0');
  }
  const whole = mantissa === 0n ? '0' : '1';
  const text = `0x${whole}${fraction && `.${fraction}`}p${exponentText(exponent + 52)}`;
  return verb === 'X' ? text.toUpperCase() : text;
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
