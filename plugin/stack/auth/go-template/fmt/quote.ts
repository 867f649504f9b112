// Go strconv/quote.go

const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols and the blank. */
export function isPrintable(char: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char);
}

/** The text as a Go string or character literal; with `ascii`, only ASCII appears in it. */
export function quote(text: string, mark: '"' | "'", { ascii }: { readonly ascii: boolean }): string {
  const inner = Array.from(text, (char) => {
    if (char === mark) return `\\${mark}`;
    const short = SHORT[char];
    if (short !== undefined) return short;
    const code = char.codePointAt(0) ?? 0;
    if (isPrintable(char) && (!ascii || code < 0x80)) return char;
    if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return mark + inner.join('') + mark;
}

/** Whether the text can stand between back quotes. */
export function canBackquote(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u0008\u000a-\u001f\u007f`\ufeff]/.test(text);
}

function hex(code: number, length: number): string {
  return code.toString(16).padStart(length, '0');
}
