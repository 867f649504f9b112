import { decodeStyle } from './style-transitions.ts';

// Go html/template/css.go

/** The inside of a string in CSS. */
export function escapeStyle(text: string): string {
  return text.replaceAll(/[\0\t\n\f\r"&'()+/:;<>\\{}]/g, (char, at: number) => {
    if (char === '\\') return '\\\\';
    const next = text[at + 1];
    // A digit or blank behind the escape would belong to it.
    const needsBlank = next === undefined || /[0-9a-fA-F\t\n\f\r ]/.test(next);
    return `\\${char.charCodeAt(0).toString(16)}${needsBlank ? ' ' : ''}`;
  });
}

/** A value in CSS: a number, colour, keyword or name; nothing that could end it or run code. */
export function filterStyle(text: string): string {
  const value = decodeStyle(text);
  const letters = value.replaceAll(/[^a-zA-Z0-9_]/g, '').toLowerCase();
  const isUnsafe = /[\0"'()/;@[\\\]`{}<>]|--/.test(value) || /expression|mozbinding/.test(letters);
  return isUnsafe ? 'ZgotmplZ' : value;
}
