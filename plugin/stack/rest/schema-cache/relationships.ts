import {
  qualifiedKey,
  relationshipKey,
  sameName,
  type ColumnPairs,
  type ComputedRelationship,
  type QualifiedName,
  type KeyRelationship,
  type Relationship,
  type Table,
} from './types.ts';
import type { ViewKey } from './view-keys.ts';

export interface ForeignKeyRow {
  readonly table: QualifiedName;
  readonly foreignTable: QualifiedName;
  readonly constraint: string;
  readonly columns: ColumnPairs;
  /** Whether the key's columns are unique: one-to-one. */
  readonly unique: boolean;
}

export type ComputedRow = Pick<ComputedRelationship, 'function' | 'table' | 'foreignTable' | 'toOne'>;

// PostgREST v16 src/library/PostgREST/SchemaCache.hs, src/library/PostgREST/SchemaCache/Relationship.hs

/** All relationships between relations, by `relationshipKey`. */
export function buildRelationships(
  foreignKeys: readonly ForeignKeyRow[],
  viewKeys: readonly ViewKey[],
  computed: readonly ComputedRow[],
  tables: ReadonlyMap<string, Table>,
): Map<string, Relationship[]> {
  const fromKeys = foreignKeys.map(fromForeignKey);
  const withViews = [...fromKeys, ...fromKeys.flatMap((key) => throughViews(key, viewKeys))];
  const all = [...withViews, ...throughJunctions(withViews, tables)];
  return groupRelationships([...all, ...all.flatMap(inverse)], computed.map(fromFunction));
}

function fromForeignKey(row: ForeignKeyRow): KeyRelationship {
  const { constraint, columns } = row;
  return {
    kind: 'key',
    table: row.table,
    foreignTable: row.foreignTable,
    isSelf: sameName(row.table, row.foreignTable),
    cardinality: row.unique
      ? { kind: 'oneToOne', constraint, columns, isParent: false }
      : { kind: 'manyToOne', constraint, columns },
    tableIsView: false,
    foreignTableIsView: false,
  };
}

function fromFunction(row: ComputedRow): ComputedRelationship {
  return {
    kind: 'computed',
    ...row,
    isSelf: sameName(row.table, row.foreignTable),
  };
}

/** The foreign key with a view in place of its table, of the table that it references, or of both. */
function throughViews(key: KeyRelationship, viewKeys: readonly ViewKey[]): KeyRelationship[] {
  const { cardinality } = key;
  if (cardinality.kind !== 'manyToOne' && cardinality.kind !== 'oneToOne') return [];
  const seen = (role: ViewKey['role'], table: QualifiedName): ViewKey[] =>
    viewKeys.filter(
      (view) =>
        view.role === role && view.constraint === cardinality.constraint && sameName(view.table, table),
    );
  const sources = seen('foreign', key.table).flatMap((view) =>
    combinations(view.columns).map((columns) => ({ view: view.view, columns })),
  );
  const targets = seen('referenced', key.foreignTable).flatMap((view) =>
    combinations(view.columns).map((columns) => ({ view: view.view, columns })),
  );
  const pairs = (from: readonly string[], to: readonly string[]): ColumnPairs =>
    from.map((column, index) => [column, to[index] ?? '']);
  const ownColumns = cardinality.columns.map(([column]) => column);
  const foreignColumns = cardinality.columns.map(([, column]) => column);
  return [
    ...sources.map((source) => ({
      ...key,
      table: source.view,
      isSelf: false,
      cardinality: { ...cardinality, columns: pairs(source.columns, foreignColumns) },
      tableIsView: true,
    })),
    ...targets.map((target) => ({
      ...key,
      foreignTable: target.view,
      isSelf: false,
      cardinality: { ...cardinality, columns: pairs(ownColumns, target.columns) },
      foreignTableIsView: true,
    })),
    ...sources.flatMap((source) =>
      targets.map((target) => ({
        ...key,
        table: source.view,
        foreignTable: target.view,
        isSelf: sameName(source.view, target.view),
        cardinality: { ...cardinality, columns: pairs(source.columns, target.columns) },
        tableIsView: true,
        foreignTableIsView: true,
      })),
    ),
  ];
}

/** Every combination of one element from each list. */
function combinations(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>(
    (chosen, list) => chosen.flatMap((before) => list.map((element) => [...before, element])),
    [[]],
  );
}

/** Many-to-many relationships: two foreign keys of one table whose columns are all part of its primary key. */
function throughJunctions(
  keys: readonly KeyRelationship[],
  tables: ReadonlyMap<string, Table>,
): KeyRelationship[] {
  const byTable = new Map<string, KeyRelationship[]>();
  for (const key of keys) {
    if (key.cardinality.kind !== 'manyToOne') continue;
    const name = qualifiedKey(key.table.schema, key.table.name);
    const known = byTable.get(name);
    if (known) known.push(key);
    else byTable.set(name, [key]);
  }
  return [...byTable].flatMap(([name, ofTable]) => {
    const primaryKey = new Set(tables.get(name)?.primaryKey);
    return ofTable.flatMap((first) => ofTable.flatMap((second) => joinKeys(first, second, primaryKey)));
  });
}

function joinKeys(
  first: KeyRelationship,
  second: KeyRelationship,
  primaryKey: ReadonlySet<string>,
): KeyRelationship[] {
  if (first.cardinality.kind !== 'manyToOne' || second.cardinality.kind !== 'manyToOne') return [];
  const { constraint: constraint1, columns: columns1 } = first.cardinality;
  const { constraint: constraint2, columns: columns2 } = second.cardinality;
  if (constraint1 === constraint2) return [];
  // Every foreign key column must be part of the primary key.
  const keyColumns = new Set([...columns1, ...columns2].map(([column]) => column));
  if (![...keyColumns].every((column) => primaryKey.has(column))) return [];
  const swap = (pairs: ColumnPairs): ColumnPairs => pairs.map(([a, b]) => [b, a]);
  return [
    {
      kind: 'key',
      table: first.foreignTable,
      foreignTable: second.foreignTable,
      isSelf: sameName(first.foreignTable, second.foreignTable),
      cardinality: {
        kind: 'manyToMany',
        junction: {
          table: first.table,
          constraint1,
          constraint2,
          sourceColumns: swap(columns1),
          targetColumns: swap(columns2),
        },
      },
      tableIsView: first.foreignTableIsView,
      foreignTableIsView: second.foreignTableIsView,
    },
  ];
}

function inverse(key: KeyRelationship): KeyRelationship[] {
  const { cardinality } = key;
  if (cardinality.kind === 'manyToMany' || cardinality.kind === 'oneToMany') return [];
  const columns: ColumnPairs = cardinality.columns.map(([a, b]) => [b, a]);
  const { constraint } = cardinality;
  return [
    {
      kind: 'key',
      table: key.foreignTable,
      foreignTable: key.table,
      isSelf: key.isSelf,
      cardinality:
        cardinality.kind === 'manyToOne'
          ? { kind: 'oneToMany', constraint, columns }
          : { kind: 'oneToOne', constraint, columns, isParent: !cardinality.isParent },
      tableIsView: key.foreignTableIsView,
      foreignTableIsView: key.tableIsView,
    },
  ];
}

/** Groups by relation and foreign schema. A function with the name of a related table replaces its relationships. */
function groupRelationships(
  keys: readonly KeyRelationship[],
  computed: readonly ComputedRelationship[],
): Map<string, Relationship[]> {
  const target = (relation: QualifiedName, other: QualifiedName): string =>
    `${qualifiedKey(relation.schema, relation.name)}\u0000${qualifiedKey(other.schema, other.name)}`;
  const replaced = new Map(computed.map((r) => [target(r.table, r.function), r]));
  const groups = new Map<string, Relationship[]>();
  const add = (relationship: Relationship, foreignSchema: string): void => {
    const key = relationshipKey(relationship.table, foreignSchema);
    const known = groups.get(key);
    if (known) known.push(relationship);
    else groups.set(key, [relationship]);
  };
  for (const key of keys)
    if (!replaced.has(target(key.table, key.foreignTable))) add(key, key.foreignTable.schema);
  for (const relationship of replaced.values()) add(relationship, relationship.function.schema);
  return new Map([...groups].map(([key, group]) => [key, group.toSorted(compareRelationships)]));
}

const CARDINALITY_ORDER = ['oneToMany', 'manyToOne', 'oneToOne', 'manyToMany'];

/** The order in which an error lists ambiguous relationships. */
function compareRelationships(a: Relationship, b: Relationship): number {
  const sortKey = (r: Relationship): string[] => {
    if (r.kind === 'computed') return ['1', r.function.schema, r.function.name];
    const head = ['0', r.table.schema, r.table.name, r.foreignTable.schema, r.foreignTable.name];
    const kind = String(CARDINALITY_ORDER.indexOf(r.cardinality.kind));
    if (r.cardinality.kind !== 'manyToMany')
      return [...head, kind, r.cardinality.constraint, ...r.cardinality.columns.flat()];
    const { table, constraint1, constraint2 } = r.cardinality.junction;
    return [...head, kind, table.schema, table.name, constraint1, constraint2];
  };
  const [left, right] = [sortKey(a), sortKey(b)];
  for (const [index, text] of left.entries()) {
    const other = right[index] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
