import { sprint, sprintln } from '../fmt/print.ts';
import { sprintf } from '../fmt/printf.ts';
import { isTrue, typeName, type GoValue } from '../values.ts';
import { index, length, slice } from './collections.ts';
import { isEqual, isLess } from './compare.ts';
import { escapeHtml, escapeQuery, escapeScript } from './escape-text.ts';

// Go text/template/funcs.go

/** A function that a template calls. */
export interface GoFunction {
  /** The fewest arguments, and the most: Infinity for a variadic one. */
  readonly arity: readonly [min: number, max: number];
  /** Whether the first argument must be a string. */
  readonly takesText?: boolean;
  /** Arguments are evaluated one by one until one is true, or false, which is the result. */
  readonly stopsAt?: boolean;
  /** @throws Error whose message tells why the arguments do not fit */
  readonly call: (args: readonly GoValue[]) => GoValue;
}

/** Go's built-in functions. */
export const BUILTINS: ReadonlyMap<string, GoFunction> = new Map(
  Object.entries<GoFunction>({
    and: { arity: [1, Infinity], stopsAt: false, call: (args) => args.at(-1) },
    or: { arity: [1, Infinity], stopsAt: true, call: (args) => args.at(-1) },
    not: { arity: [1, 1], call: ([value]) => !isTrue(value) },
    len: { arity: [1, 1], call: ([value]) => length(value) },
    index: { arity: [1, Infinity], call: ([value, ...keys]) => index(value, keys) },
    slice: { arity: [1, Infinity], call: ([value, ...bounds]) => slice(value, bounds) },
    call: { arity: [1, Infinity], call: ([value]) => callValue(value) },
    print: { arity: [0, Infinity], call: sprint },
    println: { arity: [0, Infinity], call: sprintln },
    printf: {
      arity: [1, Infinity],
      takesText: true,
      call: ([format, ...values]) => sprintf(format as string, values),
    },
    html: { arity: [0, Infinity], call: (args) => escapeHtml(textOf(args)) },
    js: { arity: [0, Infinity], call: (args) => escapeScript(textOf(args)) },
    urlquery: { arity: [0, Infinity], call: (args) => escapeQuery(textOf(args)) },
    eq: { arity: [1, Infinity], call: ([first, ...others]) => isEqual(first, others) },
    ne: { arity: [2, 2], call: ([a, b]) => !isEqual(a, [b]) },
    lt: { arity: [2, 2], call: ([a, b]) => isLess(a, b) },
    le: { arity: [2, 2], call: ([a, b]) => isLess(a, b) || isEqual(a, [b]) },
    gt: { arity: [2, 2], call: ([a, b]) => !isLess(a, b) && !isEqual(a, [b]) },
    ge: { arity: [2, 2], call: ([a, b]) => !isLess(a, b) },
  }),
);

/** What the escaping functions of text/template take as text: a nil is shown as such. */
function textOf(args: readonly GoValue[]): string {
  return sprint(args.map((value) => value ?? '<no value>'));
}

function callValue(value: GoValue): never {
  if (value === null || value === undefined) throw new Error('call of nil');
  throw new Error(`non-function of type ${typeName(value)}`);
}
