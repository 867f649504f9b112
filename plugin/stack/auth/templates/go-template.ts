import { SupabaseDevError } from '../../../shared/errors.ts';
import { isObject } from '../../../shared/json.ts';
import { escapeHtml } from '../html.ts';

/** A parsed template; see `parseTemplate`. */
export type Template = readonly Node[];

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: Template;
      readonly otherwise: Template;
    };

/** A list of commands: each receives the result of the previous one as its last argument. */
type Pipeline = readonly Command[];
type Command = readonly Operand[];
type Operand =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly root: boolean }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(-?\d+(?:\.\d+)?)|(\$?\.[\w.]*)|(\$)|([A-Za-z_]\w*)|([()|]))/y;

/**
 * Parses the part of Go's html/template that mail templates use: `{{ .Field }}`, `{{ .Data.name }}`, `if`, `else`,
 * `else if`, `with`, `range`, `end`, pipelines, and the functions in FUNCTIONS. Comments and `{{-` `-}}` work too.
 *
 * @throws SupabaseDevError CONFIG_INVALID naming `path`
 */
export function parseTemplate(source: string, path: string): Template {
  const parts = split(source);
  let at = 0;
  const fail = (reason: string): never => {
    throw new SupabaseDevError(
      'CONFIG_INVALID',
      `${path} is not a template that can be used here: ${reason}`,
      {
        hint: 'Variables look like {{ .ConfirmationURL }}; {{ if }}, {{ with }}, {{ range }} and {{ end }} are known.',
      },
    );
  };
  const block = (): { body: Template; end: string } => {
    const body: Node[] = [];
    for (; at < parts.length; at++) {
      const part = parts[at];
      if (part === undefined) break;
      if (!part.isAction) {
        if (part.text !== '') body.push({ kind: 'text', text: part.text });
        continue;
      }
      if (part.text === '' || part.text.startsWith('/*')) continue;
      const [, word = '', rest = ''] = /^(\w+)?\s*([\s\S]*)$/.exec(part.text) ?? [];
      if (word === 'end' || word === 'else') return { body, end: part.text };
      if (word === 'if' || word === 'with' || word === 'range') body.push(branch(word, rest));
      else body.push({ kind: 'output', pipeline: parsePipeline(part.text, fail) });
    }
    return { body, end: '' };
  };
  const branch = (kind: 'if' | 'with' | 'range', condition: string): Node => {
    const pipeline = parsePipeline(condition, fail);
    at++;
    const { body, end } = block();
    const next = /^else(?:\s+(if|with)\s+([\s\S]*))?$/.exec(end);
    if (next?.[1]) {
      return { kind, pipeline, body, otherwise: [branch(next[1] as 'if' | 'with', next[2] ?? '')] };
    }
    if (!next)
      return end === '' ? fail(`{{ ${kind} }} without {{ end }}`) : { kind, pipeline, body, otherwise: [] };
    at++;
    const alternative = block();
    if (alternative.end !== 'end') fail(`{{ else }} without {{ end }}`);
    return { kind, pipeline, body, otherwise: alternative.body };
  };
  const { body, end } = block();
  return end === '' ? body : fail(`unexpected {{ ${end} }}`);
}

/** Renders the template; values are escaped for HTML. */
export function renderTemplate(template: Template, data: unknown, root: unknown = data): string {
  return template
    .map((node) => {
      if (node.kind === 'text') return node.text;
      const value = run(node.pipeline, data, root);
      if (node.kind === 'output') return escapeHtml(format(value));
      if (node.kind === 'range') {
        const items = isObject(value) ? Object.values(value) : Array.isArray(value) ? value : [];
        if (items.length === 0) return renderTemplate(node.otherwise, data, root);
        return items.map((item) => renderTemplate(node.body, item, root)).join('');
      }
      if (!isTrue(value)) return renderTemplate(node.otherwise, data, root);
      return renderTemplate(node.body, node.kind === 'with' ? value : data, root);
    })
    .join('');
}

function split(source: string): { text: string; isAction: boolean }[] {
  const parts: { text: string; isAction: boolean }[] = [];
  let last = 0;
  let trimNext = false;
  const addText = (text: string, trimEnd: boolean): void => {
    const start = trimNext ? text.trimStart() : text;
    parts.push({ text: trimEnd ? start.trimEnd() : start, isAction: false });
  };
  for (const match of source.matchAll(/\{\{(-(?=\s))?([\s\S]*?)(\s-)?\}\}/g)) {
    addText(source.slice(last, match.index), match[1] !== undefined);
    parts.push({ text: (match[2] ?? '').trim(), isAction: true });
    trimNext = match[3] !== undefined;
    last = match.index + match[0].length;
  }
  addText(source.slice(last), false);
  return parts;
}

function parsePipeline(source: string, fail: (reason: string) => never): Pipeline {
  TOKEN.lastIndex = 0;
  const commands = (closing: boolean): Pipeline => {
    const pipeline: Operand[][] = [[]];
    for (;;) {
      const start = TOKEN.lastIndex;
      const token = TOKEN.exec(source);
      if (!token) {
        if (source.slice(start).trim() !== '' || closing) fail(`{{ ${source} }}`);
        break;
      }
      const [, quoted, raw, number, field, dollar, name, punctuation] = token;
      if (punctuation === ')') {
        if (!closing) fail(`{{ ${source} }}`);
        break;
      }
      if (punctuation === '|') pipeline.push([]);
      else if (punctuation === '(') pipeline.at(-1)?.push({ kind: 'pipeline', pipeline: commands(true) });
      else if (quoted !== undefined) pipeline.at(-1)?.push({ kind: 'value', value: JSON.parse(quoted) });
      else if (raw !== undefined) pipeline.at(-1)?.push({ kind: 'value', value: raw });
      else if (number !== undefined) pipeline.at(-1)?.push({ kind: 'value', value: Number(number) });
      else if (field !== undefined || dollar !== undefined) {
        const text = field ?? '$';
        const path = text.replace(/^\$/, '').split('.').filter(Boolean);
        pipeline.at(-1)?.push({ kind: 'field', path, root: text.startsWith('$') });
      } else if (name === 'true' || name === 'false') {
        pipeline.at(-1)?.push({ kind: 'value', value: name === 'true' });
      } else if (name !== undefined && Object.hasOwn(FUNCTIONS, name)) {
        pipeline.at(-1)?.push({ kind: 'function', name });
      } else fail(`function "${name}" is not known`);
    }
    return pipeline.every((command) => command.length > 0) ? pipeline : fail(`{{ ${source} }}`);
  };
  return commands(false);
}

const FUNCTIONS: Readonly<Record<string, (...values: unknown[]) => unknown>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.includes(first),
  ne: (a, b) => a !== b,
  lt: (a, b) => Number(a) < Number(b),
  le: (a, b) => Number(a) <= Number(b),
  gt: (a, b) => Number(a) > Number(b),
  ge: (a, b) => Number(a) >= Number(b),
  len: (value) =>
    typeof value === 'string' || Array.isArray(value)
      ? value.length
      : Object.keys(isObject(value) ? value : {}).length,
  index: (value, ...keys) => keys.reduce<unknown>((inner, key) => property(inner, String(key)), value),
  print: (...values) => values.map(format).join(''),
  printf: (pattern, ...values) => {
    let next = 0;
    return format(pattern).replaceAll(/%[sdvq%]/g, (verb) => (verb === '%%' ? '%' : format(values[next++])));
  },
  html: (value) => format(value),
  urlquery: (...values) => encodeURIComponent(values.map(format).join('')).replaceAll('%20', '+'),
};

function run(pipeline: Pipeline, data: unknown, root: unknown): unknown {
  let result: unknown;
  for (const [index, command] of pipeline.entries()) {
    const [first, ...rest] = command;
    const values = rest.map((operand) => evaluate(operand, data, root));
    if (index > 0) values.push(result);
    result =
      first?.kind === 'function' ? FUNCTIONS[first.name]?.(...values) : first && evaluate(first, data, root);
  }
  return result;
}

function evaluate(operand: Operand, data: unknown, root: unknown): unknown {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'pipeline') return run(operand.pipeline, data, root);
  if (operand.kind === 'function') return FUNCTIONS[operand.name]?.();
  return operand.path.reduce<unknown>(property, operand.root ? root : data);
}

function property(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function format(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
