import type pg from 'pg';
import type { Relation } from '../wal/pgoutput.ts';
import type { JsonKind } from './json-values.ts';

/** What the log does not contain about a table. Read once per version of the table. */
export interface RelationInfo {
  readonly columns: readonly ColumnInfo[];
  /** Positions of the columns in jsonb's key order: shorter names first, then by bytes. */
  readonly keyOrder: readonly number[];
  /** Positions of the primary key's columns; empty without a primary key. */
  readonly primaryKey: readonly number[];
}

export interface ColumnInfo {
  readonly name: string;
  readonly typeOid: number;
  readonly typeName: string;
  readonly kind: JsonKind;
  /** Equal values have equal text, so comparing text is enough for equality. */
  readonly hasCanonicalText: boolean;
}

interface TypeRow {
  readonly oid: number;
  readonly typname: string;
  readonly typtype: string;
  readonly base: number;
  readonly element: number;
  readonly has_json_cast: boolean;
}

// Types of the columns, base types of domains and element types of arrays.
const QUERY = `
  with recursive wanted as (
    select t.* from pg_type t where t.oid = any ($1::oid[])
    union
    select t.* from pg_type t join wanted w on t.oid = w.typbasetype or (t.oid = w.typelem and w.typcategory = 'A')
  )
  select oid::integer, typname::text, typtype::text, typbasetype::integer as base,
    case when typcategory = 'A' then typelem::integer else 0 end as element,
    exists (select 1 from pg_cast c where c.castsource = wanted.oid and c.casttarget = 'json'::regtype) as has_json_cast
  from wanted`;

const KEY_QUERY = `
  select a.attname::text as name
  from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
  where c.conrelid = $1::oid and c.contype = 'p'`;

export async function readRelationInfo(pool: pg.Pool, relation: Relation): Promise<RelationInfo> {
  const oids = relation.columns.map((column) => column.typeOid);
  const [types, keys] = await Promise.all([
    pool.query<TypeRow>({ name: 'relation_types', text: QUERY, values: [oids] }),
    pool.query<{ name: string }>({ name: 'relation_key', text: KEY_QUERY, values: [relation.oid] }),
  ]);
  const byOid = new Map(types.rows.map((row) => [row.oid, row]));
  const columns = relation.columns.map(({ name, typeOid }): ColumnInfo => {
    const kind = kindOf(typeOid, byOid);
    const isEnum = byOid.get(typeOid)?.typtype === 'e';
    return {
      name,
      typeOid,
      // The type may have been dropped since.
      typeName: byOid.get(typeOid)?.typname ?? 'text',
      kind,
      hasCanonicalText: isEnum || CANONICAL.has(typeOid),
    };
  });
  const bytes = columns.map(({ name }) => Buffer.from(name));
  const keyOrder = columns
    .map((_, i) => i)
    .toSorted((a, b) => compareKeys(bytes[a] ?? EMPTY, bytes[b] ?? EMPTY));
  const keyNames = new Set(keys.rows.map((row) => row.name));
  const primaryKey = columns.flatMap(({ name }, i) => (keyNames.has(name) ? [i] : []));
  return { columns, keyOrder, primaryKey };
}

const EMPTY = Buffer.alloc(0);

function compareKeys(a: Buffer, b: Buffer): number {
  return a.length - b.length || a.compare(b);
}

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  float4: 700,
  float8: 701,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

const KINDS: ReadonlyMap<number, JsonKind> = new Map<number, JsonKind>([
  [OID.bool, 'boolean'],
  [OID.bytea, 'bytea'],
  [OID.int2, 'number'],
  [OID.int4, 'number'],
  [OID.int8, 'number'],
  [OID.float4, 'number'],
  [OID.float8, 'number'],
  [OID.numeric, 'number'],
  [OID.json, 'json'],
  [OID.jsonb, 'json'],
  [OID.bpchar, 'char'],
  [OID.timestamp, 'timestamp'],
  [OID.timestamptz, 'timestamptz'],
]);

// Not timestamptz, which is logged in the time zone of the log's connection.
const CANONICAL: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.text,
  OID.varchar,
  OID.date,
  OID.timestamp,
  OID.uuid,
]);

function kindOf(oid: number, types: ReadonlyMap<number, TypeRow>): JsonKind {
  const builtIn = KINDS.get(oid);
  if (builtIn) return builtIn;
  const type = types.get(oid);
  if (!type) return 'text';
  if (type.typtype === 'd') return kindOf(type.base, types);
  if (type.element > 0) return { elements: kindOf(type.element, types) };
  return type.typtype === 'c' || type.has_json_cast ? 'database' : 'text';
}
