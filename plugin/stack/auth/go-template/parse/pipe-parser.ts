import type { TokenType } from './lexer.ts';
import { characterCode, parseNumber, unquote } from './literals.ts';
import type { Command, Operand, Pipe } from './nodes.ts';
import type { Tokens } from './tokens.ts';

// Go text/template/parse/parse.go `pipeline`, `command`, `operand` and `term`

const MAX_PARENS = 500;
const OPERANDS = new Set<TokenType>([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'string',
  'variable',
  'open paren',
]);

/** Parses what stands inside of an action. */
export class PipeParser {
  /** The variables that exist at this position. */
  variables = ['$'];
  readonly #tokens: Tokens;
  readonly #functions: ReadonlySet<string>;
  #parens = 0;

  constructor(tokens: Tokens, functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  /** A pipeline up to this token, which it takes too. @throws TemplateError */
  pipe(context: string, end: 'close' | 'close paren'): Pipe {
    const { line } = this.#tokens.peekSolid();
    const { names: variables, isAssignment } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.peekSolid();
      if (token.type === end) break;
      if (!OPERANDS.has(token.type)) {
        this.#tokens.nextSolid();
        this.#tokens.unexpected(token, context);
      }
      commands.push(this.#command());
    }
    this.#tokens.nextSolid();
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`);
    for (const [index, { operands }] of commands.entries()) {
      if (index > 0 && ['constant', 'dot', 'nil'].includes(operands[0].kind))
        this.#tokens.fail(`non executable command in pipeline stage ${index + 1}`);
    }
    return { line, variables, isAssignment, commands };
  }

  /** `$x :=`, `$x =`, and `$i, $e :=` in a `range`; nothing where the pipeline only begins with a variable. */
  #declarations(context: string): { names: string[]; isAssignment: boolean } {
    const names: string[] = [];
    for (;;) {
      const start = this.#tokens.position;
      const variable = this.#tokens.peekSolid();
      if (variable.type !== 'variable') return { names, isAssignment: false };
      this.#tokens.nextSolid();
      const next = this.#tokens.peekSolid();
      if (next.type !== 'assign' && next.type !== 'declare' && next.type !== 'comma') {
        this.#tokens.goTo(start);
        return { names, isAssignment: false };
      }
      this.#tokens.nextSolid();
      names.push(variable.text);
      this.variables.push(variable.text);
      if (next.type !== 'comma') return { names, isAssignment: next.type === 'assign' };
      if (context !== 'range' || names.length > 1) this.#tokens.fail(`too many declarations in ${context}`);
      if (!['variable', 'close', 'close paren'].includes(this.#tokens.peekSolid().type))
        this.#tokens.fail('range can only initialize variables');
    }
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#tokens.peekSolid();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.#tokens.next();
      if (token.type === 'space') continue;
      if (token.type === 'close' || token.type === 'close paren')
        this.#tokens.goTo(this.#tokens.position - 1);
      else if (token.type !== 'pipe') this.#tokens.unexpected(token, 'operand');
      break;
    }
    const [first, ...rest] = operands;
    return first ? { operands: [first, ...rest] } : this.#tokens.fail('empty command');
  }

  #operand(): Operand | undefined {
    const operand = this.#term();
    if (!operand || this.#tokens.peek().type !== 'field') return operand;
    const names: string[] = [];
    while (this.#tokens.peek().type === 'field') names.push(this.#tokens.next().text.slice(1));
    if (operand.kind === 'field' || operand.kind === 'variable')
      return { ...operand, names: [...operand.names, ...names] };
    if (operand.kind === 'constant' || operand.kind === 'nil' || operand.kind === 'dot')
      this.#tokens.fail('unexpected . after term');
    return { kind: 'chain', of: operand, names, line: operand.line };
  }

  #term(): Operand | undefined {
    const token = this.#tokens.peekSolid();
    if (!OPERANDS.has(token.type)) return undefined;
    this.#tokens.nextSolid();
    const { type, text, line } = token;
    if (type === 'dot' || type === 'nil') return { kind: type, line };
    if (type === 'bool') return { kind: 'constant', value: text === 'true', line };
    if (type === 'field') return { kind: 'field', names: [text.slice(1)], line };
    if (type === 'identifier') {
      if (!this.#functions.has(text)) this.#tokens.fail(`function ${JSON.stringify(text)} not defined`);
      return { kind: 'function', name: text, line };
    }
    if (type === 'variable') {
      if (!this.variables.includes(text)) this.#tokens.fail(`undefined variable ${JSON.stringify(text)}`);
      return { kind: 'variable', name: text, names: [], line };
    }
    if (type === 'open paren') return { kind: 'pipe', pipe: this.#parenthesized(), line };
    if (type === 'string') {
      return { kind: 'constant', value: unquote(text) ?? this.#tokens.fail('invalid syntax'), line };
    }
    if (type === 'character') {
      const code = characterCode(text) ?? this.#tokens.fail(`malformed character constant: ${text}`);
      return { kind: 'constant', value: code, line };
    }
    const value = parseNumber(text);
    return typeof value === 'string' ? this.#tokens.fail(value) : { kind: 'constant', value, line };
  }

  #parenthesized(): Pipe {
    if (this.#parens >= MAX_PARENS) this.#tokens.fail('max expression depth exceeded');
    this.#parens++;
    const pipe = this.pipe('parenthesized pipeline', 'close paren');
    this.#parens--;
    return pipe;
  }
}
