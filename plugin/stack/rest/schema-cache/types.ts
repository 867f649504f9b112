import type { IsolationLevel } from '../database/transaction.ts';

/** The name of a table, view, function or type. Without a schema (empty) the search path finds it. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

export interface Column {
  readonly name: string;
  readonly description: string | null;
  readonly nullable: boolean;
  /** The type; for a domain the built-in type behind it. */
  readonly type: string;
  /** The type as declared, with its modifiers. */
  readonly nominalType: string;
  readonly maxLength: number | null;
  /** SQL of the default. */
  readonly default: string | null;
  /** Labels of an enum type. */
  readonly enum: readonly string[];
}

/** A table, view, materialized view or foreign table. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly description: string | null;
  readonly isView: boolean;
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  /** Column names, sorted. For a view, the names under which it shows its table's key. */
  readonly primaryKey: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
}

/** Pairs of a column of the relation and one of the foreign relation. */
export type ColumnPairs = readonly (readonly [column: string, foreignColumn: string])[];

interface Junction {
  readonly table: QualifiedName;
  readonly constraint1: string;
  readonly constraint2: string;
  /** Columns of the relation with those of the junction. */
  readonly sourceColumns: ColumnPairs;
  /** Columns of the foreign relation with those of the junction. */
  readonly targetColumns: ColumnPairs;
}

export type Cardinality =
  | { readonly kind: 'oneToMany'; readonly constraint: string; readonly columns: ColumnPairs }
  | { readonly kind: 'manyToOne'; readonly constraint: string; readonly columns: ColumnPairs }
  | {
      readonly kind: 'oneToOne';
      readonly constraint: string;
      readonly columns: ColumnPairs;
      /** Whether the foreign key is on the other side. */
      readonly isParent: boolean;
    }
  | { readonly kind: 'manyToMany'; readonly junction: Junction };

/** How one relation can embed another: by foreign keys, or by a function (computed). */
export type Relationship = KeyRelationship | ComputedRelationship;

export interface KeyRelationship {
  readonly kind: 'key';
  readonly table: QualifiedName;
  readonly foreignTable: QualifiedName;
  readonly isSelf: boolean;
  readonly cardinality: Cardinality;
  readonly tableIsView: boolean;
  readonly foreignTableIsView: boolean;
}

export interface ComputedRelationship {
  readonly kind: 'computed';
  readonly function: QualifiedName;
  readonly table: QualifiedName;
  readonly foreignTable: QualifiedName;
  readonly toOne: boolean;
  readonly isSelf: boolean;
}

export interface RoutineParameter {
  /** Empty for an unnamed parameter. */
  readonly name: string;
  readonly type: string;
  /** The type to cast arguments to: one that does not truncate the value. */
  readonly castType: string;
  readonly required: boolean;
  readonly variadic: boolean;
}

export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly description: string | null;
  readonly parameters: readonly RoutineParameter[];
  readonly returns: {
    readonly type: QualifiedName;
    readonly setOf: boolean;
    /** A row type, or several OUT parameters. */
    readonly composite: boolean;
  };
  readonly volatility: 'volatile' | 'stable' | 'immutable';
  readonly hasVariadic: boolean;
  readonly isolationLevel: IsolationLevel | undefined;
  /** Settings of the function that apply to the whole transaction. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** How the rows of a result become a body: built in, or by an aggregate or domain of the database. */
export type MediaHandler =
  | { readonly kind: 'json' }
  | { readonly kind: 'jsonArrayStripped' }
  | { readonly kind: 'jsonObject'; readonly stripNulls: boolean }
  | { readonly kind: 'geojson' }
  | { readonly kind: 'csv' }
  | {
      readonly kind: 'custom';
      readonly function: QualifiedName;
      /** The relation whose rows it handles; undefined for any. */
      readonly target: QualifiedName | undefined;
    }
  | { readonly kind: 'none' };

export interface HandlerEntry {
  readonly handler: MediaHandler;
  /** The media type of the response, resolved where the handler's own is a wildcard. */
  readonly mime: string;
}

/** The database's objects; replaced as a whole when the schema changes. */
export interface SchemaCache {
  readonly tables: ReadonlyMap<string, Table>;
  /** By `relationshipKey` of a relation and the schema of what it embeds. */
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>;
  /** By `qualifiedKey`; overloaded functions in the order in which they are tried. */
  readonly routines: ReadonlyMap<string, readonly Routine[]>;
  /** Cast functions between domains and json or text, by `representationKey`. */
  readonly representations: ReadonlyMap<string, string>;
  /** By `handlerKey`. */
  readonly handlers: ReadonlyMap<string, HandlerEntry>;
}

// U+0000 cannot occur in a PostgreSQL identifier.
export const qualifiedKey = (schema: string, name: string): string => `${schema}\u0000${name}`;
export function relationshipKey(table: QualifiedName, foreignSchema: string): string {
  return `${table.schema}\u0000${table.name}\u0000${foreignSchema}`;
}

export const representationKey = (source: string, target: string): string => `${source}\u0000${target}`;
export function handlerKey(target: QualifiedName | undefined, mime: string): string {
  return `${target ? qualifiedKey(target.schema, target.name) : ''}\u0000${mime}`;
}

export function isToOne(relationship: Relationship): boolean {
  return relationship.kind === 'computed'
    ? relationship.toOne
    : relationship.cardinality.kind === 'manyToOne' || relationship.cardinality.kind === 'oneToOne';
}

export function sameName(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}
