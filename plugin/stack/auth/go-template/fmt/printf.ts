import { typeName, type GoValue } from '../values.ts';
import { noFlags, type Flags } from './flags.ts';
import { formatValue } from './value.ts';

// Go fmt/print.go `doPrintf`

const FLAGS: Readonly<Record<string, 'sharp' | 'plus' | 'minus' | 'space' | 'zero'>> = {
  '#': 'sharp',
  '+': 'plus',
  '-': 'minus',
  ' ': 'space',
  '0': 'zero',
};
const MAX_NUMBER = 1e6;

/** `fmt.Sprintf`, with its notes in the text where format and values do not fit: `%!d(MISSING)`, `%!(EXTRA int=3)`. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  return new Printf(format, values).run();
}

class Printf {
  readonly #format: readonly string[];
  readonly #values: readonly GoValue[];
  #at = 0;
  #next = 0;
  /** Whether an index such as `%[2]d` chose a value: then unused ones are no mistake. */
  #isReordered = false;
  #isGoodIndex = true;
  #afterIndex = false;

  constructor(format: string, values: readonly GoValue[]) {
    this.#format = Array.from(format);
    this.#values = values;
  }

  run(): string {
    let text = '';
    while (this.#at < this.#format.length) {
      const char = this.#format[this.#at++] ?? '';
      text += char === '%' ? this.#verb() : char;
    }
    return text + this.#extra();
  }

  #verb(): string {
    this.#isGoodIndex = true;
    this.#afterIndex = false;
    const flags = noFlags();
    for (let flag = this.#flag(); flag; flag = this.#flag()) flags[flag] = true;
    const notes = this.#width(flags) + this.#precision(flags);
    if (!this.#afterIndex) this.#index();
    const verb = this.#format[this.#at++];
    if (verb === undefined) return `${notes}%!(NOVERB)`;
    return notes + this.#value(verb, flags);
  }

  #flag(): (typeof FLAGS)[string] | undefined {
    const flag = FLAGS[this.#format[this.#at] ?? ''];
    if (flag) this.#at++;
    return flag;
  }

  #value(verb: string, flags: Flags): string {
    if (verb === '%') return '%';
    if (!this.#isGoodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#next >= this.#values.length) return `%!${verb}(MISSING)`;
    const value = this.#values[this.#next++];
    if (verb !== 'v') return formatValue(value, verb, flags);
    return formatValue(value, verb, {
      ...flags,
      sharpV: flags.sharp,
      plusV: flags.plus,
      sharp: false,
      plus: false,
    });
  }

  #width(flags: Flags): string {
    this.#index();
    if (this.#format[this.#at] === '*') {
      this.#at++;
      this.#afterIndex = false;
      const width = this.#star();
      if (width === undefined) return '%!(BADWIDTH)';
      flags.width = Math.abs(width);
      if (width < 0) {
        flags.minus = true;
        flags.zero = false;
      }
      return '';
    }
    flags.width = this.#number();
    if (this.#afterIndex && flags.width !== undefined) this.#isGoodIndex = false;
    return '';
  }

  #precision(flags: Flags): string {
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return '';
    this.#at++;
    if (this.#afterIndex) this.#isGoodIndex = false;
    this.#index();
    if (this.#format[this.#at] === '*') {
      this.#at++;
      this.#afterIndex = false;
      const precision = this.#star();
      flags.precision = precision === undefined || precision < 0 ? undefined : precision;
      return flags.precision === undefined ? '%!(BADPREC)' : '';
    }
    flags.precision = this.#number() ?? 0;
    return '';
  }

  /** Takes the index of a value, such as `[2]`. */
  #index(): void {
    this.#afterIndex = false;
    if (this.#format[this.#at] !== '[') return;
    this.#isReordered = true;
    const end = this.#format.indexOf(']', this.#at);
    const digits = end < 0 ? '' : this.#format.slice(this.#at + 1, end).join('');
    this.#at = end < 0 ? this.#at + 1 : end + 1;
    const isNumber = /^[0-9]+$/.test(digits) && Number(digits) <= MAX_NUMBER;
    const index = Number(digits) - 1;
    this.#afterIndex = isNumber;
    if (isNumber && index >= 0 && index < this.#values.length) this.#next = index;
    else this.#isGoodIndex = false;
  }

  /** The value that `*` takes as a number. */
  #star(): number | undefined {
    if (this.#next >= this.#values.length) return undefined;
    const value = this.#values[this.#next++];
    const isNumber = typeof value === 'bigint' && value <= MAX_NUMBER && value >= -MAX_NUMBER;
    return isNumber ? Number(value) : undefined;
  }

  #number(): number | undefined {
    let digits = '';
    while (/^[0-9]$/.test(this.#format[this.#at] ?? '')) digits += this.#format[this.#at++];
    if (digits === '') return undefined;
    if (Number(digits) <= MAX_NUMBER) return Number(digits);
    this.#at = this.#format.length;
    return undefined;
  }

  #extra(): string {
    if (this.#isReordered || this.#next >= this.#values.length) return '';
    const extra = this.#values.slice(this.#next).map((value) => {
      if (value === null || value === undefined) return '<nil>';
      return `${typeName(value)}=${formatValue(value, 'v', noFlags())}`;
    });
    return `%!(EXTRA ${extra.join(', ')})`;
  }
}
