import type { Field, JsonStep } from './ast.ts';
import {
  after,
  attempt,
  char,
  choice,
  endOfInput,
  followedBy,
  label,
  lookAhead,
  many,
  map,
  notFollowedBy,
  optional,
  pure,
  satisfy,
  separatedBy1,
  sequence,
  takeWhile,
  text,
  type Parser,
} from './combinators.ts';

const LETTER = /^\p{L}$/u;
const isDigit = (c: string): boolean => c >= '0' && c <= '9';
const isAsciiLetter = (c: string): boolean => (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
const isLetter = (c: string): boolean => (c < '\u0080' ? isAsciiLetter(c) : LETTER.test(c));

const whitespace = takeWhile((c) => c === ' ' || c === '\t', 0);

/** `parser` with optional spaces and tabs around it. */
export function lexeme<T>(parser: Parser<T>): Parser<T> {
  return sequence([whitespace, parser, whitespace], (_before, value) => value);
}

/** `parser` between parentheses. */
export function parenthesized<T>(parser: Parser<T>): Parser<T> {
  return sequence([char('('), parser, char(')')], (_open, value) => value);
}

/** Letters, digits, `_`, `$` and inner spaces. */
export const identifier: Parser<string> = map(
  takeWhile((c) => isLetter(c) || isDigit(c) || c === '_' || c === ' ' || c === '$', 1, ['letter', 'digit']),
  (name) => name.trim(),
);

/** `"…"` with backslash before a quote or a backslash. */
export const quoted: Parser<string> = sequence(
  [
    char('"'),
    many(
      choice(
        satisfy((c) => c !== '\\' && c !== '"'),
        after(
          char('\\'),
          satisfy(() => true),
        ),
      ),
    ),
    char('"'),
  ],
  (_open, chars) => chars.join(''),
);

// A dash is part of a name, unless it begins `->`.
const dash = attempt(followedBy(char('-'), notFollowedBy(char('>'))));

function joinedByDashes(part: Parser<string>): Parser<string> {
  return map(separatedBy1(part, dash), (parts) => parts.join('-'));
}

/** The name of a column, relation or alias. */
export const fieldName: Parser<string> = label(
  choice(quoted, joinedByDashes(identifier)),
  'field name (* or [a..z0..9_$])',
);

const jsonKey: Parser<string> = label(
  choice(
    quoted,
    joinedByDashes(
      map(
        takeWhile((c) => !'(-:.,>)'.includes(c), 1),
        (key) => key.trim(),
      ),
    ),
  ),
  'any non reserved character different from: .,>()',
);

const endOfIndex = choice<unknown>(
  ...['->', '::', '.', ','].map((following) => attempt(lookAhead(text(following)))),
  endOfInput,
);

const jsonIndex = sequence(
  [choice(char('-'), pure('+')), takeWhile(isDigit, 1, ['digit']), endOfIndex],
  (sign, digits) => ({ index: sign + digits }),
);

const jsonStep: Parser<JsonStep> = sequence(
  [
    choice<JsonStep['arrow']>(attempt(text('->>')), attempt(text('->'))),
    choice<JsonStep['operand']>(attempt(jsonIndex), attempt(map(jsonKey, (key) => ({ key })))),
  ],
  (arrow, operand) => ({ arrow, operand }),
);

const jsonPath: Parser<JsonStep[]> = many(jsonStep);

/** A column name and its JSON path, with optional spaces around. */
export const field: Parser<Field> = lexeme(sequence([fieldName, jsonPath], (name, path) => ({ name, path })));

/** The dot between the parts of a parameter. */
export const delimiter: Parser<string> = label(char('.'), 'delimiter (.)');

const aliasSeparator = followedBy(char(':'), notFollowedBy(char(':')));

/** `alias:`, but not the start of `::cast`. */
export const alias: Parser<string | undefined> = optional(attempt(followedBy(fieldName, aliasSeparator)));

/** `clients.projects.name->key`: the path of the resource, and the field with its JSON path. */
export const treePath: Parser<{ path: string[]; field: Field }> = sequence(
  [separatedBy1(fieldName, delimiter), jsonPath],
  (names, steps) => ({
    path: names.slice(0, -1),
    field: { name: names.at(-1) ?? '', path: steps },
  }),
);

/** `columns` and `on_conflict`: names separated by commas. */
export const columnNames: Parser<string[]> = separatedBy1(fieldName, lexeme(char(',')));

/** `clients.not.or`: a boolean operator and the path of its resource. */
export const logicPath: Parser<{ path: string[]; operator: string }> = map(
  separatedBy1(fieldName, delimiter),
  (names) => {
    const operator = names.at(-1) ?? '';
    return {
      path: names.slice(0, -1).filter((name) => name !== 'not'),
      operator: names.includes('not') ? `not.${operator}` : operator,
    };
  },
);
