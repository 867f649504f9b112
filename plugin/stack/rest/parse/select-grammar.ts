import type { Aggregate, Field, SelectedField, SelectedRelation, SelectItem } from './ast.ts';
import {
  after,
  attempt,
  char,
  choice,
  endOfInput,
  followedBy,
  lookAhead,
  map,
  optional,
  separatedBy,
  sequence,
  text,
  where,
  type Parser,
} from './combinators.ts';
import { alias, field, fieldName, identifier, lexeme, parenthesized } from './names-grammar.ts';

type EmbedParameter = { hint: string } | { join: 'inner' | 'left' };

const embedParameter = after(
  char('!'),
  choice<EmbedParameter>(
    map(attempt(text('left')), (join) => ({ join })),
    map(attempt(text('inner')), (join) => ({ join })),
    map(attempt(fieldName), (hint) => ({ hint })),
  ),
);

type EmbedHead = Omit<SelectedRelation, 'kind' | 'select'>;
type Parameters = readonly (EmbedParameter | undefined)[];

function embedHead(
  name: string,
  aliasName: string | undefined,
  spread: boolean,
  parameters: Parameters,
): EmbedHead {
  const given = parameters.filter((parameter) => parameter !== undefined);
  const hint = given.find((parameter) => 'hint' in parameter)?.hint;
  const join = given.find((parameter) => 'join' in parameter)?.join;
  return { name, alias: aliasName, hint, join, spread };
}

const embedParameters = sequence([optional(embedParameter), optional(embedParameter)], (first, second) => [
  first,
  second,
]);

const openingFollows = attempt(lookAhead(text('(')));

const relationHead: Parser<EmbedHead> = lexeme(
  sequence(
    [alias, where(fieldName, (name) => name !== 'count'), embedParameters, openingFollows],
    (aliasName, name, parameters) => embedHead(name, aliasName, false, parameters),
  ),
);

const spreadHead: Parser<EmbedHead> = lexeme(
  sequence([text('...'), fieldName, embedParameters, openingFollows], (_dots, name, parameters) =>
    embedHead(name, undefined, true, parameters),
  ),
);

const endOfField = choice<unknown>(attempt(lookAhead(text(')'))), attempt(lookAhead(text(','))), endOfInput);

const cast = optional(after(text('::'), identifier));

const aggregate = optional(
  attempt(
    after(
      char('.'),
      followedBy(
        choice<Aggregate>(
          text('sum'),
          text('avg'),
          text('count'),
          attempt(text('max')),
          attempt(text('min')),
        ),
        text('()'),
      ),
    ),
  ),
);

function plainField(name: Field): SelectedField {
  return {
    kind: 'field',
    field: name,
    alias: undefined,
    cast: undefined,
    aggregate: undefined,
    aggregateCast: undefined,
  };
}

const star = map(followedBy(text('*'), endOfField), () => plainField({ name: '*', path: [] }));

const countOfRows = sequence(
  [alias, text('count()'), cast, endOfField],
  (aliasName, _count, aggregateCast): SelectedField => ({
    ...plainField({ name: '*', path: [] }),
    alias: aliasName,
    aggregate: 'count',
    aggregateCast,
  }),
);

const column = sequence(
  [alias, field, cast, aggregate, cast, endOfField],
  (aliasName, name, castType, aggregateName, aggregateCast): SelectedField => ({
    kind: 'field',
    field: name,
    alias: aliasName,
    cast: castType,
    aggregate: aggregateName,
    aggregateCast,
  }),
);

const selectedField: Parser<SelectItem> = lexeme(
  choice<SelectItem>(attempt(star), attempt(countOfRows), column),
);

function embed(head: Parser<EmbedHead>): Parser<SelectItem> {
  return sequence(
    // A function, because the grammar is recursive: `selectList` is not defined yet.
    [attempt(head), parenthesized((input, at) => selectList(input, at))],
    (embedded, select): SelectItem => ({ kind: 'relation', ...embedded, select }),
  );
}

/** The whole `select` parameter; empty text is an empty list. */
export const selectList: Parser<SelectItem[]> = separatedBy(
  choice(embed(spreadHead), embed(relationHead), selectedField),
  lexeme(char(',')),
);
