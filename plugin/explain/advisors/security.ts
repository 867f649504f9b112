import { READS_AS_CALLER } from '../facts/relations.ts';
import type { Advisor } from './advisor.ts';

// https://supabase.com/docs/guides/database/database-advisors names the rules. The queries are our own.

const TABLES = `
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname <> all ($2::text[])
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;
const SUBJECT = `format('%I.%I', n.nspname, c.relname) as subject`;
/** The API roles can reach the relation at all. */
const REACHABLE = `n.nspname = any ($1::text[]) and (has_table_privilege('anon', c.oid, 'select, insert, update, delete')
    or has_table_privilege('authenticated', c.oid, 'select, insert, update, delete'))`;

export const SECURITY_ADVISORS: readonly Advisor[] = [
  {
    name: 'rls_disabled_in_public',
    category: 'security',
    severity: 'error',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind in ('r', 'p') and not c.relrowsecurity and ${REACHABLE} order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `Anybody with the publishable key can use every row of ${subject}: row level security is off.`,
      cure: 'Turn it on, and create policies for those who may.',
      code: `alter table ${subject} enable row level security;`,
    }),
  },
  {
    name: 'policy_exists_rls_disabled',
    category: 'security',
    severity: 'error',
    sql: `select ${SUBJECT}, (select string_agg(format('%I', polname), ', ' order by polname) from pg_policy where polrelid = c.oid) as policies
      ${TABLES} and c.relkind in ('r', 'p') and not c.relrowsecurity and exists (select from pg_policy where polrelid = c.oid) order by 1`,
    describe: ({ subject = '', policies = '' }) => ({
      cause: `The policies of ${subject} (${policies}) have no effect: row level security is off.`,
      cure: 'Turn it on.',
      code: `alter table ${subject} enable row level security;`,
    }),
  },
  {
    name: 'rls_enabled_no_policy',
    category: 'security',
    severity: 'info',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind in ('r', 'p') and c.relrowsecurity and ${REACHABLE}
      and not exists (select from pg_policy where polrelid = c.oid) order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `Nobody but service_role sees a row of ${subject}: row level security is on, and there is no policy.`,
      cure: 'Create policies, or revoke the privileges of the API roles if that is intended.',
      code: `create policy "read" on ${subject} for select to authenticated using (true);`,
    }),
  },
  {
    name: 'security_definer_view',
    category: 'security',
    severity: 'error',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind = 'v' and ${REACHABLE}
      and not ${READS_AS_CALLER} order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `The view ${subject} ignores the policies of its tables: it reads them with the rights of its owner.`,
      cure: 'Let it read with the rights of the caller.',
      code: `alter view ${subject} set (security_invoker = true);`,
    }),
  },
  {
    name: 'auth_users_exposed',
    category: 'security',
    severity: 'error',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind in ('v', 'm') and ${REACHABLE} and exists (
        select from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
        where w.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass('auth.users')) order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `The view ${subject} shows auth.users through the API.`,
      cure: 'Copy what may be public to a table of your own, with a trigger, or revoke the privileges.',
      code: `revoke all on ${subject} from anon, authenticated;`,
    }),
  },
  {
    name: 'rls_references_user_metadata',
    category: 'security',
    severity: 'error',
    sql: `select ${SUBJECT}, format('%I', p.polname) as policy
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname <> all ($2::text[])
        and coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
          ~ '(user_metadata|raw_user_meta_data)' order by 1, 2`,
    describe: ({ subject = '', policy = '' }) => ({
      cause: `Policy ${policy} of ${subject} trusts user_metadata, which every user can change.`,
      cure: 'Use app_metadata, which only the server can change.',
      code: "(auth.jwt() -> 'app_metadata' ->> 'role')",
    }),
  },
  {
    name: 'function_search_path_mutable',
    category: 'security',
    severity: 'warning',
    sql: `select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as subject,
        case when p.prosecdef then 'with the rights of its owner' else 'for its caller' end as rights
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname <> all ($2::text[]) and p.prokind in ('f', 'p')
        and not coalesce(p.proconfig::text ~ 'search_path=', false)
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') order by 1`,
    describe: ({ subject = '', rights = '' }) => ({
      cause: `The function ${subject} runs ${rights} and finds names by the caller's search_path, which can be set to a schema with other things of those names.`,
      cure: 'Fix its search_path, and write names with their schema.',
      code: `alter function ${subject} set search_path = '';`,
    }),
  },
  {
    name: 'extension_in_public',
    category: 'security',
    severity: 'warning',
    sql: `select format('%I', e.extname) as subject from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where n.nspname = 'public' and e.extrelocatable order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `The extension ${subject} is in the schema public, where the API exposes its functions.`,
      cure: 'Move it to the schema extensions.',
      code: `alter extension ${subject} set schema extensions;`,
    }),
  },
  {
    name: 'materialized_view_in_api',
    category: 'security',
    severity: 'warning',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind = 'm' and ${REACHABLE} order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `The materialized view ${subject} shows all its rows to the API roles: it cannot have policies.`,
      cure: 'Revoke their privileges, and read it through a function.',
      code: `revoke all on ${subject} from anon, authenticated;`,
    }),
  },
  {
    name: 'foreign_table_in_api',
    category: 'security',
    severity: 'warning',
    sql: `select ${SUBJECT} ${TABLES} and c.relkind = 'f' and ${REACHABLE} order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `The foreign table ${subject} shows all its rows to the API roles: it cannot have policies.`,
      cure: 'Revoke their privileges, or move it to a schema that is not exposed.',
      code: `revoke all on ${subject} from anon, authenticated;`,
    }),
  },
];
