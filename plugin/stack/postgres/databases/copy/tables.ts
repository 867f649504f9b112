import type pg from 'pg';
import type { Column, Table } from './table.ts';

/**
 * Schemas whose rows are not the project's data: what a build makes itself, and what lives for a moment. Of the
 * services, the records of their own migrations.
 */
const OTHER_SCHEMAS = [
  '_stack',
  '_realtime',
  'realtime',
  'information_schema',
  'supabase_migrations',
  'net',
  'cron',
  'vault',
];
const OTHER_TABLES = ['auth.schema_migrations', 'storage.migrations', 'supabase_functions.migrations'];

/** The tables that hold data of a project, of the user's schemas, Auth and Storage, by their qualified names. */
export async function readTables(client: pg.Client): Promise<Map<string, Table>> {
  const { rows } = await client.query<Omit<Table, 'columns'> & { columns: Column[] }>(
    `select format('%I.%I', nspname, relname) as name, relkind = 'p' as "isPartitioned",
      (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum)
        from pg_attribute
        where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
      (select array_agg(attname::text order by attnum) from pg_index join pg_attribute
        on attrelid = indrelid and attnum = any(indkey) where indrelid = class.oid and indisprimary) as key
    from pg_class as class join pg_namespace as namespace on namespace.oid = relnamespace
    where relkind in ('r', 'p') and relpersistence = 'p' and not relispartition
      and nspname not like 'pg\\_%' and nspname <> all($1) and nspname || '.' || relname <> all($2)
      and not exists (
        select from pg_depend where classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e')
    order by 1`,
    [OTHER_SCHEMAS, OTHER_TABLES],
  );
  return new Map(rows.map((row) => [row.name, { ...row, columns: row.columns ?? [] }]));
}

/** Those of the tables that have rows. */
export async function findFilled(client: pg.Client, tables: Iterable<string>): Promise<Set<string>> {
  const parts = [...tables].map(
    (name) => `select ${client.escapeLiteral(name)} as name where exists (select from ${name})`,
  );
  if (parts.length === 0) return new Set();
  const { rows } = await client.query<{ name: string }>(parts.join(' union all '));
  return new Set(rows.map((row) => row.name));
}
