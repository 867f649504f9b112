import type { Field, Filter, LogicTree, Operation } from '../parse/ast.ts';
import {
  qualifiedKey,
  representationKey,
  type Column,
  type QualifiedName,
  type SchemaCache,
  type Table,
} from '../schema-cache/types.ts';
import { columnNotFound } from './lookup-errors.ts';
import type { PlannedFilter, PlannedLogic, ResolvedField } from './types.ts';

function lookUpTable(cache: SchemaCache, table: QualifiedName): Table | undefined {
  return cache.tables.get(qualifiedKey(table.schema, table.name));
}

// Written out instead of spread: every request creates many of these, and V8 is slow at cloning objects that then grow.
export function unknownField(field: Field): ResolvedField {
  return {
    name: field.name,
    path: field.path,
    toJson: false,
    toTsVector: undefined,
    type: '',
    transform: undefined,
    default: null,
    fullRow: false,
  };
}

function columnField(column: Column): ResolvedField {
  return {
    name: column.name,
    path: [],
    toJson: false,
    toTsVector: undefined,
    type: column.nominalType,
    transform: undefined,
    default: column.default,
    fullRow: false,
  };
}

/** A field with its column's type; PostgreSQL checks whether an unknown column exists. */
export function resolveField(
  cache: SchemaCache,
  table: QualifiedName,
  field: Field,
  toTsVector?: ResolvedField['toTsVector'],
): ResolvedField {
  const column = lookUpTable(cache, table)?.columns.get(field.name);
  const type = column?.nominalType ?? '';
  return {
    name: field.name,
    path: field.path,
    toJson: type !== 'json' && type !== 'jsonb',
    // Not for a column that is a vector already, nor for an unknown one: it may be a computed column of that type.
    toTsVector: column && column.type !== 'tsvector' ? toTsVector : undefined,
    type,
    transform: undefined,
    default: column?.default ?? null,
    fullRow: false,
  };
}

function withTransform(
  cache: SchemaCache,
  field: ResolvedField,
  source: string,
  target: string,
): ResolvedField {
  const transform = cache.representations.get(representationKey(source, target));
  return transform === undefined ? field : { ...field, type: source, transform };
}

/** A field as a JSON response shows it. */
export function resolveOutput(cache: SchemaCache, table: QualifiedName, field: Field): ResolvedField {
  const resolved = resolveField(cache, table, field);
  return withTransform(cache, resolved, resolved.type, 'json');
}

/** All columns of a table as a JSON response shows them. */
export function outputColumns(cache: SchemaCache, table: QualifiedName): ResolvedField[] {
  const columns = lookUpTable(cache, table)?.columns.values() ?? [];
  return [...columns].map((column) => withTransform(cache, columnField(column), column.nominalType, 'json'));
}

/** Whether a JSON response shows any column of the table through a cast function. */
export function hasRepresentation(cache: SchemaCache, table: QualifiedName): boolean {
  if (cache.representations.size === 0) return false;
  const columns = lookUpTable(cache, table)?.columns.values() ?? [];
  return [...columns].some((column) =>
    cache.representations.has(representationKey(column.nominalType, 'json')),
  );
}

/** A column as a request body writes it. @throws RestError PGRST204 */
export function resolveWritten(cache: SchemaCache, table: Table, name: string): ResolvedField {
  const column = table.columns.get(name);
  if (!column) throw columnNotFound(table.name, name);
  return withTransform(cache, columnField(column), 'json', column.nominalType);
}

function searchOf(operation: Operation): ResolvedField['toTsVector'] {
  return operation.kind === 'fullText' ? { language: operation.language } : undefined;
}

export function resolveFilter(cache: SchemaCache, table: QualifiedName, filter: Filter): PlannedFilter {
  const resolved = resolveField(cache, table, filter.field, searchOf(filter.operation));
  return { ...filter, field: withTransform(cache, resolved, 'text', resolved.type) };
}

export function resolveLogic(cache: SchemaCache, table: QualifiedName, tree: LogicTree): PlannedLogic {
  if (tree.kind === 'filter') return resolveFilter(cache, table, tree);
  return { ...tree, operands: tree.operands.map((operand) => resolveLogic(cache, table, operand)) };
}
