import { isAllRows, rangeLimit, type RowRange } from '../parse/range.ts';
import type { EmbeddedSelect, PlannedField, ReadNode } from '../plan/types.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import { joinConditionSql, logicSql, whereSql } from './conditions.ts';
import { columnSql, fieldSql, orderSql, selectFieldSql, spreadFieldSql } from './fields.ts';
import { quoteQualifiedName, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

// PostgREST v16 src/library/PostgREST/Query/QueryBuilder.hs

/** The query of a resource; embedded resources are lateral joins. */
export function readSql(node: ReadNode, params: Parameters, parent?: ReadNode): string {
  const table = tableOf(node);
  // An empty selection reads every column; the parent's select list then omits them.
  const fields =
    node.select.length === 0 && node.children.length === 0
      ? [columnSql(table, '*')]
      : node.select.map((item) => selectFieldSql(table, item, params));
  const orderFields =
    node.spread?.kind === 'toMany'
      ? node.spread.orderFields.map(({ relation, field }) =>
          selectFieldSql(relation === undefined ? table : { schema: '', name: relation }, field, params),
        )
      : [];
  const embedded = node.embedded.flatMap(embeddedSql);
  return (
    `SELECT ${[...fields, ...orderFields, ...embedded].join(', ')}` +
    fromSql(node, parent) +
    node.embedded.map((item, index) => joinSql(item, node, index, params)).join('') +
    whereSql([
      ...node.where.map((tree) => logicSql(table, tree, params)),
      ...node.joinConditions.map(joinConditionSql),
    ]) +
    groupSql(table, node, params) +
    orderSql(table, node.order, params) +
    limitSql(node.range, params)
  );
}

/** The name that qualifies the resource's columns. */
function tableOf(node: ReadNode): QualifiedName {
  if (node.relationship?.kind === 'computed')
    return { schema: '', name: node.alias ?? node.relationship.function.name };
  return node.alias === undefined ? node.from : { schema: '', name: node.alias };
}

function fromSql(node: ReadNode, parent: ReadNode | undefined): string {
  const { relationship } = node;
  const alias = node.alias === undefined ? '' : ` AS ${quoteIdentifier(node.alias)}`;
  if (relationship?.kind === 'computed') {
    // The cast selects the overload when the row comes from a common table expression.
    const row = quoteIdentifier(parent?.alias ?? relationship.table.name);
    const argument = `${row}::${quoteQualifiedName(relationship.table)}`;
    return ` FROM ${quoteQualifiedName(relationship.function)}(${argument})${alias}`;
  }
  const junction =
    relationship?.cardinality.kind === 'manyToMany'
      ? `, ${quoteQualifiedName(relationship.cardinality.junction.table)}`
      : '';
  return ` FROM ${quoteQualifiedName(node.from)}${alias}${junction}`;
}

function embeddedSql(item: EmbeddedSelect): string[] {
  if (item.kind === 'spread') return item.fields.map((field) => spreadFieldSql(item.joinAlias, field));
  if (item.isEmpty) return [];
  const alias = quoteIdentifier(item.joinAlias);
  const name = quoteIdentifier(item.name);
  if (item.toOne) return [`row_to_json(${alias}.*)::jsonb AS ${name}`];
  return [`COALESCE(${alias}.${alias}, '[]') AS ${name}`];
}

function joinSql(item: EmbeddedSelect, node: ReadNode, index: number, params: Parameters): string {
  const child = node.children[index];
  if (!child) return '';
  const alias = quoteIdentifier(item.joinAlias);
  const isInner = child.join === 'inner';
  const join = isInner ? ' INNER JOIN LATERAL' : ' LEFT JOIN LATERAL';
  const query = readSql(child, params, node);
  if (item.kind === 'embed' ? item.toOne : child.spread?.kind === 'toOne')
    return `${join} (${query}) AS ${alias} ON TRUE`;
  const arrays = item.kind === 'spread' ? spreadArrays(item, child, params) : [];
  const select = [`json_agg(${alias})::jsonb AS ${alias}`, ...arrays].join(', ');
  const condition = isInner ? `${alias} IS NOT NULL` : 'TRUE';
  return `${join} (SELECT ${select} FROM (${query}) AS ${alias}) AS ${alias} ON ${condition}`;
}

function spreadArrays(
  item: EmbeddedSelect & { kind: 'spread' },
  child: ReadNode,
  params: Parameters,
): string[] {
  const table = { schema: '', name: item.joinAlias };
  const order = child.spread?.kind === 'toMany' ? child.spread.order : [];
  return item.fields.map((field) => {
    const values = `json_agg(${columnSql(table, field.name)}${orderSql(table, order, params)})`;
    return `COALESCE(${values}, '[]')::jsonb AS ${quoteIdentifier(field.alias ?? field.name)}`;
  });
}

/** Groups by the rest of the select list when it has an aggregate. */
function groupSql(table: QualifiedName, { select, embedded }: ReadNode, params: Parameters): string {
  const spreads = embedded.filter((item) => item.kind === 'spread');
  const isAggregated =
    select.some(({ aggregate }) => aggregate !== undefined) ||
    spreads.some(({ fields }) => fields.some(({ aggregate }) => aggregate !== undefined));
  if (!isAggregated) return '';
  const ofField = ({ field, alias }: PlannedField): string =>
    alias === undefined ? fieldSql(table, field, params) : quoteIdentifier(alias);
  const terms = [
    ...select.filter(({ aggregate }) => aggregate === undefined).map(ofField),
    ...embedded.flatMap((item) =>
      item.kind === 'embed'
        ? [quoteIdentifier(item.name)]
        : item.fields
            .filter(({ aggregate }) => aggregate === undefined)
            .map(({ name, alias }) => `${quoteIdentifier(item.joinAlias)}.${quoteIdentifier(alias ?? name)}`),
    ),
  ];
  return terms.length === 0 ? '' : ` GROUP BY ${terms.join(', ')}`;
}

function limitSql(range: RowRange, params: Parameters): string {
  if (isAllRows(range)) return '';
  const limit = rangeLimit(range);
  return ` LIMIT ${limit === undefined ? 'ALL' : params.add(whole(limit))} OFFSET ${params.add(whole(range.lower))}`;
}

const whole = (value: number): string => BigInt(value).toString();

/**
 * The rows of the root without limit, to count them. Inner joins and tests for embedded resources become EXISTS, so that
 * they do not multiply rows.
 */
export function countSql(node: ReadNode, params: Parameters, parent?: ReadNode): string {
  const table = tableOf(node);
  const exists = (child: ReadNode): string => `EXISTS (${countSql(child, params, node)})`;
  const conditions = [
    ...node.where.map((tree) =>
      logicSql(table, tree, params, (filter) => {
        const child = node.children.find(({ joinAlias }) => joinAlias === filter.joinAlias);
        return child ? `${filter.exists ? '' : 'NOT '}${exists(child)}` : 'TRUE';
      }),
    ),
    ...node.joinConditions.map(joinConditionSql),
    ...node.children.filter(({ join }) => join === 'inner').map(exists),
  ];
  return `SELECT 1${fromSql(node, parent)}${whereSql(conditions)}`;
}
