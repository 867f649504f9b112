import type { ReadSession } from './explain-database.ts';

/** Names of the relations, functions or columns among which a missing one may have been meant. */
export async function relationNames(session: ReadSession, schema: string): Promise<string[]> {
  return names(
    session,
    `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schema],
  );
}

export async function columnNames(session: ReadSession, schema: string, relation: string): Promise<string[]> {
  return names(
    session,
    `select a.attname::text as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped`,
    [schema, relation],
  );
}

/** Functions of a schema with their arguments, such as `add(a integer, b integer)`. */
export async function functionSignatures(session: ReadSession, schema: string): Promise<string[]> {
  return names(
    session,
    `select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1 and p.prokind = 'f'`,
    [schema],
  );
}

/** The schemas in which a function of this name exists. */
export async function functionSchemas(session: ReadSession, name: string): Promise<string[]> {
  return names(
    session,
    `select distinct n.nspname::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.proname = $1 and n.nspname !~ '^(pg_|information_schema$)'`,
    [name],
  );
}

async function names(session: ReadSession, text: string, values: readonly unknown[]): Promise<string[]> {
  return (await session.rows<{ name: string }>(text, values)).map(({ name }) => name);
}
