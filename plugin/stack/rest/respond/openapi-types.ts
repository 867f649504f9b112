import { parseJson, type JsonObject } from '../../../shared/json.ts';
import {
  relationshipKey,
  type Column,
  type KeyRelationship,
  type Relationship,
  type Routine,
  type RoutineParameter,
  type Table,
} from '../schema-cache/types.ts';

const TYPES: ReadonlyMap<string, string | undefined> = new Map([
  ['character varying', 'string'],
  ['character', 'string'],
  ['text', 'string'],
  ['boolean', 'boolean'],
  ['smallint', 'integer'],
  ['integer', 'integer'],
  ['bigint', 'integer'],
  ['numeric', 'number'],
  ['real', 'number'],
  ['double precision', 'number'],
  // Any JSON value, so no type.
  ['json', undefined],
  ['jsonb', undefined],
]);

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['smallint', 'int32'],
  ['integer', 'int32'],
  ['bigint', 'int64'],
]);

/** The OpenAPI type of a PostgreSQL type; undefined for one that holds any JSON value. */
export function openApiType(type: string): string | undefined {
  if (TYPES.has(type)) return TYPES.get(type);
  return type.endsWith('[]') ? 'array' : 'string';
}

export const openApiFormat = (type: string): string => FORMATS.get(type) ?? type;

function itemsOf(type: string): JsonObject | undefined {
  return openApiType(type) === 'array'
    ? withoutUndefined({ type: openApiType(type.slice(0, -2)) })
    : undefined;
}

export function withoutUndefined(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

/** The definition of a table or view. */
export function describeRelation(
  table: Table,
  relationships: ReadonlyMap<string, readonly Relationship[]>,
): JsonObject {
  const columns = [...table.columns.values()];
  const required = columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
  return withoutUndefined({
    description: table.description ?? undefined,
    required: required.length === 0 ? undefined : required,
    properties: Object.fromEntries(
      columns.map((column) => [column.name, describeColumn(table, column, relationships)]),
    ),
    type: 'object',
  });
}

function describeColumn(
  table: Table,
  column: Column,
  relationships: ReadonlyMap<string, readonly Relationship[]>,
): JsonObject {
  const { type } = column;
  return withoutUndefined({
    default: column.default === null ? undefined : parseDefault(type, column.default),
    description: columnDescription(table, column, relationships),
    enum: column.enum.length === 0 ? undefined : column.enum,
    format: openApiFormat(type),
    items: itemsOf(type),
    maxLength: column.maxLength ?? undefined,
    type: openApiType(type),
  });
}

/** A constant default, for a text without quotes and cast; undefined for an expression or null. */
function parseDefault(type: string, sql: string): unknown {
  if (openApiType(type) === 'string') {
    const suffix = `::${type}`;
    const constant = sql.endsWith(suffix) ? sql.slice(0, -suffix.length).replaceAll(/^'+|'+$/g, '') : sql;
    return parseJson(`"${constant}"`);
  }
  return parseJson(sql) ?? undefined;
}

function columnDescription(
  table: Table,
  column: Column,
  relationships: ReadonlyMap<string, readonly Relationship[]>,
): string | undefined {
  const notes: string[] = [];
  if (table.primaryKey.includes(column.name)) notes.push('This is a Primary Key.<pk/>');
  const reference = findReference(table, column.name, relationships);
  if (reference) {
    const [foreignTable, foreignColumn] = reference;
    notes.push(
      `This is a Foreign Key to \`${foreignTable}.${foreignColumn}\`.<fk table='${foreignTable}' column='${foreignColumn}'/>`,
    );
  }
  if (notes.length === 0) return column.description ?? undefined;
  const before = column.description === null ? '' : `${column.description}\n\n`;
  return before + ['Note:', ...notes].join('\n');
}

/** The column that a single-column foreign key references; tables take precedence over views. */
function findReference(
  table: Table,
  column: string,
  relationships: ReadonlyMap<string, readonly Relationship[]>,
): readonly [table: string, column: string] | undefined {
  const found = (relationships.get(relationshipKey(table, table.schema)) ?? [])
    .filter((relationship): relationship is KeyRelationship => relationship.kind === 'key')
    .toSorted((a, b) => Number(a.foreignTableIsView) - Number(b.foreignTableIsView));
  for (const { cardinality, foreignTable } of found) {
    const refers =
      cardinality.kind === 'manyToOne' || (cardinality.kind === 'oneToOne' && !cardinality.isParent);
    if (!refers || cardinality.columns.length !== 1) continue;
    const [own, foreign] = cardinality.columns[0] ?? [];
    if (own === column && foreign !== undefined) return [foreignTable.name, foreign];
  }
  return undefined;
}

/** The arguments of a function, as the object that POST accepts. */
export function describeRoutineArguments({ parameters, description }: Routine): JsonObject {
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  return withoutUndefined({
    description: description ?? undefined,
    required: required.length === 0 ? undefined : required,
    properties: Object.fromEntries(parameters.map((p) => [p.name, describeParameter(p)])),
    type: 'object',
  });
}

function describeParameter({ type }: RoutineParameter): JsonObject {
  return withoutUndefined({ format: openApiFormat(type), items: itemsOf(type), type: openApiType(type) });
}
