import type pg from 'pg';
import { HISTORY_TABLES, isOneOf, SCHEMAS_WITHOUT_DATA } from './scope.ts';

export interface DataOptions {
  /** Schemas whose rows are wanted, or patterns (`app_*`); by default those with rows of the project. */
  readonly schemas: readonly string[];
  /** Tables to leave out, as `schema.table`; without a schema, in all of them. */
  readonly exclude: readonly string[];
}

export interface DataTable {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** The columns whose values are stored by clients: not the generated ones. */
  readonly columns: readonly string[];
  /** Whether a column is `generated always as identity`. */
  readonly hasIdentity: boolean;
}

export interface DataSequence {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
}

/** Not a member of an extension, and of tables only those that hold rows themselves. */
const TABLES = `select nspname as schema, relname as name, relowner::regrole::name as owner, relkind as kind,
    array(select attname::text from pg_attribute
      where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
    exists (select from pg_attribute where attrelid = class.oid and attidentity = 'a') as "hasIdentity"
  from pg_class as class join pg_namespace as namespace on namespace.oid = relnamespace
  where relkind in ('r', 'S') and relpersistence <> 't' and not exists (
    select from pg_depend where classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e')
  order by nspname, relname`;

/** The tables and sequences whose content is wanted, by name. */
export async function readDataTables(
  client: pg.Client,
  { schemas, exclude }: DataOptions,
): Promise<{ tables: DataTable[]; sequences: DataSequence[] }> {
  const { rows } = await client.query<DataTable & { kind: 'r' | 'S' }>(TABLES);
  const wanted = rows.filter(({ schema, name }) => {
    const isInScope = schemas.length > 0 ? isOneOf(schema, schemas) : !isOneOf(schema, SCHEMAS_WITHOUT_DATA);
    const full = `${schema}.${name}`;
    return isInScope && !HISTORY_TABLES.includes(full) && !exclude.includes(full) && !exclude.includes(name);
  });
  return {
    tables: wanted.filter(({ kind }) => kind === 'r'),
    sequences: wanted.filter(({ kind }) => kind === 'S'),
  };
}
