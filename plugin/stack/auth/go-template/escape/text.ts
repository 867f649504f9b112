import {
  failed,
  html,
  isComment,
  isScriptLiteral,
  type Context,
  type Delimiter,
  type State,
} from './context.ts';
import { decodeEntities } from './entities.ts';
import {
  afterAttributeName,
  afterHtmlComment,
  afterMetaContent,
  afterMetaContentUrl,
  afterName,
  afterTag,
  afterText,
  afterUrl,
  beforeValue,
  specialElement,
  type Step,
} from './html-transitions.ts';
import {
  afterBlockComment,
  afterLineComment,
  afterLiteral,
  afterScript,
  afterTemplateLiteral,
} from './script-transitions.ts';
import { afterStyle, afterStyleString } from './style-transitions.ts';

// Go html/template/escape.go `escapeText` and `contextAfterText`

const unchanged = (context: Context, text: string): Step => [context, text.length];

const TRANSITIONS: Readonly<Record<State, (context: Context, text: string) => Step>> = {
  text: afterText,
  tag: afterTag,
  'attribute name': afterAttributeName,
  'after attribute name': afterName,
  'before attribute value': beforeValue,
  'HTML comment': afterHtmlComment,
  RCDATA: specialElement,
  attribute: unchanged,
  URL: afterUrl,
  srcset: afterUrl,
  'meta content': afterMetaContent,
  'meta content URL': afterMetaContentUrl,
  script: afterScript,
  'script "string"': afterLiteral,
  "script 'string'": afterLiteral,
  'script template literal': afterTemplateLiteral,
  'script regular expression': afterLiteral,
  'script /* comment */': afterBlockComment,
  'script // comment': afterLineComment,
  'script <!-- comment': afterLineComment,
  'script --> comment': afterLineComment,
  style: afterStyle,
  'style "string"': afterStyleString,
  "style 'string'": afterStyleString,
  'style url("…")': afterStyleString,
  "style url('…')": afterStyleString,
  'style url(…)': afterStyleString,
  'style /* comment */': afterBlockComment,
  'style // comment': afterLineComment,
  error: unchanged,
  dead: unchanged,
};

const VALUE_END: Readonly<Record<Exclude<Delimiter, 'none'>, RegExp>> = {
  '"': /"/,
  "'": /'/,
  blank: /[ \t\n\f\r>]/,
};

const SCRIPT_TYPES =
  /^(?:|module|application\/(?:ecmascript|javascript|json|ld\+json|x-ecmascript|x-javascript)|text\/(?:ecmascript|javascript(?:1\.[0-5])?|jscript|livescript|x-ecmascript|x-javascript))$/;

/**
 * Follows a text of the template: the context behind it, and what of it goes into the output. Comments are left out, and
 * a `<` that begins no tag becomes `&lt;`.
 */
export function escapeText(start: Context, text: string): { context: Context; text: string } {
  let context = start;
  let at = 0;
  let written = 0;
  let output = '';
  while (at < text.length) {
    const [next, length] = contextAfter(context, text.slice(at));
    const end = at + length;
    if (context.state === 'text' || context.state === 'RCDATA') {
      output += text.slice(written, at) + escapeAngles(text.slice(at, end), next.state !== context.state);
      written = end;
    } else if (isComment(context.state) && context.delimiter === 'none') {
      output += commentRest(context.state, text.slice(written, end));
      written = end;
    }
    if (context.state !== next.state && isComment(next.state) && next.delimiter === 'none') {
      output = (output + text.slice(written, end)).slice(0, -markLength(next.state));
      written = end;
    }
    if (isScriptLiteral(context.state)) {
      output +=
        text.slice(written, at) + text.slice(at, end).replaceAll(/<(script|\/script|!--)/gi, '\\x3C$1');
      written = end;
    }
    context = withLine(next, text.slice(0, at));
    at = end;
  }
  const isDropped = isComment(context.state) && context.delimiter === 'none';
  return { context, text: isDropped ? output : output + text.slice(written) };
}

/** The length of the mark that begins a comment. */
function markLength(state: State): number {
  if (state === 'HTML comment' || state === 'script <!-- comment') return 4;
  return state === 'script --> comment' ? 3 : 2;
}

/** What a comment leaves in scripts and styles: what separates the tokens around it. */
function commentRest(state: State, comment: string): string {
  if (state === 'script /* comment */') return /[\n\r\u2028\u2029]/.test(comment) ? '\n' : ' ';
  return state === 'style /* comment */' ? ' ' : '';
}

/** Escapes each `<` but that of the tag, if there is one, and of a document type. */
function escapeAngles(text: string, hasTag: boolean): string {
  const tag = hasTag ? text.lastIndexOf('<') : -1;
  const end = tag < 0 ? text.length : tag;
  return text.slice(0, end).replaceAll(/<(?!!doctype)/gi, '&lt;') + text.slice(end);
}

/** A mistake in the text has the line, counted from this text's beginning, that it was found in. */
function withLine(context: Context, before: string): Context {
  if (!context.error || context.error.line !== undefined) return context;
  return { ...context, error: { ...context.error, line: before.split('\n').length - 1 } };
}

function contextAfter(context: Context, text: string): Step {
  const { delimiter } = context;
  if (delimiter === 'none') {
    const [special, length] = specialElement(context, text);
    return length === 0 ? [special, 0] : TRANSITIONS[context.state](context, text.slice(0, length));
  }
  const end = text.search(VALUE_END[delimiter]);
  const value = end < 0 ? text : text.slice(0, end);
  const bad = delimiter === 'blank' ? /["'<=`]/.exec(value) : null;
  if (bad) {
    const message = `${JSON.stringify(bad[0])} in unquoted attr: ${JSON.stringify(value)}`;
    return [failed(message), text.length];
  }
  if (end < 0) return [afterAll(context, decodeEntities(text)), text.length];
  const isOtherScript =
    context.state === 'attribute' &&
    context.element === 'script' &&
    context.attribute === 'script type' &&
    !SCRIPT_TYPES.test((value.split(';')[0] ?? '').toLowerCase().trim());
  const element = isOtherScript ? 'none' : context.element;
  return [html('tag', { element }), delimiter === 'blank' ? end : end + 1];
}

/** The context behind a part of an attribute's value. */
function afterAll(context: Context, value: string): Context {
  let next = context;
  for (let at = 0; at < value.length;) {
    const [after, length] = TRANSITIONS[next.state](next, value.slice(at));
    next = after;
    at += length;
  }
  return next;
}
