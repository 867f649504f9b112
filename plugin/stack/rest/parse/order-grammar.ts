import type { OrderTerm } from './ast.ts';
import {
  after,
  attempt,
  char,
  choice,
  endOfInput,
  followedBy,
  lookAhead,
  optional,
  separatedBy1,
  sequence,
  text,
  type Parser,
} from './combinators.ts';
import { delimiter, field, fieldName, lexeme, parenthesized } from './names-grammar.ts';

const afterDot = <T extends string>(word: T): Parser<T> => attempt(after(delimiter, text(word)));

const direction = optional(choice<'asc' | 'desc'>(afterDot('asc'), afterDot('desc')));

type Nulls = 'nullsfirst' | 'nullslast';
const end = choice<unknown>(attempt(lookAhead(char(','))), endOfInput);
const nulls = followedBy(optional(choice<Nulls>(afterDot('nullsfirst'), afterDot('nullslast'))), end);

const ownColumn = sequence([field, direction, nulls], (name, dir, nullOrder): OrderTerm => ({
  relation: undefined,
  field: name,
  direction: dir,
  nulls: nullOrder,
}));

const relatedColumn = sequence(
  [fieldName, parenthesized(field), direction, nulls],
  (relation, name, dir, nullOrder): OrderTerm => ({
    relation,
    field: name,
    direction: dir,
    nulls: nullOrder,
  }),
);

/** `name.desc.nullslast,clients(name)`. */
export const orderTerms: Parser<OrderTerm[]> = separatedBy1(
  lexeme(choice(attempt(relatedColumn), ownColumn)),
  char(','),
);
