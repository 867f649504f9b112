import type { ReadSession } from './explain-database.ts';

export type Privilege = 'select' | 'insert' | 'update' | 'delete';

/** A table or view, and what a role may do with it as a whole. */
export interface RelationFacts {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table';
  /** Row level security is on. */
  readonly isSecured: boolean;
  /** The role sees every row: it bypasses row level security, or owns the table. */
  readonly isBypassed: boolean;
  /** A view that reads its tables with the rights of the caller. */
  readonly readsAsCaller: boolean;
  /** Privileges of the role; those on single columns count for the columns in `readableColumns` only. */
  readonly privileges: readonly Privilege[];
  readonly columns: readonly string[];
  /** Columns that the role may read. */
  readonly readableColumns: readonly string[];
  readonly primaryKey: readonly string[];
  /** A column that holds the id of a user: a foreign key to auth.users, or a name that says so. */
  readonly ownerColumn: string | null;
  /** Tables behind a view. */
  readonly reads: readonly string[];
}

/** The kind of the relation `c`. */
export const KIND = `case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end`;

/** Whether the view `c` reads its tables with the rights of the caller; PostgreSQL keeps the option as it was written. */
export const READS_AS_CALLER = `coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o
      where o.option_name = 'security_invoker'), false)`;

const RELATION = `
  select c.oid::integer as oid, n.nspname::text as schema, c.relname::text as name,
    ${KIND} as kind,
    c.relrowsecurity as "isSecured",
    coalesce((select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = $3), false)
      or (pg_has_role($3, c.relowner, 'USAGE') and not c.relforcerowsecurity) as "isBypassed",
    c.relkind = 'v' and ${READS_AS_CALLER} as "readsAsCaller",
    array(select lower(p) from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p where has_table_privilege($3, c.oid, p)) as privileges,
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and has_column_privilege($3, c.oid, a.attnum, 'SELECT') order by a.attnum) as "readableColumns",
    array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary order by a.attnum) as "primaryKey",
    (select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
        and (a.attname in ('user_id', 'owner_id', 'author_id', 'created_by', 'profile_id', 'owner', 'author')
          or exists (select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]
            and f.confrelid = to_regclass('auth.users')))
      order by a.attnum limit 1) as "ownerColumn",
    array(select distinct d.refobjid::regclass::text from pg_rewrite w
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
      where w.ev_class = c.oid and d.refobjid <> c.oid) as reads
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`;

/** Undefined when there is no such relation or role. */
export async function readRelation(
  session: ReadSession,
  schema: string,
  name: string,
  role: string,
): Promise<RelationFacts | undefined> {
  const [known] = await session.rows<{ exists: boolean }>(
    'select exists (select from pg_roles where rolname = $1) as exists',
    [role],
  );
  if (!known?.exists) return undefined;
  const [relation] = await session.rows<RelationFacts & Record<string, unknown>>(RELATION, [
    schema,
    name,
    role,
  ]);
  return relation;
}

/** The schemas in which a relation of this name exists. */
export async function findSchemas(session: ReadSession, name: string): Promise<string[]> {
  const rows = await session.rows<{ schema: string }>(
    `select n.nspname::text as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)' order by 1`,
    [name],
  );
  return rows.map(({ schema }) => schema);
}
