// Go html/template/context.go

/** Where in HTML, CSS or JavaScript a position of the template is. */
export type State =
  | 'text'
  | 'tag'
  | 'attribute name'
  | 'after attribute name'
  | 'before attribute value'
  | 'HTML comment'
  | 'RCDATA'
  | 'attribute'
  | 'URL'
  | 'srcset'
  | 'meta content'
  | 'meta content URL'
  | 'script'
  | 'script "string"'
  | "script 'string'"
  | 'script template literal'
  | 'script regular expression'
  | 'script /* comment */'
  | 'script // comment'
  | 'script <!-- comment'
  | 'script --> comment'
  | 'style'
  | 'style "string"'
  | "style 'string'"
  | 'style url("…")'
  | "style url('…')"
  | 'style url(…)'
  | 'style /* comment */'
  | 'style // comment'
  | 'error'
  | 'dead';

/** How an attribute's value ends; none outside of one. */
export type Delimiter = 'none' | '"' | "'" | 'blank';

export type Element = 'none' | 'script' | 'style' | 'textarea' | 'title' | 'meta';

export type AttributeKind = 'none' | 'script' | 'script type' | 'style' | 'URL' | 'srcset' | 'meta content';

export interface Context {
  readonly state: State;
  readonly delimiter: Delimiter;
  /** The part of a URL: before `?` and `#` a value may hold `/`, behind them it is one value of a query. */
  readonly urlPart: 'none' | 'before query' | 'query or fragment' | 'unknown';
  /** What a `/` means at this position of a script. */
  readonly slash: 'regular expression' | 'division' | 'unknown';
  /** The open braces in each `${…}` of nested template literals. */
  readonly braces: readonly number[];
  readonly attribute: AttributeKind;
  readonly element: Element;
  /** In state `error`: the reason, and the line if it is known. */
  readonly error?: { readonly message: string; readonly line?: number };
}

/** The context at the beginning of a template. */
export const TEXT: Context = {
  state: 'text',
  delimiter: 'none',
  urlPart: 'none',
  slash: 'regular expression',
  braces: [],
  attribute: 'none',
  element: 'none',
};

/** A context of HTML's own syntax: everything that is not named is as in text. */
export function html(state: State, parts: Partial<Context> = {}): Context {
  return { ...TEXT, ...parts, state };
}

export function failed(message: string, line?: number): Context {
  return { ...TEXT, state: 'error', error: line === undefined ? { message } : { message, line } };
}

export function isSame(a: Context, b: Context): boolean {
  return contextKey(a) === contextKey(b) && a.error === b.error;
}

/** A text that is the same for equal contexts. */
export function contextKey({
  state,
  delimiter,
  urlPart,
  slash,
  braces,
  attribute,
  element,
}: Context): string {
  return [state, delimiter, urlPart, slash, braces.join(' '), attribute, element].join('|');
}

/** The context as a message shows it. */
export function describe({ state, delimiter, urlPart, element }: Context): string {
  const details = [
    delimiter === 'none' ? '' : `in ${delimiter === 'blank' ? 'no' : delimiter} quotes`,
    urlPart === 'none' ? '' : urlPart,
    element === 'none' ? '' : `<${element}>`,
  ].filter(Boolean);
  return details.length === 0 ? state : `${state} (${details.join(', ')})`;
}

export function isComment(state: State): boolean {
  return state === 'HTML comment' || state.includes('comment');
}

export function isScriptLiteral(state: State): boolean {
  return (
    state === 'script "string"' ||
    state === "script 'string'" ||
    state === 'script template literal' ||
    state === 'script regular expression'
  );
}

/** The state in which the value of an attribute of this kind begins. */
export const VALUE_STATE: Readonly<Record<AttributeKind, State>> = {
  none: 'attribute',
  script: 'script',
  'script type': 'attribute',
  style: 'style',
  URL: 'URL',
  srcset: 'srcset',
  'meta content': 'meta content',
};
