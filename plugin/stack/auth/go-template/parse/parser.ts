import type { Token } from './lexer.ts';
import { unquote } from './literals.ts';
import type { BranchNode, Node, Templates } from './nodes.ts';
import { PipeParser } from './pipe-parser.ts';
import { Tokens } from './tokens.ts';

// Go text/template/parse/parse.go

/**
 * Parses a template.
 *
 * @param name of the source among its templates
 * @param functions the names it may call
 * @throws TemplateError of stage `parse`
 */
export function parse(source: string, name: string, functions: ReadonlySet<string>): Templates {
  const templates: Templates = new Map();
  const parser = new Parser(new Tokens(source), functions, templates);
  parser.add(name, parser.source());
  return templates;
}

class Parser {
  readonly #tokens: Tokens;
  readonly #pipes: PipeParser;
  readonly #templates: Templates;
  #ranges = 0;

  constructor(tokens: Tokens, functions: ReadonlySet<string>, templates: Templates) {
    this.#tokens = tokens;
    this.#pipes = new PipeParser(tokens, functions);
    this.#templates = templates;
  }

  /** Parses the whole source; what it defines goes into the templates. */
  source(): readonly Node[] {
    const nodes: Node[] = [];
    while (this.#tokens.peek().type !== 'end') {
      if (this.#acceptDefinition()) continue;
      const node = this.#node();
      if (typeof node === 'string') this.#tokens.fail(`unexpected {{${node}}}`);
      nodes.push(node);
    }
    return nodes;
  }

  /** A definition replaces one of the same name only if that has no content, or is left out if it has none itself. */
  add(name: string, nodes: readonly Node[]): void {
    const existing = this.#templates.get(name);
    if (existing === undefined || isEmpty(existing)) this.#templates.set(name, nodes);
    else if (!isEmpty(nodes)) this.#tokens.fail(`multiple definition of template ${JSON.stringify(name)}`);
  }

  #acceptDefinition(): boolean {
    const start = this.#tokens.position;
    if (this.#tokens.next().type === 'open' && this.#tokens.isKeyword(this.#tokens.peekSolid(), 'define')) {
      this.#tokens.next();
      const name = this.#name(this.#tokens.nextSolid(), 'define clause');
      this.#tokens.expect('close', 'define clause');
      this.#define(name, 'define clause');
      return true;
    }
    this.#tokens.goTo(start);
    return false;
  }

  /** Parses the nodes of a `define` or `block`, which see none of the variables and loops around them. */
  #define(name: string, context: string): void {
    const outer = { variables: this.#pipes.variables, ranges: this.#ranges };
    this.#pipes.variables = ['$'];
    this.#ranges = 0;
    const [nodes, end] = this.#list();
    if (end !== 'end') this.#tokens.fail(`unexpected {{${end}}} in ${context}`);
    this.add(name, nodes);
    this.#pipes.variables = outer.variables;
    this.#ranges = outer.ranges;
  }

  #list(): [nodes: Node[], end: 'end' | 'else'] {
    const nodes: Node[] = [];
    while (this.#tokens.peekSolid().type !== 'end') {
      const node = this.#node();
      if (typeof node === 'string') return [nodes, node];
      nodes.push(node);
    }
    return this.#tokens.fail('unexpected EOF');
  }

  #node(): Node | 'end' | 'else' {
    const token = this.#tokens.nextSolid();
    if (token.type === 'text') return { kind: 'text', text: token.text, line: token.line };
    if (token.type !== 'open') this.#tokens.unexpected(token, 'input');
    const first = this.#tokens.peekSolid();
    if (first.type !== 'keyword') {
      return { kind: 'action', line: first.line, pipe: this.#pipes.pipe('command', 'close') };
    }
    this.#tokens.nextSolid();
    switch (first.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(first.text);
      case 'template':
        return this.#template(first.line);
      case 'block':
        return this.#block(first.line);
      case 'break':
      case 'continue':
        this.#tokens.expect('close', `{{${first.text}}}`);
        if (this.#ranges === 0) this.#tokens.fail(`{{${first.text}}} outside {{range}}`);
        return { kind: first.text, line: first.line };
      case 'end':
        this.#tokens.expect('close', 'end');
        return 'end';
      case 'else':
        // `{{ else if }}` and `{{ else with }}` continue the branch that reads them.
        if (this.#tokens.peekSolid().type !== 'keyword') this.#tokens.expect('close', 'else');
        return 'else';
      default:
        return this.#tokens.unexpected(first, 'command');
    }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const variables = this.#pipes.variables.length;
    const pipe = this.#pipes.pipe(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const [body, end] = this.#list();
    if (kind === 'range') this.#ranges--;
    const otherwise = end === 'else' ? this.#otherwise(kind) : [];
    this.#pipes.variables.length = variables;
    return { kind, pipe, body, otherwise, line: pipe.line };
  }

  #otherwise(kind: BranchNode['kind']): readonly Node[] {
    const next = this.#tokens.peekSolid();
    if (kind !== 'range' && this.#tokens.isKeyword(next, kind)) {
      this.#tokens.nextSolid();
      return [this.#branch(kind)];
    }
    const [nodes, end] = this.#list();
    return end === 'end' ? nodes : this.#tokens.fail('expected end; found {{else}}');
  }

  #template(line: number): Node {
    const name = this.#name(this.#tokens.nextSolid(), 'template clause');
    if (this.#tokens.peekSolid().type !== 'close')
      return { kind: 'template', name, line, pipe: this.#pipes.pipe('template clause', 'close') };
    this.#tokens.nextSolid();
    return { kind: 'template', name, line, pipe: undefined };
  }

  #block(line: number): Node {
    const name = this.#name(this.#tokens.nextSolid(), 'block clause');
    const pipe = this.#pipes.pipe('block clause', 'close');
    this.#define(name, 'block clause');
    return { kind: 'template', name, line, pipe };
  }

  #name(token: Token, context: string): string {
    if (token.type !== 'string') return this.#tokens.unexpected(token, context);
    return unquote(token.text) ?? this.#tokens.fail('invalid syntax');
  }
}

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
