import type { AtPath, EmbedPath, SelectItem } from '../parse/ast.ts';
import type { ApiRequest } from '../parse/api-request.ts';
import { ALL_ROWS } from '../parse/range.ts';
import { aliasedTargetName, notEmbedded } from '../parse/request-errors.ts';
import type { QualifiedName, SchemaCache } from '../schema-cache/types.ts';
import { resolveField, resolveFilter, resolveLogic, resolveOutput } from './resolve-field.ts';
import type { PlannedField, ReadNode } from './types.ts';

/** The tree of the resources in `select`, without their relationships. */
export function buildReadTree(
  cache: SchemaCache,
  root: QualifiedName,
  select: readonly SelectItem[],
): ReadNode {
  return buildNode(cache, root, select, {
    name: root.name,
    nameAlias: undefined,
    hint: undefined,
    join: undefined,
    depth: 0,
    spread: undefined,
  });
}

function buildNode(
  cache: SchemaCache,
  from: QualifiedName,
  select: readonly SelectItem[],
  head: Pick<ReadNode, 'name' | 'nameAlias' | 'hint' | 'join' | 'depth' | 'spread'>,
): ReadNode {
  const fields: PlannedField[] = [];
  const children: ReadNode[] = [];
  for (const item of select) {
    if (item.kind === 'field') {
      const { aggregate, aggregateCast, cast, alias } = item;
      fields.push({ field: resolveOutput(cache, from, item.field), aggregate, aggregateCast, cast, alias });
    } else {
      const child = buildNode(cache, { schema: from.schema, name: item.name }, item.select, {
        name: item.name,
        nameAlias: item.alias,
        hint: item.hint,
        join: item.join,
        depth: head.depth + 1,
        spread: item.spread ? { kind: 'toOne' } : undefined,
      });
      children.push(child);
    }
  }
  return {
    name: head.name,
    nameAlias: head.nameAlias,
    hint: head.hint,
    join: head.join,
    depth: head.depth,
    spread: head.spread,
    select: fields,
    from,
    alias: undefined,
    where: [],
    order: [],
    range: ALL_ROWS,
    relationship: undefined,
    joinConditions: [],
    joinAlias: '',
    embedded: [],
    children,
    isNamedPastAlias: false,
  };
}

/** Assigns filters, orders and ranges to their resources. */
export function applyParameters(
  cache: SchemaCache,
  root: ReadNode,
  request: ApiRequest,
  legacyTargetNames: boolean,
): void {
  const { query, action } = request;
  const isMutation = action.kind === 'mutate';
  // For a write, the root's filters select the rows to write (mutate-plan.ts), and its range has no meaning.
  const ofTarget = <T>({ path }: AtPath<T>): boolean => !isMutation || path.length > 0;
  const applyEach = <T>(items: readonly AtPath<T>[], change: (node: ReadNode, value: T) => void): void => {
    for (const { path, value } of items)
      updateNode(root, path, legacyTargetNames, (node) => change(node, value));
  };
  applyEach(query.filters.filter(ofTarget), (node, filter) => {
    node.where = [...node.where, resolveFilter(cache, node.from, filter)];
  });
  applyEach(query.order, (node, terms) => {
    // The first of several orders of one resource counts.
    if (node.order.length > 0) return;
    node.order = terms.map((term) => ({ ...term, field: resolveField(cache, root.from, term.field) }));
  });
  if (!isMutation) {
    const ranges = [...query.ranges.values()].filter(({ path }) => path.length > 0);
    applyEach([{ path: [], value: request.range }, ...ranges], (node, range) => {
      node.range = range;
    });
  }
  applyEach(query.logic.filter(ofTarget), (node, tree) => {
    node.where = [...node.where, resolveLogic(cache, node.from, tree)];
  });
}

/** @throws RestError PGRST108 when a name on the path is not embedded */
function updateNode(
  node: ReadNode,
  path: EmbedPath,
  legacyTargetNames: boolean,
  change: (node: ReadNode) => void,
): void {
  const [name, ...remaining] = path;
  if (name === undefined) {
    change(node);
    return;
  }
  const byShownName = (child: ReadNode): boolean => (child.nameAlias ?? child.name) === name;
  const byEitherName = (child: ReadNode): boolean => child.name === name || child.nameAlias === name;
  const target = node.children.find(legacyTargetNames ? byEitherName : byShownName);
  if (!target) {
    const aliased = node.children.find(byEitherName);
    if (aliased?.nameAlias !== undefined) throw aliasedTargetName(name, aliased.name, aliased.nameAlias);
    throw notEmbedded(name);
  }
  if (target.nameAlias !== undefined && target.nameAlias !== name) target.isNamedPastAlias = true;
  updateNode(target, remaining, legacyTargetNames, change);
}

/** The resources that parameters named by their own name though they have an alias. */
export function namedPastAlias(node: ReadNode): { name: string; alias: string }[] {
  const here = node.isNamedPastAlias ? [{ name: node.name, alias: node.nameAlias ?? '' }] : [];
  return node.children.length === 0 ? here : [...here, ...node.children.flatMap(namedPastAlias)];
}
