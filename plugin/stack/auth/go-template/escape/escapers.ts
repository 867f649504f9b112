import { sprint } from '../fmt/print.ts';
import type { GoFunction } from '../functions/functions.ts';
import type { GoValue } from '../values.ts';
import { attributeType } from './attributes.ts';
import { jsonText, templateLiteralText, patternText, stringText } from './script-escapers.ts';
import { escapeStyle, filterStyle } from './style-escapers.ts';
import { encodeUrl, filterSrcset, filterUrl } from './url-escapers.ts';

// Go html/template/html.go

/** What stands in the output where a value cannot be made safe. */
export const FAILSAFE = 'ZgotmplZ';

/** The functions that escaping adds to pipelines; a template cannot name them. */
export type Escaper =
  | '_attribute'
  | '_comment'
  | '_html'
  | '_name'
  | '_rcdata'
  | '_unquoted'
  | '_script'
  | '_scriptPattern'
  | '_scriptString'
  | '_scriptTemplate'
  | '_srcset'
  | '_style'
  | '_styleValue'
  | '_url'
  | '_urlFilter'
  | '_urlPart'
  | '_text';

const escaper = (escape: (text: string) => string): GoFunction => ({
  arity: [0, Infinity],
  call: (args) => escape(textOf(args)),
});

export const ESCAPERS: ReadonlyMap<string, GoFunction> = new Map(
  Object.entries({
    _attribute: escaper(escapeHtml),
    _comment: escaper(() => ''),
    _html: escaper(escapeHtml),
    _name: escaper(filterName),
    _rcdata: escaper(escapeHtml),
    _unquoted: escaper(escapeUnquoted),
    _script: { arity: [0, Infinity], call: (args) => jsonText(args.length === 1 ? args[0] : sprint(args)) },
    _scriptPattern: escaper(patternText),
    _scriptString: escaper(stringText),
    _scriptTemplate: escaper(templateLiteralText),
    _srcset: escaper(filterSrcset),
    _style: escaper(escapeStyle),
    _styleValue: escaper(filterStyle),
    _url: escaper((text) => encodeUrl(text, { keepsSyntax: true })),
    _urlFilter: escaper(filterUrl),
    _urlPart: escaper((text) => encodeUrl(text, { keepsSyntax: false })),
    _text: { arity: [0, Infinity], call: sprint },
  } satisfies Record<Escaper, GoFunction>),
);

/** The values as text; a nil is no text (Go html/template/content.go `stringify`). */
function textOf(args: readonly GoValue[]): string {
  return sprint(args.filter((value) => value !== null && value !== undefined));
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[\0"&'+<>]/g, (char) => HTML[char] ?? char);
}

/** For an attribute's value without quotes: blanks and what would end or begin a value too. */
function escapeUnquoted(text: string): string {
  if (text === '') return FAILSAFE;
  return text.replaceAll(/[\0\t\n\v\f\r "&'+<=>`\ufdd0-\ufdef\ufff0-\uffff]/g, (char) => {
    const code = char === '\0' ? 0xfffd : char.charCodeAt(0);
    if (code > 0x80) return `&#x${code.toString(16)};`;
    return HTML[char] ?? `&#${code};`;
  });
}

/** An attribute's or element's name: only one that cannot change what the element does. */
function filterName(text: string): string {
  const name = text.toLowerCase();
  return /^[0-9a-z]+$/.test(name) && attributeType(name) === 'plain' ? name : FAILSAFE;
}
