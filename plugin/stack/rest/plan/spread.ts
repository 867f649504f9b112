import { notImplemented } from '../parse/request-errors.ts';
import { unknownField } from './resolve-field.ts';
import type { PlannedField, PlannedOrder, ReadNode, SpreadField } from './types.ts';

/** An aggregate that moves from a to-one spread to its parent. */
interface Hoisted {
  readonly joinAlias: string;
  readonly name: string;
  readonly item: PlannedField;
}

/**
 * Moves aggregates out of to-one spreads, up to the first ancestor that is not itself a to-one spread: they group by
 * that ancestor's columns.
 */
export function hoistAggregates(root: ReadNode): void {
  hoistFrom(root);
}

function hoistFrom(node: ReadNode): Hoisted[] {
  const fromChildren = node.children.flatMap(hoistFrom);
  const isToOneSpread = node.spread?.kind === 'toOne';
  if (!isToOneSpread) {
    if (fromChildren.length > 0)
      node.embedded = node.embedded.map((item) =>
        item.kind === 'spread'
          ? { ...item, fields: item.fields.map((field) => applyHoisted(field, item.joinAlias, fromChildren)) }
          : item,
      );
    return [];
  }
  const own = node.select
    .filter(({ aggregate }) => aggregate !== undefined)
    .map((item) => ({ joinAlias: node.joinAlias, name: item.alias ?? item.field.name, item }));
  node.select = node.select.map((item) => ({ ...item, aggregate: undefined, aggregateCast: undefined }));
  return [...own, ...fromChildren.map((hoisted) => ({ ...hoisted, joinAlias: node.joinAlias }))];
}

function applyHoisted(field: SpreadField, joinAlias: string, hoisted: readonly Hoisted[]): SpreadField {
  const found = hoisted.find((h) => h.joinAlias === joinAlias && h.name === field.name);
  if (!found) return field;
  const { aggregate, aggregateCast, alias } = found.item;
  return { ...field, aggregate, aggregateCast, alias };
}

/**
 * Moves the order of to-many spreads into the aggregation of their arrays, and selects the columns that it needs under
 * unique names.
 *
 * @throws RestError PGRST127 for aggregates in a to-many spread
 */
export function orderSpreadArrays(node: ReadNode): void {
  if (node.spread?.kind === 'toMany') {
    const spreads = node.embedded.flatMap((item) => (item.kind === 'spread' ? item.fields : []));
    if ([...node.select, ...spreads].some(({ aggregate }) => aggregate !== undefined))
      throw notImplemented('Aggregates are not implemented for one-to-many or many-to-many spreads.');
    const terms = node.order.map((term, index) => orderTerm(node, term, index + 1));
    node.spread = {
      kind: 'toMany',
      orderFields: terms.map(({ relation, field }) => ({ relation, field })),
      order: terms.map(({ order }) => order),
    };
    node.order = [];
  }
  for (const child of node.children) orderSpreadArrays(child);
}

function orderTerm(
  node: ReadNode,
  term: PlannedOrder,
  index: number,
): { relation: string | undefined; field: PlannedField; order: PlannedOrder } {
  const alias = `${node.joinAlias}_${term.field.name}_${index}`;
  const { relation, direction, nulls } = term;
  const field = relation === undefined ? term.field : unknownField(term.field);
  return {
    relation,
    field: { field, aggregate: undefined, aggregateCast: undefined, cast: undefined, alias },
    order: { relation: undefined, field: unknownField({ name: alias, path: [] }), direction, nulls },
  };
}
