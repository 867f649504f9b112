// Go text/template/parse/node.go

/** A node of a parsed template. Lines begin at 1. */
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;

export interface TextNode {
  readonly kind: 'text';
  text: string;
  readonly line: number;
}

export interface ActionNode {
  readonly kind: 'action';
  readonly pipe: Pipe;
  readonly line: number;
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
  readonly line: number;
}

/** `{{ template "name" pipeline }}`. */
export interface TemplateNode {
  readonly kind: 'template';
  name: string;
  readonly pipe: Pipe | undefined;
  readonly line: number;
}

export interface JumpNode {
  readonly kind: 'break' | 'continue';
  readonly line: number;
}

/** Commands of which each receives the previous one's result as its last argument, and variables that get the result. */
export interface Pipe {
  readonly line: number;
  readonly variables: readonly string[];
  /** `$x = …`, which sets a variable that exists; `$x := …` declares a new one. */
  readonly isAssignment: boolean;
  commands: Command[];
}

/** A function or value, and arguments. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
}

export type Operand = { readonly line: number } & (
  | { readonly kind: 'constant'; readonly value: bigint | number | string | boolean }
  | { readonly kind: 'nil' | 'dot' }
  | { readonly kind: 'field'; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'chain'; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
);

/** The templates of one source by name: the source itself and what it defines. */
export type Templates = Map<string, readonly Node[]>;
