/** `->key`, `->>key`, `->0`: one step into a JSON value. */
export interface JsonStep {
  readonly arrow: '->' | '->>';
  /** A key, or an index with its sign (`+1`, `-1`). */
  readonly operand: { readonly key: string } | { readonly index: string };
}

/** A column with an optional path into it. */
export interface Field {
  readonly name: string;
  readonly path: readonly JsonStep[];
}

export type Aggregate = 'sum' | 'avg' | 'count' | 'max' | 'min';

/** `alias:field->path::cast.aggregate()::cast` in `select`. */
export interface SelectedField {
  readonly kind: 'field';
  readonly field: Field;
  readonly alias: string | undefined;
  readonly cast: string | undefined;
  readonly aggregate: Aggregate | undefined;
  readonly aggregateCast: string | undefined;
}

/** `alias:relation!hint!inner(…)` or, spread into its parent, `...relation(…)`. */
export interface SelectedRelation {
  readonly kind: 'relation';
  readonly name: string;
  readonly alias: string | undefined;
  readonly hint: string | undefined;
  readonly join: 'inner' | 'left' | undefined;
  readonly spread: boolean;
  readonly select: readonly SelectItem[];
}

export type SelectItem = SelectedField | SelectedRelation;

export type Quantifier = 'any' | 'all';

/** Operators that take `(any)` and `(all)`. */
export type QuantifiedOperator = 'eq' | 'gte' | 'gt' | 'lte' | 'lt' | 'like' | 'ilike' | 'match' | 'imatch';

export type SimpleOperator = 'neq' | 'cs' | 'cd' | 'ov' | 'sl' | 'sr' | 'nxr' | 'nxl' | 'adj';

export type FullTextOperator = 'fts' | 'plfts' | 'phfts' | 'wfts';

export type IsValue = 'null' | 'not_null' | 'true' | 'false' | 'unknown';

export type Operation =
  | { readonly kind: 'simple'; readonly operator: SimpleOperator; readonly value: string }
  | {
      readonly kind: 'quantified';
      readonly operator: QuantifiedOperator;
      readonly quantifier: Quantifier | undefined;
      readonly value: string;
    }
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'is'; readonly value: IsValue }
  | { readonly kind: 'isDistinct'; readonly value: string }
  | {
      readonly kind: 'fullText';
      readonly operator: FullTextOperator;
      readonly language: string | undefined;
      readonly value: string;
    };

export interface Filter {
  readonly kind: 'filter';
  readonly field: Field;
  readonly negated: boolean;
  readonly operation: Operation;
}

/** `and(…)`, `or(…)` and their negations over filters. */
export type LogicTree =
  | Filter
  | {
      readonly kind: 'logic';
      readonly negated: boolean;
      readonly operator: 'and' | 'or';
      readonly operands: readonly LogicTree[];
    };

export interface OrderTerm {
  /** The embedded to-one resource that has the column; undefined for the resource's own. */
  readonly relation: string | undefined;
  readonly field: Field;
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'nullsfirst' | 'nullslast' | undefined;
}

/** Names of the embedded resources from the root down, such as `['clients', 'projects']`. */
export type EmbedPath = readonly string[];

/** A value that applies to the resource at `path`; the root's path is empty. */
export interface AtPath<T> {
  readonly path: EmbedPath;
  readonly value: T;
}
