import type { ReadSession } from '../../explain/facts/explain-database.ts';

/** What the editor completes: columns by table by schema, and functions with their arguments. */
export interface Catalogue {
  readonly schemas: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly functions: readonly {
    readonly schema: string;
    readonly name: string;
    readonly arguments: string;
  }[];
}

const IS_PROJECTS = `n.nspname !~ '^(pg_toast|pg_temp|information_schema$)'`;

/** Tables, views and functions of every schema; of PostgreSQL's own schema its functions only. */
export async function readCatalogue(session: ReadSession): Promise<Catalogue> {
  const [tables] = await session.rows<{ schemas: Catalogue['schemas'] | null }>(
    `select json_object_agg(schema, tables) as schemas from (
       select n.nspname as schema, json_object_agg(c.relname, array(
         select a.attname::text from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)) as tables
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${IS_PROJECTS} and n.nspname <> 'pg_catalog'
       group by n.nspname) t`,
  );
  const functions = await session.rows<Catalogue['functions'][number]>(
    `select distinct n.nspname::text as schema, p.proname::text as name,
       left(pg_get_function_identity_arguments(p.oid), 80) as arguments
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prokind <> 'p' and ${IS_PROJECTS} and p.prorettype not in ('trigger'::regtype, 'internal'::regtype)
       and (n.nspname <> 'pg_catalog' or p.proname ~ '^(array_|json|string_|date_|to_|generate_series|regexp_|gen_random|coalesce|now|age|count|sum|avg|min|max|lower|upper|length|left|right|split_part|format|pg_sleep|pg_size|pg_total)')
     order by 1, 2`,
  );
  return { schemas: tables?.schemas ?? {}, functions };
}
