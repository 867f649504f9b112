import { TemplateError } from './errors.ts';
import { sprint } from './fmt/print.ts';
import type { GoFunction } from './functions/functions.ts';
import type { BranchNode, Command, Node, Operand, Pipe, Templates } from './parse/nodes.ts';
import { GoStruct, isList, isMap, isTrue, sortedKeys, typeName, type GoValue } from './values.ts';

// Go text/template/exec.go

const MAX_DEPTH = 500;

/**
 * Fills the template `name`.
 *
 * @throws TemplateError of stage `execute`
 */
export function execute(
  templates: Templates,
  functions: ReadonlyMap<string, GoFunction>,
  name: string,
  data: GoValue,
): string {
  const run = new Execution(templates, functions, data, 0);
  run.nodes(templates.get(name) ?? [], data);
  return run.output.join('');
}

/** The value that a pipeline passes to its next command; none at its beginning. */
type Piped = readonly [] | readonly [GoValue];
type Jump = 'break' | 'continue' | undefined;

/** One template while it is filled: it has variables of its own. */
class Execution {
  readonly output: string[];
  readonly #templates: Templates;
  readonly #functions: ReadonlyMap<string, GoFunction>;
  readonly #depth: number;
  readonly #variables: { readonly name: string; value: GoValue }[];

  constructor(
    templates: Templates,
    functions: ReadonlyMap<string, GoFunction>,
    data: GoValue,
    depth: number,
    output: string[] = [],
  ) {
    this.#templates = templates;
    this.#functions = functions;
    this.#variables = [{ name: '$', value: data }];
    this.#depth = depth;
    this.output = output;
  }

  nodes(nodes: readonly Node[], dot: GoValue): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot);
      if (jump) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: GoValue): Jump {
    switch (node.kind) {
      case 'text':
        this.output.push(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.output.push(sprint([value ?? '<no value>']));
        return undefined;
      }
      case 'template':
        return this.#template(node.name, this.#pipe(node.pipe, dot), node.line);
      case 'break':
      case 'continue':
        return node.kind;
      case 'range':
        return this.#scoped(() => this.#range(node, dot));
      default:
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (!isTrue(value)) return this.nodes(node.otherwise, dot);
          return this.nodes(node.body, node.kind === 'with' ? value : dot);
        });
    }
  }

  /** Runs with the variables that exist, and forgets those that are declared meanwhile. */
  #scoped<T>(run: () => T): T {
    const count = this.#variables.length;
    const result = run();
    this.#variables.length = count;
    return result;
  }

  #template(name: string, data: GoValue, line: number): undefined {
    const nodes = this.#templates.get(name) ?? fail(line, `template ${JSON.stringify(name)} not defined`);
    if (this.#depth === MAX_DEPTH) fail(line, `exceeded maximum template depth (${MAX_DEPTH})`);
    const inner = new Execution(this.#templates, this.#functions, data, this.#depth + 1, this.output);
    inner.nodes(nodes, data);
  }

  #range(node: BranchNode, dot: GoValue): Jump {
    const { pipe } = node;
    const value = this.#pipe(pipe, dot);
    if (typeof value === 'bigint' && pipe.variables.length > 1)
      fail(node.line, `can't use ${value} to iterate over more than one variable`);
    let isEmpty = true;
    for (const [key, item] of entries(value, node.line)) {
      isEmpty = false;
      const jump = this.#scoped(() => {
        this.#setLoopVariables(pipe, key, item);
        return this.nodes(node.body, item);
      });
      if (jump === 'break') break;
    }
    return isEmpty ? this.nodes(node.otherwise, dot) : undefined;
  }

  /** `range $item :=` or `range $key, $item :=`; the pipeline has declared them already. */
  #setLoopVariables({ variables: [first, second], line }: Pipe, key: GoValue, item: GoValue): void {
    if (first === undefined) return;
    this.#set(first, second === undefined ? item : key, line);
    if (second !== undefined) this.#set(second, item, line);
  }

  #pipe(pipe: Pipe | undefined, dot: GoValue): GoValue {
    if (!pipe) return undefined;
    let piped: Piped = [];
    for (const command of pipe.commands) piped = [this.#command(command, dot, piped) ?? undefined];
    const [value] = piped;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.#set(name, value, pipe.line);
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #command({ operands }: Command, dot: GoValue, piped: Piped): GoValue {
    const [first, ...rest] = operands;
    if (first.kind === 'function') return this.#call(first.name, rest, dot, piped, first.line);
    if (first.kind === 'nil') fail(first.line, 'nil is not a command');
    if (rest.length + piped.length > 0) fail(first.line, "can't give argument to non-function");
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: GoValue): GoValue {
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'field':
        return fields(dot, operand.names, operand.line);
      case 'variable':
        return fields(this.#variable(operand.name, operand.line).value, operand.names, operand.line);
      case 'chain':
        return fields(this.#operand(operand.of, dot), operand.names, operand.line);
      case 'pipe':
        return this.#pipe(operand.pipe, dot);
      case 'function':
        return this.#call(operand.name, [], dot, [], operand.line);
    }
  }

  #call(name: string, operands: readonly Operand[], dot: GoValue, piped: Piped, line: number): GoValue {
    const called =
      this.#functions.get(name) ?? fail(line, `${JSON.stringify(name)} is not a defined function`);
    const [min, max] = called.arity;
    const count = operands.length + piped.length;
    if (count < min || count > max) {
      const wanted = max === Infinity ? `at least ${min}` : `${min}`;
      fail(line, `wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    const args: GoValue[] = [];
    for (const operand of operands) {
      const value = this.#operand(operand, dot);
      if (called.stopsAt === isTrue(value)) return value;
      args.push(value);
    }
    args.push(...piped);
    if (called.takesText && typeof args[0] !== 'string')
      fail(line, `wrong type for value; expected string; got ${typeName(args[0])}`);
    try {
      return called.call(args);
    } catch (error) {
      return fail(line, `error calling ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #set(name: string, value: GoValue, line: number): void {
    this.#variable(name, line).value = value;
  }

  #variable(name: string, line: number): { value: GoValue } {
    return (
      this.#variables.findLast((variable) => variable.name === name) ??
      fail(line, `undefined variable: ${name}`)
    );
  }
}

function* entries(value: GoValue, line: number): Generator<readonly [GoValue, GoValue]> {
  if (value === undefined || value === null) return;
  if (typeof value === 'bigint') for (let item = 0n; item < value; item++) yield [undefined, item];
  else if (isList(value)) for (const [key, item] of value.entries()) yield [BigInt(key), item];
  else if (isMap(value)) for (const key of sortedKeys(value)) yield [key, value[key]];
  else fail(line, `range can't iterate over a ${typeName(value)}`);
}

/** A field of a field …: what a map lacks has no value, nor do its fields; a field of a nil is an error. */
function fields(value: GoValue, names: readonly string[], line: number): GoValue {
  return names.reduce<GoValue>((inner, name) => field(inner, name, line), value);
}

function field(value: GoValue, name: string, line: number): GoValue {
  if (value === undefined) return undefined;
  if (value === null) return fail(line, `nil pointer evaluating interface {}.${name}`);
  if (value instanceof GoStruct && Object.hasOwn(value.fields, name)) return value.fields[name];
  if (!isMap(value)) return fail(line, `can't evaluate field ${name} in type ${typeName(value)}`);
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function fail(line: number, message: string): never {
  throw new TemplateError('execute', line, message);
}
