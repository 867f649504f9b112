import { failed, type Context } from './context.ts';
import type { Step } from './html-transitions.ts';

// Go html/template/transition.go and js.go

/** Characters that JavaScript skips between tokens. */
const BLANKS_AT_END = /[\f\n\r\t\v \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+$/;
/** Keywords behind which a `/` begins a regular expression. */
const KEYWORDS =
  /^(?:break|case|continue|delete|do|else|finally|in|instanceof|return|throw|try|typeof|void|yield)$/;

/** Script outside of strings, regular expressions and comments. */
export function afterScript(context: Context, text: string): Step {
  const at = text.search(/["'`/{}<\-#]/);
  if (at < 0) return [{ ...context, slash: slashAfter(text, context.slash) }, text.length];
  const slash = slashAfter(text.slice(0, at), context.slash);
  const rest = text.slice(at);
  const here = { ...context, slash };
  switch (rest[0]) {
    case '"':
      return [{ ...here, state: 'script "string"', slash: 'regular expression' }, at + 1];
    case "'":
      return [{ ...here, state: "script 'string'", slash: 'regular expression' }, at + 1];
    case '`':
      return [{ ...here, state: 'script template literal', slash: 'regular expression' }, at + 1];
    case '/':
      return afterSlash(here, text, at);
    case '<':
      return rest.startsWith('<!--') ? [{ ...here, state: 'script <!-- comment' }, at + 4] : [here, at + 1];
    case '-':
      return rest.startsWith('-->') ? [{ ...here, state: 'script --> comment' }, at + 3] : [here, at + 1];
    case '#': {
      if (rest[1] === '!') return [{ ...here, state: 'script // comment' }, at + 2];
      const name = /^#[$\w]*/.exec(rest)?.[0] ?? '#';
      return [{ ...here, slash: 'division' }, at + name.length];
    }
    default:
      return [afterBrace(here, rest[0] === '{'), at + 1];
  }
}

function afterSlash(context: Context, text: string, at: number): Step {
  if (text[at + 1] === '/') return [{ ...context, state: 'script // comment' }, at + 2];
  if (text[at + 1] === '*') return [{ ...context, state: 'script /* comment */' }, at + 2];
  if (context.slash === 'regular expression')
    return [{ ...context, state: 'script regular expression' }, at + 1];
  if (context.slash === 'division') return [{ ...context, slash: 'regular expression' }, at + 1];
  const shown = JSON.stringify(text.slice(at, at + 32));
  return [failed(`'/' could start a division or regexp: ${shown}`), text.length];
}

/** Counts the braces inside `${…}`; the one that closes it leads back into the template literal. */
function afterBrace(context: Context, opens: boolean): Context {
  const depth = context.braces.at(-1);
  const outer = context.braces.slice(0, -1);
  if (!opens && depth === 0) return { ...context, state: 'script template literal', braces: outer };
  const braces = depth === undefined ? [] : [...outer, depth + (opens ? 1 : -1)];
  return { ...context, braces, slash: 'regular expression' };
}

/** What a `/` behind this text means. */
function slashAfter(text: string, before: Context['slash']): Context['slash'] {
  const code = text.replace(BLANKS_AT_END, '');
  if (code === '') return before;
  const run = /\++$|-+$/.exec(code);
  if (run) return run[0].length % 2 === 1 ? 'regular expression' : 'division';
  if (code.endsWith('.')) return /[0-9]\.$/.test(code) ? 'division' : 'regular expression';
  if (/[,<>=*%&|^?!~([:;{}]$/.test(code)) return 'regular expression';
  const word = /[$\w]*$/.exec(code)?.[0] ?? '';
  const isProperty = code
    .slice(0, code.length - word.length)
    .replace(BLANKS_AT_END, '')
    .endsWith('.');
  return KEYWORDS.test(word) && !isProperty ? 'regular expression' : 'division';
}

/** A template literal, up to its end or `${`. */
export function afterTemplateLiteral(context: Context, text: string): Step {
  for (const match of text.matchAll(/\\(?:[^]|$)|\$\{|`/g)) {
    const end = match.index + match[0].length;
    if (match[0] === '\\') return unfinished(text);
    if (match[0] === '${') {
      const braces = [...context.braces, 0];
      return [{ ...context, state: 'script', slash: 'regular expression', braces }, end];
    }
    if (match[0] === '`') return [{ ...context, state: 'script' }, end];
  }
  return [context, text.length];
}

/** A string or regular expression, up to its end. */
export function afterLiteral(context: Context, text: string): Step {
  const isPattern = context.state === 'script regular expression';
  const end = isPattern ? '/' : context.state === 'script "string"' ? '"' : "'";
  let inSet = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') {
      at++;
      if (at === text.length) return unfinished(text);
    } else if (isPattern && char === '[') inSet = true;
    else if (isPattern && char === ']') inSet = false;
    else if (char === end && !inSet) {
      const isEndTag = isPattern && text.slice(Math.max(at - 1, 0), at + 7).toLowerCase() === '</script';
      if (!isEndTag) return [{ ...context, state: 'script', slash: 'division' }, at + 1];
    }
  }
  if (inSet) return [failed(`unfinished JS regexp charset: ${JSON.stringify(text)}`), text.length];
  return [context, text.length];
}

function unfinished(text: string): Step {
  return [failed(`unfinished escape sequence in JS string: ${JSON.stringify(text)}`), text.length];
}

export function afterBlockComment(context: Context, text: string): Step {
  const end = text.indexOf('*/');
  if (end < 0) return [context, text.length];
  return [{ ...context, state: context.state === 'script /* comment */' ? 'script' : 'style' }, end + 2];
}

export function afterLineComment(context: Context, text: string): Step {
  const isScript = context.state !== 'style // comment';
  const end = text.search(isScript ? /[\n\r\u2028\u2029]/ : /[\n\f\r]/);
  return end < 0 ? [context, text.length] : [{ ...context, state: isScript ? 'script' : 'style' }, end];
}
