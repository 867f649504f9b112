import { isToOne } from '../schema-cache/types.ts';
import { notEmbedded, relatedOrderNotToOne } from '../parse/request-errors.ts';
import { unknownField } from './resolve-field.ts';
import type { PlannedLogic, ReadNode } from './types.ts';

function findByShownName(node: ReadNode, name: string): ReadNode | undefined {
  return node.children.find((child) => (child.nameAlias ?? child.name) === name);
}

/**
 * Binds `order=clients(name)` to the join of the embedded resource.
 *
 * @throws RestError PGRST108 when it is not embedded, PGRST118 when it is not to-one
 */
export function bindRelatedOrders(node: ReadNode): void {
  node.order = node.order.map((term) => {
    if (term.relation === undefined) return term;
    const target = findByShownName(node, term.relation);
    if (!target) throw notEmbedded(term.relation);
    if (!target.relationship || !isToOne(target.relationship))
      throw relatedOrderNotToOne(node.from.name, target.nameAlias ?? target.name);
    return { ...term, relation: target.joinAlias, field: unknownField(term.field) };
  });
  for (const child of node.children) bindRelatedOrders(child);
}

/** Makes `projects=is.null` test for the absence of the embedded resource `projects`, where there is one. */
export function bindEmbedFilters(node: ReadNode): void {
  if (node.children.length > 0) node.where = node.where.map((tree) => bindLogic(node, tree));
  for (const child of node.children) bindEmbedFilters(child);
}

function bindLogic(node: ReadNode, tree: PlannedLogic): PlannedLogic {
  if (tree.kind === 'logic')
    return { ...tree, operands: tree.operands.map((operand) => bindLogic(node, operand)) };
  if (tree.kind === 'embed' || tree.field.path.length > 0) return tree;
  const { operation, negated } = tree;
  if (operation.kind !== 'is' || operation.value !== 'null') return tree;
  const target = findByShownName(node, tree.field.name);
  return target ? { kind: 'embed', exists: negated, joinAlias: target.joinAlias } : tree;
}
