import type { SchemaCache } from '../schema-cache/types.ts';
import { isToOne } from '../schema-cache/types.ts';
import { aggregatesNotAllowed } from '../parse/request-errors.ts';
import { SOURCE } from './relate.ts';
import { hasRepresentation, outputColumns } from './resolve-field.ts';
import type { EmbeddedSelect, PlannedField, ReadNode, SpreadField } from './types.ts';

function isPlainStar({ field, aggregate }: PlannedField): boolean {
  return field.name === '*' && field.path.length === 0 && aggregate === undefined;
}

function isRowCount({ field, aggregate }: PlannedField): boolean {
  return field.name === '*' && aggregate === 'count';
}

/**
 * Replaces `*` by the columns where each must be named: beside an aggregate (for GROUP BY), where a cast function
 * represents a column, and in a to-many spread.
 */
export function expandStars(
  cache: SchemaCache,
  schema: string,
  node: ReadNode,
  isBelowAggregate: boolean = false,
): void {
  const mustName =
    isBelowAggregate ||
    node.select.some(({ aggregate }) => aggregate !== undefined) ||
    node.spread?.kind === 'toMany';
  const table = node.from.name === SOURCE ? { schema, name: node.alias ?? '' } : node.from;
  const isSpread = node.spread !== undefined;
  const concerned = node.select.some((item) => isPlainStar(item) || (isSpread && isRowCount(item)));
  if (concerned && (mustName || hasRepresentation(cache, table))) {
    node.select = node.select.flatMap((item) => {
      if (isPlainStar(item)) return outputColumns(cache, table).map((field) => ({ ...item, field }));
      // In a spread, `count(*)` would count the parent's rows.
      if (isSpread && isRowCount(item)) return [{ ...item, field: { ...item.field, fullRow: true } }];
      return [item];
    });
  }
  for (const child of node.children) expandStars(cache, schema, child, mustName);
}

/** Names fields for which PostgreSQL would pick another name: JSON paths, casts of domains, aggregates in a spread. */
export function nameFields(node: ReadNode): void {
  node.select = node.select.map((item) => {
    const alias = item.alias ?? impliedAlias(item, node.spread !== undefined);
    return alias === item.alias ? item : { ...item, alias };
  });
  for (const child of node.children) nameFields(child);
}

function impliedAlias({ field, aggregate }: PlannedField, isSpread: boolean): string | undefined {
  if (aggregate !== undefined) return isSpread ? aggregate : undefined;
  const last = field.path.at(-1);
  if (last) {
    if ('key' in last.operand) return last.operand.key;
    // `data->1->name->0` is named `name`, `data->3` is named `data`.
    const key = field.path.findLast((step) => 'key' in step.operand);
    return key && 'key' in key.operand ? key.operand.key : field.name;
  }
  return field.transform === undefined ? undefined : field.name;
}

/** @throws RestError PGRST123 */
export function checkAggregates(node: ReadNode, allowed: boolean): void {
  if (allowed) return;
  if (node.select.some(({ aggregate }) => aggregate !== undefined)) throw aggregatesNotAllowed();
  for (const child of node.children) checkAggregates(child, allowed);
}

/** Sets what each embedded resource adds to its parent's select list. */
export function selectEmbedded(node: ReadNode): void {
  for (const child of node.children) selectEmbedded(child);
  node.embedded = node.children.map((child): EmbeddedSelect => {
    const { joinAlias } = child;
    if (child.spread) return { kind: 'spread', joinAlias, fields: spreadFields(child) };
    return {
      kind: 'embed',
      name: child.nameAlias ?? child.name,
      joinAlias,
      toOne: child.relationship !== undefined && isToOne(child.relationship),
      isEmpty: selectsNothing(child),
    };
  });
}

function selectsNothing(node: ReadNode): boolean {
  return node.select.length === 0 && node.children.every(selectsNothing);
}

function spreadFields(node: ReadNode): SpreadField[] {
  const plain = (name: string): SpreadField => ({
    name,
    aggregate: undefined,
    aggregateCast: undefined,
    alias: undefined,
  });
  return [
    ...node.select.map(({ field, alias }) => plain(alias ?? field.name)),
    ...node.embedded.flatMap((item) => (item.kind === 'embed' ? [plain(item.name)] : item.fields)),
  ];
}
