import { OWN_SCHEMAS } from '../explain/advisors/own-schemas.ts';
import type { ReadSession } from '../explain/facts/explain-database.ts';
import { POLICY_COLUMNS } from '../explain/facts/policies.ts';
import { KIND } from '../explain/facts/relations.ts';
import type { DatabaseCaller } from '../shared/observations.ts';
import { readColumns } from './rows/columns.ts';

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
  const columns = await readColumns(session, { schema, name });
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

/** The project's own roles that `postgres` may take on, besides those of the API. */
export async function listRoles(session: ReadSession): Promise<string[]> {
  const roles = await session.rows<{ name: string }>(
    `select rolname::text as name from pg_roles
     where pg_has_role(oid, 'MEMBER') and rolname <> all ($1) and rolname !~ '^(pg_|supabase_)' order by 1`,
    [['postgres', 'anon', 'authenticated', 'service_role', 'authenticator', 'dashboard_user', 'pgbouncer']],
  );
  return roles.map(({ name }) => name);
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
  const [role] = await session.rows<{ name: string }>(
    `select rolname::text as name from pg_roles where rolname = $1 and pg_has_role(oid, 'MEMBER')`,
    [as],
  );
  if (role) return { role: role.name, claims: { role: role.name } };
  const [user] = await session.rows<{ claims: DatabaseCaller['claims'] }>(
    `select jsonb_build_object('sub', id, 'role', coalesce(role, 'authenticated'), 'aud', aud, 'email', email, 'phone', phone,
       'app_metadata', raw_app_meta_data, 'user_metadata', raw_user_meta_data, 'is_anonymous', is_anonymous) as claims
     from auth.users where id::text = $1`,
    [as],
  );
  return user ? { role: 'authenticated', claims: user.claims } : null;
}
