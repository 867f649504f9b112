import { isPrintable } from '../fmt/quote.ts';

// Go text/template/funcs.go: the functions that a template calls itself, which know no context.

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** `html`. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[\0"'&<>]/g, (char) => HTML[char] ?? char);
}

const SCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": String.raw`\'`,
  '"': String.raw`\"`,
  '<': String.raw`\u003C`,
  '>': String.raw`\u003E`,
  '&': String.raw`\u0026`,
  '=': String.raw`\u003D`,
};

/** `js`: the inside of a string literal. */
export function escapeScript(text: string): string {
  return Array.from(text, (char) => {
    const escaped = SCRIPT[char];
    if (escaped !== undefined) return escaped;
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0x20 && (code < 0x80 || isPrintable(char))) return char;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }).join('');
}

/** `urlquery`: `url.QueryEscape`. */
export function escapeQuery(text: string): string {
  return text
    .replaceAll(/[^\-._~a-zA-Z0-9 ]+/g, (part) => {
      return Array.from(
        Buffer.from(part),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      ).join('');
    })
    .replaceAll(' ', '+');
}
