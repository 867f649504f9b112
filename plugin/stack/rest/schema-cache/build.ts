import type { IsolationLevel } from '../database/transaction.ts';
import { buildRelationships, type ComputedRow, type ForeignKeyRow } from './relationships.ts';
import {
  handlerKey,
  qualifiedKey,
  representationKey,
  type Column,
  type HandlerEntry,
  type QualifiedName,
  type Relationship,
  type Routine,
  type SchemaCache,
  type Table,
} from './types.ts';
import { findViewKeys, type KeyRow, type ViewKey, type ViewRow } from './view-keys.ts';

/** Results of the introspection queries. */
export interface CatalogRows {
  readonly tables: readonly TableRow[];
  readonly foreignKeys: readonly ForeignKeyRow[];
  readonly views: readonly ViewRow[];
  readonly keys: readonly KeyRow[];
  readonly routines: readonly RoutineRow[];
  readonly computed: readonly ComputedRow[];
  readonly representations: readonly (readonly [source: string, target: string, fn: string])[];
  readonly handlers: readonly HandlerRow[];
}

type TableRow = Omit<Table, 'columns'> & { readonly columns: readonly Column[] };

interface RoutineRow {
  readonly schema: string;
  readonly name: string;
  readonly description: string | null;
  readonly volatility: string;
  readonly variadic: boolean;
  /** How many parameters have no default. */
  readonly required: number;
  readonly named: boolean;
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly setOf: boolean;
  readonly composite: boolean;
  readonly returns: QualifiedName;
  readonly isolation: string | null;
  readonly settings: readonly (readonly [string, string])[];
}

interface HandlerRow {
  readonly function: QualifiedName;
  readonly target: QualifiedName;
  readonly mime: string;
}

/** Builds the schema cache from the catalog's rows; only objects in `schemas` can be requested. */
export function buildSchemaCache(rows: CatalogRows, schemas: readonly string[]): SchemaCache {
  const viewKeys = findViewKeys(rows.views, rows.keys);
  const tables = buildTables(rows.tables, viewKeys);
  const relationships = buildRelationships(rows.foreignKeys, viewKeys, rows.computed, tables);
  return {
    tables: new Map([...tables].filter(([, table]) => schemas.includes(table.schema))),
    relationships: exposedOnly(relationships, schemas),
    routines: buildRoutines(rows.routines),
    representations: new Map(
      rows.representations.map(([source, target, fn]) => [representationKey(source, target), fn]),
    ),
    handlers: buildHandlers(rows.handlers),
  };
}

function buildTables(rows: readonly TableRow[], viewKeys: readonly ViewKey[]): Map<string, Table> {
  const primaryKeys = new Map<string, string[]>();
  for (const { role, view, columns } of viewKeys) {
    if (role !== 'primary') continue;
    const name = qualifiedKey(view.schema, view.name);
    // A view may show a key column under several names: the first one is used.
    const shown = columns.map(([first]) => first ?? '');
    primaryKeys.set(name, [...(primaryKeys.get(name) ?? []), ...shown]);
  }
  return new Map(
    rows.map((row): [string, Table] => {
      const name = qualifiedKey(row.schema, row.name);
      const columns = new Map(row.columns.map((column) => [column.name, column]));
      const primaryKey = row.isView ? (primaryKeys.get(name) ?? []) : row.primaryKey;
      return [name, { ...row, primaryKey, columns }];
    }),
  );
}

function exposedOnly(
  relationships: ReadonlyMap<string, readonly Relationship[]>,
  schemas: readonly string[],
): Map<string, readonly Relationship[]> {
  const isExposed = (relationship: Relationship): boolean => {
    if (!schemas.includes(relationship.table.schema)) return false;
    if (!schemas.includes(relationship.foreignTable.schema)) return false;
    if (relationship.kind === 'computed' || relationship.cardinality.kind !== 'manyToMany') return true;
    return schemas.includes(relationship.cardinality.junction.table.schema);
  };
  const exposed = new Map<string, readonly Relationship[]>();
  for (const [key, group] of relationships) {
    // An empty group is kept: the relation exists, so an error message must not suggest that it was misspelt.
    const [relation] = group;
    if (relation && schemas.includes(relation.table.schema)) exposed.set(key, group.filter(isExposed));
  }
  return exposed;
}

const SINGLE_UNNAMED = new Set(['bytea', 'json', 'jsonb', 'text', 'xml']);

/** Types that truncate a value to their length, and their counterparts that do not. */
const CAST_TYPES: ReadonlyMap<string, string> = new Map([
  ['bit', 'bit varying'],
  ['bit[]', 'bit varying[]'],
  ['character', 'character varying'],
  ['character[]', 'character varying[]'],
]);

function buildRoutines(rows: readonly RoutineRow[]): Map<string, Routine[]> {
  const routines = new Map<string, Routine[]>();
  for (const row of rows) {
    // Arguments are passed by name. The exception is a single unnamed parameter, which receives the whole body.
    if (!row.named && row.types.length > 0 && !isSingleUnnamed(row.types)) continue;
    const name = qualifiedKey(row.schema, row.name);
    const routine = buildRoutine(row);
    const known = routines.get(name);
    if (known) known.push(routine);
    else routines.set(name, [routine]);
  }
  // Fewer parameters first.
  const order = (a: Routine, b: Routine): number =>
    a.parameters.length - b.parameters.length || compareParameters(a, b);
  return new Map([...routines].map(([name, overloads]) => [name, overloads.toSorted(order)]));
}

function isSingleUnnamed(types: readonly string[]): boolean {
  return types.length === 1 && SINGLE_UNNAMED.has(types[0] ?? '');
}

function compareParameters(a: Routine, b: Routine): number {
  const text = (routine: Routine): string =>
    routine.parameters.map((parameter) => `${parameter.name}\u0000${parameter.type}`).join('\u0000');
  const [left, right] = [text(a), text(b)];
  return left < right ? -1 : Number(left > right);
}

function buildRoutine(row: RoutineRow): Routine {
  return {
    schema: row.schema,
    name: row.name,
    description: row.description,
    parameters: row.types.map((type, index) => ({
      name: row.names[index] ?? '',
      type,
      castType: CAST_TYPES.get(type) ?? type,
      required: index < row.required,
      variadic: row.variadic && index === row.types.length - 1,
    })),
    returns: { type: row.returns, setOf: row.setOf, composite: row.composite },
    volatility: row.volatility === 'i' ? 'immutable' : row.volatility === 's' ? 'stable' : 'volatile',
    hasVariadic: row.variadic,
    isolationLevel: row.isolation === null ? undefined : parseIsolationLevel(row.isolation),
    settings: row.settings,
  };
}

/** Anything but a stricter level is PostgreSQL's default. */
export function parseIsolationLevel(text: string): IsolationLevel {
  const level = text.toLowerCase();
  return level === 'repeatable read' || level === 'serializable' ? level : 'read committed';
}

const BUILT_IN_HANDLERS: readonly (readonly [string, HandlerEntry])[] = [
  ['*/*', { handler: { kind: 'json' }, mime: 'application/json' }],
  ['application/json', { handler: { kind: 'json' }, mime: 'application/json' }],
  ['text/csv', { handler: { kind: 'csv' }, mime: 'text/csv' }],
  ['application/geo+json', { handler: { kind: 'geojson' }, mime: 'application/geo+json' }],
];

function buildHandlers(rows: readonly HandlerRow[]): Map<string, HandlerEntry> {
  const handlers = new Map(BUILT_IN_HANDLERS.map(([mime, entry]) => [handlerKey(undefined, mime), entry]));
  for (const row of rows) {
    const isAny = row.target.schema === 'pg_catalog' && row.target.name === 'anyelement';
    const target = isAny ? undefined : row.target;
    const mime = row.mime === '*/*' ? 'application/octet-stream' : row.mime;
    handlers.set(handlerKey(target, row.mime), {
      handler: { kind: 'custom', function: row.function, target },
      mime,
    });
  }
  return handlers;
}
