import { LRUCache } from 'lru-cache';
import type { AtPath, Filter, LogicTree, OrderTerm, SelectItem } from './ast.ts';
import { run, type Parser } from './combinators.ts';
import { filterCondition, logicTree } from './filter-grammar.ts';
import { columnNames, logicPath, treePath } from './names-grammar.ts';
import { orderTerms } from './order-grammar.ts';
import { describeMessages, describePosition } from './parse-error.ts';
import { parseQueryString, type Parameter } from './query-string.ts';
import { parameterRange, type RowRange } from './range.ts';
import { parseFailed } from './request-errors.ts';
import { selectList } from './select-grammar.ts';

// PostgREST v16 src/library/PostgREST/ApiRequest/QueryParams.hs

/** The parsed query string of a request. */
export interface QueryParameters {
  /** As decoded, in the order of the URL. */
  readonly parameters: readonly Parameter[];
  readonly select: readonly SelectItem[];
  readonly filters: readonly AtPath<Filter>[];
  readonly logic: readonly AtPath<LogicTree>[];
  readonly order: readonly AtPath<readonly OrderTerm[]>[];
  /** `limit` and `offset` by the dotted path of their resource; the root's path is empty. */
  readonly ranges: ReadonlyMap<string, AtPath<RowRange>>;
  readonly columns: readonly string[] | undefined;
  readonly onConflict: readonly string[] | undefined;
  /** Names of all filter parameters, as written. */
  readonly filterKeys: ReadonlySet<string>;
  /** Arguments of a function called with GET: the parameters that are not filters. */
  readonly args: readonly (readonly [name: string, value: string])[];
}

const RESERVED = new Set(['select', 'columns', 'on_conflict']);
const RESERVED_LAST_WORDS = new Set(['order', 'limit', 'offset', 'and', 'or']);

const lastWord = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/**
 * Parses a query string.
 *
 * @param isCall whether this calls a function with GET: parameters without an operator are then its arguments
 * @throws RestError PGRST100
 */
export function parseQueryParameters(query: string, isCall: boolean): QueryParameters {
  const parameters = parseQueryString(query);
  const given = parameters.filter((p): p is { key: string; value: string } => p.value !== undefined);
  const ending = (...words: string[]): typeof given => given.filter((p) => words.includes(lastWord(p.key)));
  const first = (key: string): string | undefined => parameters.find((p) => p.key === key)?.value;
  const filterParameters = given.filter(
    ({ key }) => !RESERVED.has(key) && !RESERVED_LAST_WORDS.has(lastWord(key)),
  );

  const order = ending('order').map(parseOrder);
  const logic = ending('and', 'or').map(parseLogic);
  const columns = parseOptional('columns parameter', columnNames, first('columns'));
  const select = parse('select parameter', selectList, first('select') ?? '*');
  const filters: AtPath<Filter>[] = [];
  const args: [string, string][] = [];
  for (const { key, value } of filterParameters) {
    const { path, field } = parse('tree path', treePath, key);
    const condition = parseCondition(value, isCall);
    if (condition) filters.push({ path, value: { kind: 'filter', field, ...condition } });
    else args.push([field.name, value]);
  }
  const onConflict = parseOptional('on_conflict parameter', columnNames, first('on_conflict'));
  return {
    parameters,
    select,
    filters,
    logic,
    order,
    ranges: parseRanges(ending('limit'), ending('offset')),
    columns,
    onConflict,
    filterKeys: new Set(filterParameters.map(({ key }) => key)),
    args,
  };
}

function parseOrder({ key, value }: { key: string; value: string }): AtPath<readonly OrderTerm[]> {
  const { path } = parse('tree path', treePath, key);
  return { path, value: parse('order', orderTerms, value) };
}

function parseLogic({ key, value }: { key: string; value: string }): AtPath<LogicTree> {
  const { path, operator } = parse('logic path', logicPath, key);
  // Parsed as one expression, operator and operands, the form in which the grammar nests them.
  return { path, value: parse('logic tree', logicTree, operator + value, value) };
}

function parseRanges(
  limits: readonly { key: string; value: string }[],
  offsets: readonly { key: string; value: string }[],
): Map<string, AtPath<RowRange>> {
  const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('.')));
  const limitOf = new Map(limits.map(({ key, value }) => [parentOf(key), value]));
  const offsetOf = new Map(offsets.map(({ key, value }) => [parentOf(key), value]));
  const ranges = new Map<string, AtPath<RowRange>>();
  for (const parent of new Set([...limitOf.keys(), ...offsetOf.keys()])) {
    const path = parent === '' ? [] : parse('tree path', treePath, `${parent}.limit`).path;
    ranges.set(parent, { path, value: parameterRange(limitOf.get(parent), offsetOf.get(parent)) });
  }
  return ranges;
}

function parseCondition(value: string, isCall: boolean): Pick<Filter, 'negated' | 'operation'> | undefined {
  if (!isCall) return parse('filter', filterCondition, value);
  const result = filterCondition(value, 0);
  if (result.ok) return result.value;
  // An operator with a bad operand is an error; anything else is an argument.
  if (result.consumed) return parse('filter', filterCondition, value);
  return undefined;
}

/** Deepest nesting of parentheses: the grammar and everything that walks its result is recursive. */
const MAX_DEPTH = 100;

/** @throws RestError PGRST100; PostgREST has no such limit */
function checkDepth(what: string, input: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < input.length; at += 1) {
    const char = input[at];
    if (char === '"') quoted = !quoted;
    else if (char === '\\' && quoted) at += 1;
    else if (char === ')' && !quoted) depth -= 1;
    else if (char === '(' && !quoted) {
      depth += 1;
      if (depth > MAX_DEPTH)
        throw parseFailed(
          `"failed to parse ${what}" ${describePosition(input, at)}`,
          `nested more than ${MAX_DEPTH} levels deep`,
        );
    }
  }
}

// Clients send the same few parameters again and again.
const CACHED_TEXTS = 2000;
const CACHED_LENGTH = 500;
const caches = new Map<Parser<unknown>, LRUCache<string, { value: unknown }>>();

/**
 * @param shown the text that an error message quotes
 * @throws RestError PGRST100 with the position in `input`
 */
function parse<T>(what: string, parser: Parser<T>, input: string, shown: string = input): T {
  if (input.length > MAX_DEPTH) checkDepth(what, input);
  const cached = parser === (filterCondition as unknown) ? undefined : cacheOf(parser);
  const known = cached?.get(input) as { value: T } | undefined;
  if (known) return known.value;
  const result = run(parser, input);
  if ('value' in result) {
    if (input.length <= CACHED_LENGTH) cached?.set(input, result);
    return result.value;
  }
  const { at, messages } = result.error;
  throw parseFailed(
    `"failed to parse ${what} (${shown})" ${describePosition(input, at)}`,
    describeMessages(messages),
  );
}

function cacheOf(parser: Parser<unknown>): LRUCache<string, { value: unknown }> {
  let cache = caches.get(parser);
  if (!cache) caches.set(parser, (cache = new LRUCache({ max: CACHED_TEXTS })));
  return cache;
}

function parseOptional<T>(what: string, parser: Parser<T>, input: string | undefined): T | undefined {
  return input === undefined ? undefined : parse(what, parser, input);
}
