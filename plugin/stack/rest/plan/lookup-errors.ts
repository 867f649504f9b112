import { RestError } from '../http/rest-error.ts';
import type { MediaType } from '../parse/media-type.ts';
import {
  qualifiedKey,
  relationshipKey,
  type KeyRelationship,
  type Relationship,
  type Routine,
  type SchemaCache,
} from '../schema-cache/types.ts';
import { findMostSimilar, rankBySimilarity } from './fuzzy-match.ts';

// PostgREST v16 src/library/PostgREST/Error.hs, codes PGRST2xx

// A hint suggests the name of a table or function only when it is this similar.
const NAME_SCORE = 0.75;
const MAX_TABLES_FOR_HINTS = 500;

function namesIn(keys: Iterable<string>, schema: string): string[] {
  return [...keys]
    .map((key) => key.split('\u0000'))
    .flatMap(([s, name]) => (s === schema && name ? [name] : []));
}

export function tableNotFound(cache: SchemaCache, schema: string, name: string): RestError {
  const names = namesIn(cache.tables.keys(), schema);
  const similar = names.length < MAX_TABLES_FOR_HINTS ? findMostSimilar(names, name, NAME_SCORE) : undefined;
  return new RestError(404, {
    code: 'PGRST205',
    message: `Could not find the table '${schema}.${name}' in the schema cache`,
    hint: similar === undefined ? null : `Perhaps you meant the table '${schema}.${similar}'`,
  });
}

export function columnNotFound(table: string, column: string): RestError {
  return new RestError(400, {
    code: 'PGRST204',
    message: `Could not find the '${column}' column of '${table}' in the schema cache`,
  });
}

/** The relationship that a request asks for. */
export interface RelationshipLookup {
  readonly schema: string;
  /** Name of the relation that embeds. */
  readonly origin: string;
  /** Name of a table or view, of a foreign key, or of a foreign key's column. */
  readonly target: string;
  /** Name of a constraint, column or junction. */
  readonly hint: string | undefined;
}

export function noRelationship(cache: SchemaCache, lookup: RelationshipLookup): RestError {
  const { schema, origin: parent, target: child, hint } = lookup;
  const using = hint === undefined ? '' : `' using the hint '${hint}`;
  return new RestError(400, {
    code: 'PGRST200',
    message: `Could not find a relationship between '${parent}' and '${child}' in the schema cache`,
    details: `Searched for a foreign key relationship between '${parent}' and '${child}${using}' in the schema '${schema}', but no matches were found.`,
    hint: suggestRelation(cache, schema, parent, child),
  });
}

function suggestRelation(cache: SchemaCache, schema: string, parent: string, child: string): string | null {
  const ofParent = cache.relationships.get(relationshipKey({ schema, name: parent }, schema));
  if (!ofParent) {
    const parents = [...cache.relationships.keys()]
      .map((key) => key.split('\u0000'))
      .flatMap(([, name, foreignSchema]) => (foreignSchema === schema && name ? [name] : []));
    const similar = findMostSimilar(parents, parent);
    return similar === undefined ? null : `Perhaps you meant '${similar}' instead of '${parent}'.`;
  }
  const children = ofParent.map((relationship) => relationship.foreignTable.name);
  const similar = rankBySimilarity(children, child).find(({ score }) => score < 1);
  return similar ? `Perhaps you meant '${similar.name}' instead of '${child}'.` : null;
}

export function ambiguousRelationship(
  parent: string,
  child: string,
  found: readonly Relationship[],
): RestError {
  // Only relationships by foreign keys can be ambiguous.
  const keys = found.filter((relationship) => relationship.kind === 'key');
  const hints = keys.map((key) => `'${key.foreignTable.name}!${constraintOf(key)}'`);
  return new RestError(300, {
    code: 'PGRST201',
    message: `Could not embed because more than one relationship was found for '${parent}' and '${child}'`,
    details: keys.map(describeRelationship),
    hint: `Try changing '${child}' to one of the following: ${hints.join(', ')}. Find the desired relationship in the 'details' key.`,
  });
}

function constraintOf({ cardinality }: KeyRelationship): string {
  return cardinality.kind === 'manyToMany' ? cardinality.junction.table.name : cardinality.constraint;
}

const CARDINALITY_TEXT = {
  oneToMany: 'one-to-many',
  manyToOne: 'many-to-one',
  oneToOne: 'one-to-one',
  manyToMany: 'many-to-many',
} as const;

function describeRelationship(key: KeyRelationship): Record<string, string> {
  const { cardinality, table, foreignTable } = key;
  const list = (names: readonly string[]): string => `(${names.join(', ')})`;
  let relationship: string;
  if (cardinality.kind === 'manyToMany') {
    const { table: junction, constraint1, constraint2, sourceColumns, targetColumns } = cardinality.junction;
    const source = list(sourceColumns.map(([, column]) => column));
    const target = list(targetColumns.map(([, column]) => column));
    relationship = `${junction.name} using ${constraint1}${source} and ${constraint2}${target}`;
  } else {
    const own = list(cardinality.columns.map(([column]) => column));
    const foreign = list(cardinality.columns.map(([, column]) => column));
    relationship = `${cardinality.constraint} using ${table.name}${own} and ${foreignTable.name}${foreign}`;
  }
  return {
    cardinality: CARDINALITY_TEXT[cardinality.kind],
    embedding: `${table.name} with ${foreignTable.name}`,
    relationship,
  };
}

/** The type of the single parameter that would receive a body of this kind. */
const SINGLE_PARAMETER: Partial<Record<MediaType['kind'], string>> = {
  text: 'text',
  xml: 'xml',
  binary: 'bytea',
};

/** The function that a request calls. */
export interface RoutineLookup {
  readonly schema: string;
  readonly name: string;
  readonly argumentNames: readonly string[];
  readonly contentType: MediaType;
  readonly isPost: boolean;
}

export function routineNotFound(cache: SchemaCache, lookup: RoutineLookup): RestError {
  const { schema, name, argumentNames: keys, contentType, isPost } = lookup;
  const single = isPost ? SINGLE_PARAMETER[contentType.kind] : undefined;
  const called = `${schema}.${name}`;
  const list = keys.join(', ');
  const without = ' without parameters';
  const inMessage = keys.length === 0 ? without : `(${list})`;
  const inDetails = keys.length === 0 ? without : ` with parameter${keys.length > 1 ? 's' : ''} ${list}`;
  const orSingle =
    isPost && contentType.kind === 'json' ? ' or with a single unnamed json/jsonb parameter' : '';
  const searched = single === undefined ? inDetails + orSingle : ` with a single unnamed ${single} parameter`;
  return new RestError(404, {
    code: 'PGRST202',
    message: `Could not find the function ${called}${single === undefined ? inMessage : ''} in the schema cache`,
    details: `Searched for the function ${called}${searched}, but no matches were found in the schema cache.`,
    hint: single === undefined ? suggestRoutine(cache, lookup) : null,
  });
}

function suggestRoutine(
  cache: SchemaCache,
  { schema, name, argumentNames: keys }: RoutineLookup,
): string | null {
  const overloads = cache.routines.get(qualifiedKey(schema, name)) ?? [];
  const signature = (names: readonly string[]): string => `(${[...names].toSorted().join(', ')})`;
  const similar =
    overloads.length === 0
      ? findMostSimilar(namesIn(cache.routines.keys(), schema), name, NAME_SCORE)
      : findMostSimilar(
          overloads.map((routine) => signature(routine.parameters.map((parameter) => parameter.name))),
          signature(keys),
        );
  if (similar === undefined) return null;
  const called = overloads.length === 0 ? similar : name + similar;
  return `Perhaps you meant to call the function ${schema}.${called}`;
}

export function ambiguousRoutine(found: readonly Routine[]): RestError {
  const signatures = found.map((routine) => {
    const parameters = routine.parameters.map((parameter) => `${parameter.name} => ${parameter.type}`);
    return `${routine.schema}.${routine.name}(${parameters.join(', ')})`;
  });
  return new RestError(300, {
    code: 'PGRST203',
    message: `Could not choose the best candidate function between: ${signatures.join(', ')}`,
    hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
  });
}
