import { TemplateError } from '../errors.ts';
import type { ActionNode, BranchNode, Node, Templates } from '../parse/nodes.ts';
import { contextKey, describe, failed, html, isSame, TEXT, type Context } from './context.ts';
import type { Escaper } from './escapers.ts';
import { join, nudge } from './join.ts';
import { escapersFor, misusedEscaper, withEscapers } from './pipeline.ts';
import { escapeText } from './text.ts';

// Go html/template/escape.go

/**
 * Adds to each value of the template `name`, and of those it includes, what escapes it where it stands.
 *
 * @returns the templates to fill; one that is included in several contexts is there for each of them
 * @throws TemplateError of stage `escape`
 */
export function escape(templates: Templates, name: string): Templates {
  const escaper = new TreeEscaper(templates);
  const { context } = escaper.template(TEXT, name, 1);
  if (context.error) throw new TemplateError('escape', context.error.line ?? 1, context.error.message);
  if (context.state !== 'text') {
    throw new TemplateError(
      'escape',
      lastLine(templates.get(name)),
      `ends in a non-text context: ${describe(context)}`,
    );
  }
  return escaper.result();
}

function lastLine(nodes: readonly Node[] = []): number {
  const last = nodes.at(-1);
  return last?.kind === 'text' ? last.line + last.text.split('\n').length - 1 : (last?.line ?? 1);
}

/** Where the `break` and `continue` of a loop stand. */
type Loop = { readonly name: 'break' | 'continue'; readonly line: number; readonly context: Context }[];

/** Follows the context through templates. What is found for a node is kept aside until it is known to hold. */
class TreeEscaper {
  readonly #sources: Templates;
  /** The copies of templates for contexts other than text, by name and context. */
  readonly #copies = new Map<string, readonly Node[]>();
  /** The context behind each template, by name and context. */
  readonly #behind: Map<string, Context>;
  readonly #called = new Set<string>();
  readonly #texts = new Map<Node, string>();
  readonly #names = new Map<Node, string>();
  readonly #escapers = new Map<Node, readonly Escaper[]>();
  readonly #loops: Loop[];

  constructor(sources: Templates, behind = new Map<string, Context>(), loops: Loop[] = []) {
    this.#sources = sources;
    this.#behind = behind;
    this.#loops = loops;
  }

  /** The context behind a template that begins in this one, and the name of its copy for it. */
  template(start: Context, name: string, line: number): { context: Context; copy: string } {
    const copy = start.state === 'text' ? name : `${name}$${contextKey(start)}`;
    this.#called.add(copy);
    const known = this.#behind.get(copy);
    if (known) return { context: known, copy };
    const source = this.#sources.get(name);
    if (!source) return { context: failed(`no such template ${JSON.stringify(name)}`, line), copy };
    const nodes = copy === name ? source : structuredClone(source);
    if (copy !== name) this.#copies.set(copy, nodes);
    return { context: this.#behindTemplate(start, copy, nodes), copy };
  }

  /** The templates that were reached, with what was found applied to them. */
  result(): Templates {
    const templates: Templates = new Map();
    for (const name of this.#behind.keys()) {
      templates.set(name, this.#applied(this.#copies.get(name) ?? this.#sources.get(name) ?? []));
    }
    return templates;
  }

  #applied(nodes: readonly Node[]): Node[] {
    return nodes.map((node): Node => {
      switch (node.kind) {
        case 'text':
          return { ...node, text: this.#texts.get(node) ?? node.text };
        case 'template':
          return { ...node, name: this.#names.get(node) ?? node.name };
        case 'action': {
          const commands = withEscapers(node.pipe, this.#escapers.get(node) ?? [], node.line);
          return { ...node, pipe: { ...node.pipe, commands } };
        }
        case 'break':
        case 'continue':
          return node;
        default:
          return { ...node, body: this.#applied(node.body), otherwise: this.#applied(node.otherwise) };
      }
    });
  }

  /** A template that includes itself is taken to end where it begins; if it does not, where that run ended. */
  #behindTemplate(start: Context, name: string, nodes: readonly Node[]): Context {
    const first = this.#tryTemplate(start, name, nodes);
    if (first.holds) return first.context;
    const second = this.#tryTemplate(first.context, name, nodes);
    if (second.holds) return second.context;
    if (first.context.state === 'error') return first.context;
    return failed('cannot compute output context for a template that includes itself', nodes[0]?.line);
  }

  #tryTemplate(start: Context, name: string, nodes: readonly Node[]): { context: Context; holds: boolean } {
    this.#behind.set(name, start);
    const attempt = new TreeEscaper(this.#sources, new Map(this.#behind), this.#loops);
    const context = attempt.#list(start, nodes);
    const holds = context.state !== 'error' && (!attempt.#called.has(name) || isSame(start, context));
    if (holds) this.#adopt(attempt);
    return { context, holds };
  }

  #adopt(attempt: TreeEscaper): void {
    for (const [name, nodes] of attempt.#copies) this.#copies.set(name, nodes);
    for (const [name, context] of attempt.#behind) this.#behind.set(name, context);
    for (const name of attempt.#called) this.#called.add(name);
    for (const [node, text] of attempt.#texts) this.#texts.set(node, text);
    for (const [node, name] of attempt.#names) this.#names.set(node, name);
    for (const [node, escapers] of attempt.#escapers) this.#escapers.set(node, escapers);
  }

  #list(start: Context, nodes: readonly Node[]): Context {
    let context = start;
    for (const node of nodes) {
      context = this.#node(context, node);
      if (context.state === 'dead') break;
    }
    return context;
  }

  #node(context: Context, node: Node): Context {
    switch (node.kind) {
      case 'text':
        return this.#text(context, node);
      case 'action':
        return this.#action(context, node);
      case 'template': {
        const { context: behind, copy } = this.template(context, node.name, node.line);
        if (copy !== node.name) this.#names.set(node, copy);
        return behind;
      }
      case 'break':
      case 'continue':
        this.#loops.at(-1)?.push({ name: node.kind, line: node.line, context });
        return html('dead');
      case 'range':
        return this.#range(context, node);
      default:
        return join(
          this.#list(context, node.body),
          this.#list(context, node.otherwise),
          node.kind,
          node.line,
        );
    }
  }

  #text(start: Context, node: Node & { kind: 'text' }): Context {
    if (start.error) return start;
    const { context, text } = escapeText(start, node.text);
    this.#texts.set(node, text);
    const { error } = context;
    return error ? failed(error.message, node.line + (error.line ?? 0)) : context;
  }

  #action(before: Context, node: ActionNode): Context {
    if (node.pipe.variables.length > 0) return before;
    const context = nudge(before);
    const misused = misusedEscaper(node.pipe, context);
    if (misused !== undefined)
      return failed(`predefined escaper ${JSON.stringify(misused)} disallowed in template`, node.line);
    if (context.error) return context;
    const escapers = escapersFor(context, node.line);
    if (!Array.isArray(escapers)) return escapers;
    this.#escapers.set(node, escapers);
    return context.state === 'script' ? { ...context, slash: 'division' } : context;
  }

  /** A loop's body must end where it began, because it may run again. */
  #range(start: Context, node: BranchNode): Context {
    const once = this.#loop(() => this.#list(start, node.body));
    if (once.error) return once;
    const twice = this.#loop(() => {
      const attempt = new TreeEscaper(this.#sources, new Map(this.#behind), this.#loops);
      const joined = join(once, attempt.#list(once, node.body), 'range', node.line);
      return joined.error ? failed(`on range loop re-entry: ${joined.error.message}`, node.line) : joined;
    });
    if (twice.error) return twice;
    return join(twice, this.#list(start, node.otherwise), 'range', node.line);
  }

  /** The context behind a run of the body, joined with those at its `break` and `continue`. */
  #loop(run: () => Context): Context {
    const loop: Loop = [];
    this.#loops.push(loop);
    let context = run();
    this.#loops.pop();
    for (const jump of loop) {
      if (context.error) return context;
      context = join(context, jump.context, 'range', jump.line);
      const { error } = context;
      if (error) return failed(`at range loop ${jump.name}: ${error.message}`, error.line);
    }
    return context;
  }
}
