import type { Rows, Statement } from '../database/transaction.ts';
import { qualifiedKey } from './types.ts';
import { mayLackFilter } from './unfiltered-statements.ts';

/** What may run an UPDATE or DELETE without a WHERE inside the database, by `qualifiedKey`. */
export interface UnfilteredWriters {
  readonly routines: ReadonlySet<string>;
  /** Tables with such a trigger. */
  readonly tables: ReadonlySet<string>;
}

export const NO_UNFILTERED_WRITERS: UnfilteredWriters = { routines: new Set(), tables: new Set() };

/** The project's own functions in languages whose statements pg-safeupdate sees. */
const FUNCTIONS = `
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where l.lanname in ('sql', 'plpgsql') and p.provolatile = 'v'
    and n.nspname !~ '^(pg_|information_schema$|auth$|storage$|realtime$|_realtime$|_stack$|extensions$|vault$|supabase_)'
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`;
const SOURCE =
  'case when p.prosqlbody is null then p.prosrc else pg_catalog.pg_get_function_sqlbody(p.oid) end';

const WRITERS = `
  select coalesce(json_agg(json_build_array(n.nspname, p.proname, ${SOURCE})), '[]') ${FUNCTIONS}
    and ${SOURCE} ~* '\\m(update|delete)\\M'`;

/** Functions that mention one of the names, with or without quotes. */
const CALLERS = `
  select coalesce(json_agg(json_build_array(n.nspname, p.proname)), '[]') ${FUNCTIONS}
    and ${SOURCE} ~ $1`;

const TRIGGERED = `
  select coalesce(json_agg(json_build_array(n.nspname, c.relname)), '[]')
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where not t.tgisinternal and p.proname in (select json_array_elements_text($1::json))`;

/**
 * Finds them by the text of functions, and whatever mentions one of those by name. Most projects have none, which costs
 * one query.
 *
 * @param read runs a query that returns one row with JSON
 */
export async function findUnfilteredWriters(
  read: (statement: Statement) => Promise<Rows | undefined>,
): Promise<UnfilteredWriters> {
  const run = async (text: string, params: readonly string[]): Promise<readonly (readonly string[])[]> => {
    const rows = await read({ text, params });
    return JSON.parse(rows?.rows[0]?.[0] ?? '[]') as readonly (readonly string[])[];
  };
  const writers = await run(WRITERS, []);
  const routines = new Set<string>();
  const tables = new Set<string>();
  let names = new Set<string>();
  for (const [schema = '', name = '', source = ''] of writers) {
    if (!mayLackFilter(source)) continue;
    routines.add(qualifiedKey(schema, name));
    names.add(name);
  }
  while (names.size > 0) {
    const found = new Set<string>();
    for (const [schema = '', name = ''] of await run(TRIGGERED, [JSON.stringify([...names])])) {
      const key = qualifiedKey(schema, name);
      if (!tables.has(key)) found.add(name);
      tables.add(key);
    }
    for (const [schema = '', name = ''] of await run(CALLERS, [mentions([...names])])) {
      const key = qualifiedKey(schema, name);
      if (!routines.has(key)) found.add(name);
      routines.add(key);
    }
    names = found;
  }
  return { routines, tables };
}

/** A regular expression of PostgreSQL: any of the names as a word; unquoted names have no capital letters. */
function mentions(names: readonly string[]): string {
  const escaped = names.map((name) => name.replaceAll(/[^\p{L}\p{N}_]/gu, String.raw`\$&`));
  return String.raw`(?i)\m(${escaped.join('|')})\M`;
}
