import { failed, type Context } from './context.ts';
import { afterUrl, type Step } from './html-transitions.ts';

// Go html/template/transition.go and css.go

/** CSS outside of strings, URLs and comments. */
export function afterStyle(context: Context, text: string): Step {
  for (const { 0: char, index: at } of text.matchAll(/[("'/]/g)) {
    if (char === '"') return [{ ...context, state: 'style "string"' }, at + 1];
    if (char === "'") return [{ ...context, state: "style 'string'" }, at + 1];
    if (char === '/' && text[at + 1] === '/') return [{ ...context, state: 'style // comment' }, at + 2];
    if (char === '/' && text[at + 1] === '*') return [{ ...context, state: 'style /* comment */' }, at + 2];
    if (char === '(' && URL_KEYWORD.test(text.slice(0, at))) return urlStart(context, text, at + 1);
  }
  return [context, text.length];
}

/** `url` that is not the end of a longer name. */
const URL_KEYWORD = /(?:^|[^a-z0-9_\-\u0080-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}])url[\t\n\f\r ]*$/iu;

function urlStart(context: Context, text: string, at: number): Step {
  const start = at + text.slice(at).search(/[^\t\n\f\r ]|$/);
  if (text[start] === '"') return [{ ...context, state: 'style url("…")' }, start + 1];
  if (text[start] === "'") return [{ ...context, state: "style url('…')" }, start + 1];
  return [{ ...context, state: 'style url(…)' }, start];
}

const STRING_END: Readonly<Partial<Record<Context['state'], RegExp>>> = {
  'style "string"': /[\\"]/g,
  'style url("…")': /[\\"]/g,
  "style 'string'": /[\\']/g,
  "style url('…')": /[\\']/g,
  'style url(…)': /[\\\t\n\f\r )]/g,
};

/** A string or URL in CSS, up to its end; a string may be a URL too, and is treated as one. */
export function afterStyleString(context: Context, text: string): Step {
  const pattern = STRING_END[context.state] ?? /$/g;
  let next = context;
  let last = 0;
  while (last < text.length) {
    pattern.lastIndex = last;
    const match = pattern.exec(text);
    if (!match) return [afterUrl(next, decodeStyle(text.slice(last)))[0], text.length];
    if (match[0] !== '\\') return [{ ...next, state: 'style' }, match.index + 1];
    if (match.index + 1 === text.length)
      return [failed(`unfinished escape sequence in CSS string: ${JSON.stringify(text)}`), text.length];
    next = afterUrl(next, decodeStyle(text.slice(0, match.index + 2)))[0];
    last = match.index + 2;
  }
  return [next, text.length];
}

/** Resolves the escapes of CSS: `\2f `, `\/`. */
export function decodeStyle(text: string): string {
  return text.replaceAll(
    /\\(?:([0-9a-f]{1,6})(?:\r\n|[\t\n\f\r ])?|([^])|$)/giu,
    (_all, hex?: string, char?: string) => {
      if (hex === undefined) return char ?? '';
      const code = parseInt(hex, 16);
      // Seven digits too many for Unicode: Go reads one digit less.
      if (code > 0x10ffff) return String.fromCodePoint(code >> 4) + hex.slice(-1);
      return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
    },
  );
}
