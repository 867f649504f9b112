import type { Advisor } from './advisor.ts';

const TABLE = `format('%I.%I', n.nspname, c.relname) as subject`;

/** Columns of an index or a key, quoted, in their order. */
const columns = (relation: string, keys: string): string =>
  `(select string_agg(format('%I', a.attname), ', ' order by k.i) from unnest(${keys}) with ordinality k(attnum, i)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`;

export const PERFORMANCE_ADVISORS: readonly Advisor[] = [
  {
    name: 'unindexed_foreign_keys',
    category: 'performance',
    severity: 'info',
    sql: `select ${TABLE}, format('%I', f.conname) as key, ${columns('c.oid', 'f.conkey')} as columns
      from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
      where f.contype = 'f' and n.nspname <> all ($2::text[]) and not exists (
        select from pg_index i where i.indrelid = c.oid and i.indpred is null
          and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] @> f.conkey)
      order by 1, 2`,
    describe: ({ subject = '', key = '', columns: list = '' }) => ({
      cause: `The foreign key ${key} of ${subject} has no index: each delete in the other table reads all of ${subject}.`,
      cure: 'Create one.',
      code: `create index on ${subject} (${list});`,
    }),
  },
  {
    name: 'auth_rls_initplan',
    category: 'performance',
    severity: 'warning',
    // PostgreSQL shows a wrapped call as "( SELECT auth.uid() AS uid)".
    sql: `select ${TABLE}, format('%I', p.polname) as policy
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace,
        lower(coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')) as expression
      where n.nspname <> all ($2::text[])
        and regexp_replace(expression, 'select (auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\()', '', 'g')
          ~ '(auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\()' order by 1, 2`,
    describe: ({ subject = '', policy = '' }) => ({
      cause: `Policy ${policy} of ${subject} calls a function of auth for every row.`,
      cure: 'Wrap the call in a subquery, which PostgreSQL evaluates once.',
      code: '(select auth.uid()) = user_id',
    }),
  },
  {
    name: 'multiple_permissive_policies',
    category: 'performance',
    severity: 'warning',
    sql: `select ${TABLE}, role.rolname as role, command.name as command, string_agg(format('%I', p.polname), ', ' order by p.polname) as policies
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace,
        (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) command(name, code),
        (select oid, rolname from pg_roles where rolname in ('anon', 'authenticated')) role
      where n.nspname <> all ($2::text[]) and c.relrowsecurity and p.polpermissive
        and (p.polcmd::text = command.code or p.polcmd = '*') and (p.polroles = '{0}' or role.oid = any (p.polroles))
      group by n.nspname, c.relname, role.rolname, command.name having count(*) > 1 order by 1, 2, 3`,
    describe: ({ subject = '', role = '', command = '', policies = '' }) => ({
      cause: `PostgreSQL evaluates several policies of ${subject} for each ${command} of ${role}: ${policies}.`,
      cure: 'Combine them into one with or.',
    }),
  },
  {
    name: 'no_primary_key',
    category: 'performance',
    severity: 'info',
    sql: `select ${TABLE} from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname <> all ($2::text[]) and c.relkind in ('r', 'p') and not c.relispartition
        and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') order by 1`,
    describe: ({ subject = '' }) => ({
      cause: `${subject} has no primary key: Realtime cannot check its rows, and updates by logical replication fail.`,
      cure: 'Add one.',
      code: `alter table ${subject} add column id bigint generated always as identity primary key;`,
    }),
  },
  {
    name: 'duplicate_index',
    category: 'performance',
    severity: 'warning',
    sql: `select ${TABLE}, string_agg(format('%I', x.relname), ', ' order by x.relname) as indexes,
        format('%I.%I', n.nspname, max(x.relname) filter (where k.oid is null)) as superfluous
      from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
        join pg_namespace n on n.oid = c.relnamespace
        left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
      where n.nspname <> all ($2::text[])
      group by n.nspname, c.relname, i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text,
        coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), ''), x.relam
      having count(*) > 1 and count(*) filter (where k.oid is null) > 0 order by 1`,
    describe: ({ subject = '', indexes = '', superfluous = '' }) => ({
      cause: `${subject} has equal indexes: ${indexes}.`,
      cure: 'Drop all but one.',
      code: `drop index ${superfluous};`,
    }),
  },
];
