import type { Command, Pipe } from '../parse/nodes.ts';
import { failed, isComment, type Context } from './context.ts';
import type { Escaper } from './escapers.ts';

// Go html/template/escape.go `escapeAction` and `ensurePipelineContains`

/** The escapers that a value needs in this context, or the context `error`. */
export function escapersFor(context: Context, line: number): Escaper[] | Context {
  const inner = innerEscapers(context);
  if (inner === 'ambiguous') return failed('a value appears in an ambiguous context within a URL', line);
  if (context.delimiter === 'none') return inner;
  return [...inner, context.delimiter === 'blank' ? '_unquoted' : '_attribute'];
}

function innerEscapers({ state, urlPart }: Context): Escaper[] | 'ambiguous' {
  switch (state) {
    case 'URL':
    case 'style "string"':
    case "style 'string'":
    case 'style url("…")':
    case "style url('…')":
    case 'style url(…)': {
      if (urlPart === 'unknown') return 'ambiguous';
      if (urlPart === 'query or fragment') return ['_urlPart'];
      const encode = state === 'style "string"' || state === "style 'string'" ? '_style' : '_url';
      return urlPart === 'none' ? ['_urlFilter', encode] : [encode];
    }
    case 'meta content URL':
      return ['_urlFilter'];
    case 'script':
      return ['_script'];
    case 'script "string"':
    case "script 'string'":
      return ['_scriptString'];
    case 'script template literal':
      return ['_scriptTemplate'];
    case 'script regular expression':
      return ['_scriptPattern'];
    case 'style':
      return ['_styleValue'];
    case 'text':
      return ['_html'];
    case 'RCDATA':
      return ['_rcdata'];
    case 'attribute name':
      return ['_name'];
    case 'srcset':
      return ['_srcset'];
    default:
      return isComment(state) ? ['_comment'] : [];
  }
}

/** The escapers that a template may name itself, at the end of a pipeline. */
const OWN = new Set(['html', 'urlquery']);

/** Each escaper that does what one of these does. */
const SAME: Readonly<Record<string, string>> = {
  _attribute: 'html',
  _html: 'html',
  _rcdata: 'html',
  _url: 'urlquery',
  _urlPart: 'urlquery',
};

/** Escapers whose result needs no other one of these behind it. */
const COMPLETE: Readonly<Record<string, readonly string[]>> = {
  _comment: ['_attribute', '_html'],
  _style: ['_attribute'],
  _scriptPattern: ['_attribute'],
  _scriptString: ['_attribute'],
  _scriptTemplate: ['_attribute'],
  _urlPart: ['_url'],
};

/** Why the pipeline's own use of `html` or `urlquery` cannot stand, if it cannot. */
export function misusedEscaper({ commands }: Pipe, context: Context): string | undefined {
  const isUnquoted = context.state === 'attribute' && context.delimiter === 'blank';
  const names = commands.map(functionName);
  return names.find(
    (name, index) => OWN.has(name) && (index < names.length - 1 || (isUnquoted && name === 'html')),
  );
}

/** The pipeline's commands with the escapers at its end, each where it is not there already. */
export function withEscapers({ commands }: Pipe, escapers: readonly Escaper[], line: number): Command[] {
  if (escapers.length === 0) return [...commands];
  let own = [...commands];
  let wanted: readonly string[] = escapers;
  const last = own.at(-1);
  const name = last ? functionName(last) : '';
  if (last && OWN.has(name)) {
    const [, ...args] = last.operands;
    if (own.length === 1 && args.length > 0) {
      own = [{ operands: [{ kind: 'function', name: '_text', line }, ...args] }, call(name, line)];
    }
    if (wanted.some((escaper) => SAME[escaper] === name)) {
      wanted = wanted.map((escaper) => (SAME[escaper] === name ? name : escaper));
      own = own.slice(0, -1);
    }
  }
  const present = new Set(own.map((command) => SAME[functionName(command)] ?? functionName(command)));
  for (const escaper of wanted) {
    if (present.has(SAME[escaper] ?? escaper)) continue;
    const before = own.at(-1);
    if (before && COMPLETE[functionName(before)]?.includes(escaper)) continue;
    own.push(call(escaper, line));
  }
  return own;
}

function call(name: string, line: number): Command {
  return { operands: [{ kind: 'function', name, line }] };
}

function functionName({ operands: [first] }: Command): string {
  return first.kind === 'function' ? first.name : '';
}
