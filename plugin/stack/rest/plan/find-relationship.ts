import {
  relationshipKey,
  type Cardinality,
  type KeyRelationship,
  type Relationship,
  type SchemaCache,
} from '../schema-cache/types.ts';
import { ambiguousRelationship, noRelationship, type RelationshipLookup } from './lookup-errors.ts';

/**
 * Finds the relationship by which one relation embeds another.
 *
 * @throws RestError PGRST200 when there is none, PGRST201 when there are several
 */
export function findRelationship(cache: SchemaCache, lookup: RelationshipLookup): Relationship {
  const { schema, origin, target, hint } = lookup;
  const all = cache.relationships.get(relationshipKey({ schema, name: origin }, schema)) ?? [];
  const found = all.filter((relationship) =>
    relationship.kind === 'computed'
      ? relationship.function.name === target
      : matches(relationship, target, hint),
  );
  const [first] = found;
  if (!first) throw noRelationship(cache, lookup);
  if (found.length > 1) throw ambiguousRelationship(origin, target, found);
  return first;
}

function matches(key: KeyRelationship, target: string, hint: string | undefined): boolean {
  const { cardinality } = key;
  const isTable = key.foreignTable.name === target;
  if (key.isSelf) {
    // A self-reference is two relationships: to-many by the table's name, to-one by the column's name.
    if (hint !== undefined)
      return isTable && cardinality.kind === 'oneToMany' && foreignColumn(cardinality) === hint;
    if (cardinality.kind === 'oneToMany') return isTable;
    return cardinality.kind === 'manyToOne' && ownColumn(cardinality) === target;
  }
  if (hint !== undefined) {
    if (!isTable) return false;
    if (cardinality.kind === 'manyToMany') return cardinality.junction.table.name === hint;
    return [cardinality.constraint, ownColumn(cardinality), foreignColumn(cardinality)].includes(hint);
  }
  if (isTable) return true;
  if (key.foreignTableIsView || cardinality.kind === 'manyToMany') return false;
  return cardinality.constraint === target || ownColumn(cardinality) === target;
}

/** The relation's own column of a single-column key. */
const ownColumn = (cardinality: Cardinality): string | undefined => singlePair(cardinality)?.[0];
const foreignColumn = (cardinality: Cardinality): string | undefined => singlePair(cardinality)?.[1];

function singlePair(cardinality: Cardinality): readonly [string, string] | undefined {
  if (cardinality.kind === 'manyToMany' || cardinality.columns.length !== 1) return undefined;
  return cardinality.columns[0];
}
