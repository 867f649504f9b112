import { isToOne, type QualifiedName, type Relationship, type SchemaCache } from '../schema-cache/types.ts';
import { findRelationship } from './find-relationship.ts';
import type { JoinCondition, ReadNode } from './types.ts';

/** Name of the common table expression with the rows of a read, write or function call. */
export const SOURCE = 'pgrst_source';

/**
 * Looks up each resource's relationship to its parent, and sets names and conditions of the joins.
 *
 * @param fromSource whether the root reads the rows of a write or a function instead of a table
 * @throws RestError PGRST200, PGRST201
 */
export function relateNodes(cache: SchemaCache, schema: string, root: ReadNode, fromSource: boolean): void {
  if (fromSource) {
    root.alias = root.from.name;
    root.from = { schema: '', name: SOURCE };
  }
  for (const child of root.children) relateNode(cache, schema, child, root);
}

function relateNode(cache: SchemaCache, schema: string, node: ReadNode, parent: ReadNode): void {
  // Directly below the root, the parent's alias is the name of the written or returned table.
  const origin = node.depth === 1 ? (parent.alias ?? parent.from.name) : parent.from.name;
  const relationship = findRelationship(cache, { schema, origin, target: node.name, hint: node.hint });
  const alias = `${relationship.foreignTable.name}_${node.depth}`;
  node.from = relationship.foreignTable;
  node.relationship = relationship;
  node.joinAlias = `${relationship.table.name}_${node.nameAlias ?? node.name}_${node.depth}`;
  if (node.spread && !isToOne(relationship)) node.spread = { kind: 'toMany', orderFields: [], order: [] };
  // A junction is joined without aliases.
  const usesAlias = relationship.kind === 'computed' || relationship.cardinality.kind !== 'manyToMany';
  node.alias = usesAlias ? alias : undefined;
  node.joinConditions = joinConditions(relationship, node.alias, parent.alias);
  for (const child of node.children) relateNode(cache, schema, child, node);
}

function joinConditions(
  relationship: Relationship,
  alias: string | undefined,
  parentAlias: string | undefined,
): JoinCondition[] {
  if (relationship.kind === 'computed') return [];
  const { table, foreignTable, cardinality } = relationship;
  const named = (name: string | undefined, relation: QualifiedName): QualifiedName =>
    name === undefined ? relation : { schema: '', name };
  const parent = named(parentAlias, { schema: table.schema, name: table.name });
  if (cardinality.kind === 'manyToMany') {
    const { table: junction, sourceColumns, targetColumns } = cardinality.junction;
    const through = { schema: table.schema, name: junction.name };
    return [
      ...targetColumns.map(([column, junctionColumn]) => ({
        left: through,
        leftColumn: junctionColumn,
        right: { schema: table.schema, name: foreignTable.name },
        rightColumn: column,
      })),
      ...sourceColumns.map(([column, junctionColumn]) => ({
        left: through,
        leftColumn: junctionColumn,
        right: parent,
        rightColumn: column,
      })),
    ];
  }
  return cardinality.columns.map(([column, foreignColumn]) => ({
    left: named(alias, { schema: table.schema, name: foreignTable.name }),
    leftColumn: foreignColumn,
    right: parent,
    rightColumn: column,
  }));
}
