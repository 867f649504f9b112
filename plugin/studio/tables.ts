import { OWN_SCHEMAS } from '../explain/advisors/own-schemas.ts';
import { settingsOfCaller } from '../explain/facts/caller.ts';
import type { ReadSession } from '../explain/facts/explain-database.ts';
import { POLICY_COLUMNS } from '../explain/facts/policies.ts';
import { qualified } from '../explain/facts/quote.ts';
import { KIND } from '../explain/facts/relations.ts';
import type { DatabaseCaller } from '../shared/observations.ts';

const PAGE_ROWS = 50;

/** Tables and views of the project, and of Auth and Storage. */
export function listTables(session: ReadSession): Promise<unknown[]> {
  const hidden = OWN_SCHEMAS.filter((schema) => schema !== 'auth' && schema !== 'storage');
  return session.rows(
    `select n.nspname::text as schema, c.relname::text as name,
       ${KIND} as kind,
       c.relrowsecurity as "isSecured", (select count(*)::int from pg_policy where polrelid = c.oid) as policies,
       exists (select from pg_publication_tables p where p.pubname = 'supabase_realtime'
         and p.schemaname = n.nspname and p.tablename = c.relname) as "isPublished"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> all ($1) and not c.relispartition
     order by n.nspname <> 'public', n.nspname, c.relname`,
    [hidden],
  );
}

/** Columns, policies, indexes and triggers of one table; undefined when there is none of this name. */
export async function describeTable(session: ReadSession, schema: string, name: string): Promise<unknown> {
  const [table] = await session.rows<{ oid: number }>(
    'select c.oid::int as oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2',
    [schema, name],
  );
  if (!table) return undefined;
  const of = [table.oid];
  const columns = await session.rows(
    `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as "isNullable",
       pg_get_expr(d.adbin, d.adrelid) as default,
       exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)) as "isKey",
       (select f.confrelid::regclass::text from pg_constraint f
         where f.conrelid = a.attrelid and f.contype = 'f' and f.conkey = array[a.attnum] limit 1) as references
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    of,
  );
  const policies = await session.rows(
    `select ${POLICY_COLUMNS} from pg_policy where polrelid = $1::oid order by polname`,
    of,
  );
  const indexes = await session.rows(
    'select pg_get_indexdef(indexrelid) as sql from pg_index where indrelid = $1::oid order by 1',
    of,
  );
  const triggers = await session.rows(
    'select pg_get_triggerdef(oid) as sql from pg_trigger where tgrelid = $1::oid and not tgisinternal order by 1',
    of,
  );
  return {
    columns,
    policies,
    indexes: indexes.map(({ sql }) => sql),
    triggers: triggers.map(({ sql }) => sql),
  };
}

/** The users of Auth, for looking at rows as one of them. */
export function listUsers(session: ReadSession): Promise<unknown[]> {
  return session.rows(
    'select id::text, coalesce(email, phone, id::text) as name from auth.users order by 2 limit 500',
  );
}

/**
 * Who looks: `postgres` (every row), a role, or a user of Auth by id, with the claims of their token.
 *
 * @returns undefined for `postgres`, and for a user that does not exist null
 */
export async function callerFor(
  session: ReadSession,
  as: string,
): Promise<DatabaseCaller | undefined | null> {
  if (as === 'postgres' || as === '') return undefined;
  if (as === 'anon' || as === 'authenticated' || as === 'service_role')
    return { role: as, claims: { role: as } };
  const [user] = await session.rows<{ claims: DatabaseCaller['claims'] }>(
    `select jsonb_build_object('sub', id, 'role', coalesce(role, 'authenticated'), 'aud', aud, 'email', email, 'phone', phone,
       'app_metadata', raw_app_meta_data, 'user_metadata', raw_user_meta_data, 'is_anonymous', is_anonymous) as claims
     from auth.users where id::text = $1`,
    [as],
  );
  return user ? { role: 'authenticated', claims: user.claims } : null;
}

/** One page of rows as somebody sees them, and how many rows there are without policies. */
export async function readPageOfRows(
  session: ReadSession,
  table: { readonly schema: string; readonly name: string },
  caller: DatabaseCaller | undefined,
  page: number,
): Promise<unknown> {
  const name = qualified(table);
  const keys = await session.rows<{ name: string }>(
    `select format('%I', a.attname) as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
     where i.indrelid = to_regclass($1) and i.indisprimary order by a.attnum`,
    [name],
  );
  const order = keys.length === 0 ? '' : ` order by ${keys.map((key) => `t.${key.name}`).join(', ')}`;
  const settings = caller ? settingsOfCaller(caller) : [];
  const text = `select to_json(t) as row from ${name} t${order} limit ${PAGE_ROWS} offset ${page * PAGE_ROWS}`;
  const rows = await session.attempt(settings, { text, params: [] });
  const count = { text: `select count(*)::int as n from ${name}`, params: [] };
  const all = await session.attempt([], count);
  const visible = caller ? await session.attempt(settings, count) : all;
  const numberOf = (attempt: typeof all): number | undefined =>
    'rows' in attempt ? Number(attempt.rows[0]?.n) : undefined;
  return {
    ...('error' in rows ? { error: rows.error, rows: [] } : { rows: rows.rows.map(({ row }) => row) }),
    total: numberOf(all),
    visible: numberOf(visible),
    pageRows: PAGE_ROWS,
  };
}
