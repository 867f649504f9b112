import type { FullTextOperator, QuantifiedOperator, SimpleOperator } from '../parse/ast.ts';
import type { EmbedFilter, JoinCondition, PlannedFilter, PlannedLogic } from '../plan/types.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import { columnSql, fieldSql } from './fields.ts';
import { arrayLiteral, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

const SIMPLE: Readonly<Record<SimpleOperator, string>> = {
  neq: '<>',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
};

const QUANTIFIED: Readonly<Record<QuantifiedOperator, string>> = {
  eq: '=',
  gte: '>=',
  gt: '>',
  lte: '<=',
  lt: '<',
  like: 'LIKE',
  ilike: 'ILIKE',
  match: '~',
  imatch: '~*',
};

const FULL_TEXT: Readonly<Record<FullTextOperator, string>> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
};

const IS = {
  null: 'NULL',
  not_null: 'NOT NULL',
  true: 'TRUE',
  false: 'FALSE',
  unknown: 'UNKNOWN',
} as const;

/** Tests whether an embedded resource is present: by its join, or (in a count) by a subquery. */
type EmbedTest = (filter: EmbedFilter) => string;

function testByJoin({ joinAlias, exists }: EmbedFilter): string {
  return `${quoteIdentifier(joinAlias)} IS ${exists ? '' : 'NOT '}DISTINCT FROM NULL`;
}

/** The condition of a filter, or of a boolean expression of filters, on `table`. */
export function logicSql(
  table: QualifiedName,
  tree: PlannedLogic,
  params: Parameters,
  testEmbed: EmbedTest = testByJoin,
): string {
  if (tree.kind === 'filter') return filterSql(table, tree, params);
  if (tree.kind === 'embed') return testEmbed(tree);
  const operands = tree.operands.map((operand) => logicSql(table, operand, params, testEmbed));
  const joined = operands.join(tree.operator === 'and' ? ' AND ' : ' OR ');
  return `${tree.negated ? 'NOT ' : ''}(${joined})`;
}

function filterSql(
  table: QualifiedName,
  { field, negated, operation }: PlannedFilter,
  params: Parameters,
): string {
  const subject = (negated ? 'NOT ' : '') + fieldSql(table, field, params);
  const { transform } = field;
  const read = (value: string): string => (transform === undefined ? value : `${transform}(${value})`);
  switch (operation.kind) {
    case 'simple':
      return `${subject} ${SIMPLE[operation.operator]} ${read(params.add(operation.value))}`;
    case 'quantified': {
      const { operator, quantifier, value } = operation;
      const isPattern = operator === 'like' || operator === 'ilike';
      const operand = isPattern ? params.add(value.replaceAll('*', '%')) : read(params.add(value));
      const quantified = quantifier ? `${quantifier.toUpperCase()}(${operand})` : operand;
      return `${subject} ${QUANTIFIED[operator]} ${quantified}`;
    }
    case 'in': {
      // With an array, lists of every length (even an empty one) share one prepared statement.
      const { values } = operation;
      const isEmpty = values.length === 1 && values[0] === '';
      const list = params.add(isEmpty ? '{}' : arrayLiteral(values));
      if (transform === undefined || isEmpty) return `${subject} = ANY(${list})`;
      return `${subject} = ANY(SELECT ${transform}(unnest(${list}::text[])))`;
    }
    case 'is':
      return `${subject} IS ${IS[operation.value]}`;
    case 'isDistinct':
      return `${subject} IS DISTINCT FROM ${params.add(operation.value)}`;
    case 'fullText': {
      const { language } = operation;
      const configuration = language === undefined ? '' : `${params.add(language)}, `;
      return `${subject} @@ ${FULL_TEXT[operation.operator]}(${configuration}${params.add(operation.value)})`;
    }
  }
}

export function joinConditionSql({ left, leftColumn, right, rightColumn }: JoinCondition): string {
  return `${columnSql(right, rightColumn)} = ${columnSql(left, leftColumn)}`;
}

/** The `WHERE` clause, or nothing. */
export function whereSql(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
