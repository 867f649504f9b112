import type { Aggregate, Field, Operation } from '../parse/ast.ts';
import type { MediaType } from '../parse/media-type.ts';
import type { RowRange } from '../parse/range.ts';
import type { Mutation } from '../parse/api-request.ts';
import type { QualifiedName, MediaHandler, Relationship, Routine } from '../schema-cache/types.ts';

/** A field, with the conversions that its column's type needs. */
export interface ResolvedField extends Field {
  /** Whether the path needs the value as JSON first. */
  readonly toJson: boolean;
  /** Text search configuration by which to convert it to a vector; undefined for no conversion. */
  readonly toTsVector: { readonly language: string | undefined } | undefined;
  /** The declared type; empty when the column is not known. */
  readonly type: string;
  /** SQL name of the cast function that reads or shows a domain. */
  readonly transform: string | undefined;
  /** SQL of the column's default. */
  readonly default: string | null;
  /** The whole row instead of a column, for counting. */
  readonly fullRow: boolean;
}

export interface PlannedField {
  readonly field: ResolvedField;
  readonly aggregate: Aggregate | undefined;
  readonly aggregateCast: string | undefined;
  readonly cast: string | undefined;
  readonly alias: string | undefined;
}

export interface PlannedFilter {
  readonly kind: 'filter';
  readonly field: ResolvedField;
  readonly negated: boolean;
  readonly operation: Operation;
}

/** `projects=is.null`: tests whether an embedded resource is present. */
export interface EmbedFilter {
  readonly kind: 'embed';
  /** Whether it must be present. */
  readonly exists: boolean;
  readonly joinAlias: string;
}

export type PlannedLogic =
  | PlannedFilter
  | EmbedFilter
  | {
      readonly kind: 'logic';
      readonly negated: boolean;
      readonly operator: 'and' | 'or';
      readonly operands: readonly PlannedLogic[];
    };

export interface PlannedOrder {
  /** The join alias of an embedded resource; undefined for the resource's own column. */
  readonly relation: string | undefined;
  readonly field: ResolvedField;
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'nullsfirst' | 'nullslast' | undefined;
}

/** Column equality between two relations; an empty schema means an alias. */
export interface JoinCondition {
  readonly left: QualifiedName;
  readonly leftColumn: string;
  readonly right: QualifiedName;
  readonly rightColumn: string;
}

/** A column of a spread resource in its parent's result. */
export interface SpreadField {
  readonly name: string;
  readonly aggregate: Aggregate | undefined;
  readonly aggregateCast: string | undefined;
  readonly alias: string | undefined;
}

/** What an embedded resource adds to its parent's select list. */
export type EmbeddedSelect =
  | {
      readonly kind: 'embed';
      readonly name: string;
      readonly joinAlias: string;
      readonly toOne: boolean;
      /** Whether it selects nothing: it is joined, but not shown. */
      readonly isEmpty: boolean;
    }
  | { readonly kind: 'spread'; readonly joinAlias: string; readonly fields: readonly SpreadField[] };

type Spread =
  | { readonly kind: 'toOne' }
  | {
      readonly kind: 'toMany';
      /** Columns that only the order needs, of the resource itself or of one embedded in it. */
      readonly orderFields: readonly {
        readonly relation: string | undefined;
        readonly field: PlannedField;
      }[];
      readonly order: readonly PlannedOrder[];
    };

/** A resource to read, with its embedded resources. Planned in steps, then not changed any more. */
export interface ReadNode {
  select: readonly PlannedField[];
  from: QualifiedName;
  alias: string | undefined;
  where: readonly PlannedLogic[];
  order: readonly PlannedOrder[];
  range: RowRange;
  /** As named in `select`. */
  readonly name: string;
  readonly nameAlias: string | undefined;
  readonly hint: string | undefined;
  readonly join: 'inner' | 'left' | undefined;
  readonly depth: number;
  relationship: Relationship | undefined;
  joinConditions: readonly JoinCondition[];
  /** Alias of the lateral join in the parent's query. */
  joinAlias: string;
  spread: Spread | undefined;
  embedded: readonly EmbeddedSelect[];
  children: ReadNode[];
  /** Whether a parameter named it by its own name though it has an alias, which PostgREST deprecates. */
  isNamedPastAlias: boolean;
}

export type MutatePlan =
  | {
      readonly kind: 'insert';
      readonly into: QualifiedName;
      readonly columns: readonly ResolvedField[];
      readonly body: string;
      readonly onConflict:
        | { readonly resolution: 'merge' | 'ignore'; readonly columns: readonly string[] }
        | undefined;
      /** For PUT: the row must be the one that the URL names. */
      readonly where: readonly PlannedLogic[];
      readonly returning: readonly string[];
      readonly primaryKey: readonly string[];
      readonly applyDefaults: boolean;
    }
  | {
      readonly kind: 'update';
      readonly into: QualifiedName;
      readonly columns: readonly ResolvedField[];
      readonly body: string;
      readonly where: readonly PlannedLogic[];
      readonly returning: readonly string[];
      readonly applyDefaults: boolean;
    }
  | {
      readonly kind: 'delete';
      readonly into: QualifiedName;
      readonly where: readonly PlannedLogic[];
      readonly returning: readonly string[];
    };

export type CallArguments =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, string | readonly string[]> }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'raw'; readonly bytes: Buffer };

export interface CallPlan {
  readonly routine: Routine;
  /** The parameters with an argument, or the single unnamed one. */
  readonly parameters: Routine['parameters'];
  readonly isSingleUnnamed: boolean;
  readonly arguments: CallArguments;
  /** Columns that selection and embedding need; empty or `*` for all. */
  readonly returning: readonly string[];
  readonly filterFields: readonly string[];
}

/** The form of the response. */
export interface ResponseFormat {
  readonly handler: MediaHandler;
  readonly mediaType: MediaType;
}

/** The plan of a request that runs a statement. */
export type CrudPlan = ResponseFormat & { readonly read: ReadNode } & (
    | { readonly kind: 'read'; readonly target: QualifiedName; readonly headersOnly: boolean }
    | {
        readonly kind: 'mutate';
        readonly target: QualifiedName;
        readonly mutation: Mutation;
        readonly mutate: MutatePlan;
      }
    | {
        readonly kind: 'call';
        readonly target: QualifiedName;
        readonly call: CallPlan;
        readonly method: 'get' | 'head' | 'post';
      }
  );

export type ActionPlan =
  | CrudPlan
  | { readonly kind: 'inspect'; readonly headersOnly: boolean }
  | { readonly kind: 'info'; readonly allow: string };

export function returnsScalar(routine: Routine): boolean {
  return !routine.returns.setOf && !routine.returns.composite;
}

export function returnsSetOfScalar(routine: Routine): boolean {
  return routine.returns.setOf && !routine.returns.composite;
}

export function returnsSingleComposite(routine: Routine): boolean {
  return !routine.returns.setOf && routine.returns.composite;
}

export function returnsVoid(routine: Routine): boolean {
  return (
    returnsScalar(routine) &&
    routine.returns.type.schema === 'pg_catalog' &&
    routine.returns.type.name === 'void'
  );
}
