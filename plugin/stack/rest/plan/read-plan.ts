import type { ApiRequest } from '../parse/api-request.ts';
import { restrictRange } from '../parse/range.ts';
import type { QualifiedName, SchemaCache } from '../schema-cache/types.ts';
import { applyParameters, buildReadTree } from './read-tree.ts';
import { relateNodes } from './relate.ts';
import { bindEmbedFilters, bindRelatedOrders } from './related-terms.ts';
import { checkAggregates, expandStars, nameFields, selectEmbedded } from './select-fields.ts';
import { hoistAggregates, orderSpreadArrays } from './spread.ts';
import type { ReadNode } from './types.ts';

export interface ReadOptions {
  readonly maxRows: number | undefined;
  readonly aggregatesEnabled: boolean;
  /** Whether filters may still name an aliased resource by its own name. */
  readonly legacyTargetNames: boolean;
}

// PostgREST v16 src/library/PostgREST/Plan/ReadPlan.hs, src/library/PostgREST/Plan.hs

/**
 * Plans a read: from a table, or from the rows that a write or a function returned.
 *
 * @param root the relation whose columns the root has
 * @throws RestError PGRST108, PGRST118, PGRST123, PGRST127, PGRST200, PGRST201
 */
export function planRead(
  cache: SchemaCache,
  request: ApiRequest,
  root: QualifiedName,
  options: ReadOptions,
): ReadNode {
  const { action } = request;
  const tree = buildReadTree(cache, root, request.query.select);
  applyParameters(cache, tree, request, options.legacyTargetNames);
  relateNodes(cache, root.schema, tree, action.kind === 'mutate' || action.kind === 'call');
  expandStars(cache, root.schema, tree);
  nameFields(tree);
  bindRelatedOrders(tree);
  bindEmbedFilters(tree);
  selectEmbedded(tree);
  checkAggregates(tree, options.aggregatesEnabled);
  hoistAggregates(tree);
  orderSpreadArrays(tree);
  if (action.kind !== 'mutate') restrictRanges(tree, options.maxRows);
  return tree;
}

function restrictRanges(node: ReadNode, maxRows: number | undefined): void {
  node.range = restrictRange(node.range, maxRows);
  for (const child of node.children) restrictRanges(child, maxRows);
}

/** The columns that a write or a function must return for selection and embedding; `*` for all. */
export function columnsNeeded(root: ReadNode, primaryKey: readonly string[]): readonly string[] {
  const selected = root.select.map(({ field }) => field.name);
  const relationships = root.children.map((child) => child.relationship);
  // A computed relationship needs the whole row. Nothing may be named besides `*`, or the column would appear twice.
  if (selected.includes('*') || relationships.some((r) => r?.kind === 'computed')) return ['*'];
  const keys = relationships.flatMap((relationship) => {
    if (relationship?.kind !== 'key') return [];
    const { cardinality } = relationship;
    const pairs =
      cardinality.kind === 'manyToMany' ? cardinality.junction.sourceColumns : cardinality.columns;
    return pairs.map(([column]) => column);
  });
  return [...new Set([...selected, ...keys, ...primaryKey])].toSorted();
}
