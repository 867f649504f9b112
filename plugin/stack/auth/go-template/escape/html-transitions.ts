import { attributeType, type AttributeType } from './attributes.ts';
import {
  failed,
  html,
  isComment,
  isScriptLiteral,
  VALUE_STATE,
  type AttributeKind,
  type Context,
  type Element,
  type State,
} from './context.ts';

// Go html/template/transition.go

/** What follows from a piece of the template's text: the next context, and how much of the text it took. */
export type Step = readonly [next: Context, length: number];

const ELEMENTS = new Set<string>(['script', 'style', 'textarea', 'title', 'meta']);
const CONTENT: Readonly<Record<Element, State>> = {
  none: 'text',
  script: 'script',
  style: 'style',
  textarea: 'RCDATA',
  title: 'RCDATA',
  meta: 'text',
};
const KINDS: Readonly<Partial<Record<AttributeType, AttributeKind>>> = {
  URL: 'URL',
  style: 'style',
  script: 'script',
  srcset: 'srcset',
};

/** Text between elements, up to the next tag or comment. */
export function afterText(context: Context, text: string): Step {
  const tag = /<(?:(!--)|(\/?)([a-z](?:[a-z0-9]|[:-][a-z0-9])*))/i.exec(text);
  if (!tag) return [context, text.length];
  const end = tag.index + tag[0].length;
  if (tag[1]) return [html('HTML comment'), end];
  return [html('tag', { element: tag[2] ? 'none' : elementOf(tag[3] ?? '') }), end];
}

function elementOf(name: string): Element {
  const lower = name.toLowerCase();
  return ELEMENTS.has(lower) ? (lower as Element) : 'none';
}

/** Inside a tag, between attributes. */
export function afterTag(context: Context, text: string): Step {
  const start = blanks(text);
  if (start === text.length) return [context, start];
  if (text[start] === '>') {
    const element = context.element === 'meta' ? 'none' : context.element;
    return [html(CONTENT[element], { element }), start + 1];
  }
  const end = nameEnd(text, start);
  if (typeof end === 'string') return [failed(end), text.length];
  if (end === start) {
    const message = `expected space, attr name, or end of tag, but got ${JSON.stringify(text.slice(start))}`;
    return [failed(message), text.length];
  }
  const name = text.slice(start, end).toLowerCase();
  const state = end === text.length ? 'attribute name' : 'after attribute name';
  return [html(state, { element: context.element, attribute: kindOf(context.element, name) }), end];
}

function kindOf(element: Element, name: string): AttributeKind {
  if (element === 'script' && name === 'type') return 'script type';
  if (element === 'meta' && name === 'content') return 'meta content';
  return KINDS[attributeType(name)] ?? 'none';
}

export function afterAttributeName(context: Context, text: string): Step {
  const end = nameEnd(text, 0);
  if (typeof end === 'string') return [failed(end), text.length];
  return [end === text.length ? context : { ...context, state: 'after attribute name' }, end];
}

/** Where an attribute's name ends, or why it is none. */
function nameEnd(text: string, start: number): number | string {
  const end = text.slice(start).search(/[ \t\n\f\r=>'"<]/);
  if (end < 0) return text.length;
  const char = text[start + end] ?? '';
  if (/['"<]/.test(char))
    return `${JSON.stringify(char)} in attribute name: ${JSON.stringify(text.slice(0, 32))}`;
  return start + end;
}

export function afterName(context: Context, text: string): Step {
  const end = blanks(text);
  if (end === text.length) return [context, end];
  if (text[end] === '=') return [{ ...context, state: 'before attribute value' }, end + 1];
  return [{ ...context, state: 'tag' }, end];
}

export function beforeValue(context: Context, text: string): Step {
  const start = blanks(text);
  if (start === text.length) return [context, start];
  const quote = text[start];
  const delimiter = quote === '"' || quote === "'" ? quote : 'blank';
  const next = { ...context, state: VALUE_STATE[context.attribute], delimiter } as const;
  return [next, delimiter === 'blank' ? start : start + 1];
}

export function afterHtmlComment(context: Context, text: string): Step {
  const end = text.indexOf('-->');
  return end < 0 ? [context, text.length] : [html('text'), end + 3];
}

/** The content of an element that ends with its end tag only, such as a title. */
export function specialElement(context: Context, text: string): Step {
  const { element, state } = context;
  const ignoresEnd = element === 'script' && (isScriptLiteral(state) || isComment(state));
  if (element === 'none' || ignoresEnd) return [context, text.length];
  const end = text.search(END_TAGS[element]);
  return end < 0 ? [context, text.length] : [html('text'), end];
}

const END_TAGS: Readonly<Record<Exclude<Element, 'none'>, RegExp>> = {
  script: /<\/script[> \t\n\f/]/i,
  style: /<\/style[> \t\n\f/]/i,
  textarea: /<\/textarea[> \t\n\f/]/i,
  title: /<\/title[> \t\n\f/]/i,
  meta: /<\/[> \t\n\f/]/,
};

export function afterUrl(context: Context, text: string): Step {
  if (/[#?]/.test(text)) return [{ ...context, urlPart: 'query or fragment' }, text.length];
  if (context.urlPart === 'none' && blanks(text) !== text.length)
    return [{ ...context, urlPart: 'before query' }, text.length];
  return [context, text.length];
}

/** The content of a `meta` element, which names a URL in `http-equiv="refresh"`. */
export function afterMetaContent(context: Context, text: string): Step {
  const url = /url[ \t\n\f\r]*=/i.exec(text);
  return url
    ? [{ ...context, state: 'meta content URL' }, url.index + url[0].length]
    : [context, text.length];
}

export function afterMetaContentUrl(context: Context, text: string): Step {
  const end = text.indexOf(';');
  return end < 0 ? [context, text.length] : [{ ...context, state: 'meta content' }, end + 1];
}

/** How many blanks the text begins with. */
function blanks(text: string): number {
  return text.search(/[^ \t\n\f\r]|$/);
}
