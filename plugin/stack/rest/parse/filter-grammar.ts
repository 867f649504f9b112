import type {
  Filter,
  FullTextOperator,
  IsValue,
  LogicTree,
  Operation,
  QuantifiedOperator,
  Quantifier,
  SimpleOperator,
} from './ast.ts';
import {
  after,
  attempt,
  char,
  choice,
  followedBy,
  label,
  map,
  notFollowedBy,
  optional,
  pure,
  rest,
  satisfy,
  separatedBy1,
  sequence,
  takeWhile,
  text,
  type Parser,
  type Reply,
} from './combinators.ts';
import { delimiter, field, identifier, lexeme, parenthesized, quoted } from './names-grammar.ts';

/** The condition of a filter, without its field. */
type Condition = Pick<Filter, 'negated' | 'operation'>;

function oneOf<T extends string>(...names: readonly T[]): Parser<T> {
  return choice(...names.map((name) => attempt(text(name))));
}

const SIMPLE = ['neq', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'] as const;
// An operator that begins with another one precedes it.
const QUANTIFIED = ['eq', 'gte', 'gt', 'lte', 'lt', 'like', 'ilike', 'match', 'imatch'] as const;
const FULL_TEXT = ['fts', 'plfts', 'phfts', 'wfts'] as const;
const IS_VALUES = ['null', 'not_null', 'true', 'false', 'unknown'] as const;

const simpleOperator: Parser<SimpleOperator> = label(
  oneOf<SimpleOperator>(...SIMPLE),
  'unknown single value operator',
);
const quantifiedOperator: Parser<QuantifiedOperator> = label(
  oneOf<QuantifiedOperator>(...QUANTIFIED),
  'unknown single value operator',
);

/** The word in any mix of upper and lower case. */
function anyCase<T extends string>(word: T): Parser<T> {
  const letters = Array.from(word, (c) => choice(char(c), char(c.toUpperCase())));
  return map(letters.reduce(after), () => word);
}

const isValue: Parser<IsValue> = label(
  choice<IsValue>(...IS_VALUES.map((word) => attempt(anyCase(word)))),
  'isVal: (null, not_null, true, false, unknown)',
);

/** An element of `in.(…)` or of a boolean expression: quoted, or up to a comma or parenthesis. */
const notInList = (c: string): boolean => c !== ',' && c !== ')';
const quotedElement = attempt(followedBy(quoted, notFollowedBy(satisfy(notInList))));
const bareElement = takeWhile(notInList, 0);
const listElement = choice(quotedElement, bareElement);

const list = sequence(
  [lexeme(char('(')), separatedBy1(listElement, char(',')), lexeme(char(')'))],
  (_open, values) => values,
);

const keyword = (word: string): Parser<string> => attempt(followedBy(text(word), delimiter));

const quantifier: Parser<Quantifier | undefined> = optional(
  attempt(parenthesized(choice<Quantifier>(attempt(text('any')), text('all')))),
);
const language = optional(attempt(parenthesized(identifier)));

/** An operator with its operand, which `value` parses. */
function condition(value: Parser<string>): Parser<Condition> {
  const isIn = map(after(keyword('in'), list), (values): Operation => ({ kind: 'in', values }));
  const is = map(after(keyword('is'), isValue), (word): Operation => ({ kind: 'is', value: word }));
  const isDistinct = map(after(keyword('isdistinct'), value), (operand): Operation => ({
    kind: 'isDistinct',
    value: operand,
  }));
  const fullText = sequence(
    [oneOf<FullTextOperator>(...FULL_TEXT), language, delimiter, value],
    (operator, lang, _dot, operand): Operation => ({
      kind: 'fullText',
      operator,
      language: lang,
      value: operand,
    }),
  );
  const simple = sequence([simpleOperator, delimiter, value], (operator, _dot, operand): Operation => ({
    kind: 'simple',
    operator,
    value: operand,
  }));
  const quantified = sequence(
    [quantifiedOperator, quantifier, delimiter, value],
    (operator, quant, _dot, operand): Operation => ({
      kind: 'quantified',
      operator,
      quantifier: quant,
      value: operand,
    }),
  );
  const operation = label(
    choice<Operation>(isIn, is, isDistinct, attempt(fullText), attempt(simple), attempt(quantified)),
    'operator (eq, gt, ...)',
  );
  return sequence([negation, operation], (negated, parsed) => ({ negated, operation: parsed }));
}

const negation: Parser<boolean> = choice(
  map(keyword('not'), () => true),
  pure(false),
);

const fullCondition = condition(rest);
const plainOperators = new Map<string, (value: string) => Operation>([
  ...SIMPLE.map((operator): [string, (value: string) => Operation] => [
    operator,
    (value) => ({ kind: 'simple', operator, value }),
  ]),
  ...QUANTIFIED.map((operator): [string, (value: string) => Operation] => [
    operator,
    (value) => ({ kind: 'quantified', operator, quantifier: undefined, value }),
  ]),
]);

/** The value of a filter parameter, such as `eq.1`, `not.in.(1,2)`, `fts(english).cat`. */
export function filterCondition(input: string, at: number): Reply<Condition> {
  // Fast path: most filters are a plain operator and a value, which one lookup finds without trying alternatives.
  const dot = input.indexOf('.', at);
  const make = dot === -1 ? undefined : plainOperators.get(input.slice(at, dot));
  if (!make) return fullCondition(input, at);
  const value = { negated: false, operation: make(input.slice(dot + 1)) };
  return { ok: true, consumed: true, value, at: input.length, error: { at: input.length, messages: [] } };
}

const arrayLiteral = attempt(
  sequence(
    [text('{'), takeWhile((c) => c !== '{' && c !== '}', 0), text('}')],
    (open, elements, close) => open + elements + close,
  ),
);

const conditionInTree = condition(choice(quotedElement, arrayLiteral, bareElement));

const filterInTree: Parser<Filter> = sequence(
  [field, delimiter, conditionInTree],
  (name, _dot, { negated, operation }): Filter => ({ kind: 'filter', field: name, negated, operation }),
);

const logicOperator = label(
  choice<'and' | 'or'>(attempt(text('and')), text('or')),
  'logic operator (and, or)',
);

const logicExpression = sequence(
  [
    label(negation, 'negation operator (not)'),
    logicOperator,
    lexeme(char('(')),
    separatedBy1((input, at) => logicTree(input, at), lexeme(char(','))),
    lexeme(char(')')),
  ],
  (negated, operator, _open, operands): LogicTree => ({ kind: 'logic', negated, operator, operands }),
);

/** `and(a.eq.1,or(b.gt.2,not.c.is.null))`. */
export const logicTree: Parser<LogicTree> = choice<LogicTree>(attempt(filterInTree), logicExpression);
