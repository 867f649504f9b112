// Each query returns one row with one JSON array. They run with an empty search path, so that PostgreSQL prints
// names of types and functions qualified. $1 is the array of exposed schemas.

/** The built-in or composite type behind each domain (and each other type itself). */
const BASE_TYPES = `
  base_types as (
    with recursive step as (
      select oid, oid as base, typbasetype as next from pg_type
      union all
      select step.oid, t.oid, t.typbasetype from step join pg_type t on t.oid = step.next
    )
    select step.oid, step.base, t.typnamespace as namespace from step join pg_type t on t.oid = step.base where step.next = 0
  )`;

export const TABLES_QUERY: string = `
with ${BASE_TYPES},
cols as (
  select a.attrelid, json_agg(json_build_object(
    'name', a.attname,
    'description', col_description(a.attrelid, a.attnum),
    'nullable', not (a.attnotnull or (t.typtype = 'd' and t.typnotnull)),
    'type', case
      when t.typtype = 'd' and bt.namespace = 'pg_catalog'::regnamespace then format_type(bt.base, null)
      when t.typtype <> 'd' and t.typnamespace = 'pg_catalog'::regnamespace then format_type(a.atttypid, null)
      else format_type(a.atttypid, a.atttypmod) end,
    'nominalType', format_type(a.atttypid, a.atttypmod),
    'maxLength', case
      when case when t.typtype = 'd' then t.typtypmod else a.atttypmod end < 0 then null
      when bt.base in ('bpchar'::regtype, 'varchar'::regtype) then case when t.typtype = 'd' then t.typtypmod else a.atttypmod end - 4
      when bt.base in ('bit'::regtype, 'varbit'::regtype) then case when t.typtype = 'd' then t.typtypmod else a.atttypmod end
      end,
    'default', case
      when t.typbasetype <> 0 and d.adbin is null then pg_get_expr(t.typdefaultbin, 0)
      when a.attidentity = 'd' then format('nextval(%L)', (
        select s.objid::regclass from pg_depend s
        where s.refobjid = a.attrelid and s.refobjsubid = a.attnum and s.deptype = 'i' and s.classid = 'pg_class'::regclass limit 1))
      when a.attgenerated <> '' then null
      else pg_get_expr(d.adbin, d.adrelid) end,
    'enum', coalesce((select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = bt.base), '[]')
  ) order by a.attnum) as columns
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  left join base_types bt on bt.oid = t.oid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'f', 'm', 'p')
    and c.relnamespace in (select oid from pg_namespace where nspname = any($1::text[]))
  group by a.attrelid
),
keys as (
  select k.conrelid, json_agg(a.attname order by a.attname) as columns
  from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
  where k.contype = 'p'
  group by k.conrelid
)
select coalesce(json_agg(json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'description', obj_description(c.oid, 'pg_class'),
  'isView', c.relkind in ('v', 'm'),
  'insertable', c.relkind in ('r', 'p') or u.events & 8 = 8,
  'updatable', c.relkind in ('r', 'p') or u.events & 4 = 4,
  'deletable', c.relkind in ('r', 'p') or u.events & 16 = 16,
  'primaryKey', coalesce(keys.columns, '[]'),
  'columns', coalesce(cols.columns, '[]')
) order by n.nspname, c.relname), '[]')
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join cols on cols.attrelid = c.oid
left join keys on keys.conrelid = c.oid
cross join lateral (select case when c.relkind in ('v', 'f') then pg_relation_is_updatable(c.oid, true) else 0 end as events) u
where c.relkind in ('r', 'v', 'f', 'm', 'p') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and not pg_is_other_temp_schema(n.oid)`;

export const FOREIGN_KEYS_QUERY = `
select coalesce(json_agg(json_build_object(
  'table', json_build_object('schema', n.nspname, 'name', t.relname),
  'foreignTable', json_build_object('schema', fn.nspname, 'name', ft.relname),
  'constraint', k.conname,
  'columns', pairs.names,
  'unique', exists (
    select from pg_constraint u
    where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey @> k.conkey and u.conkey <@ k.conkey)
) order by k.conrelid, k.conname), '[]')
from pg_constraint k
join pg_class t on t.oid = k.conrelid
join pg_namespace n on n.oid = k.connamespace
join pg_class ft on ft.oid = k.confrelid
join pg_namespace fn on fn.oid = ft.relnamespace
cross join lateral (
  select json_agg(json_build_array(a.attname, fa.attname) order by x.position) as names
  from unnest(k.conkey, k.confkey) with ordinality as x (col, foreign_col, position)
  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.col
  join pg_attribute fa on fa.attrelid = k.confrelid and fa.attnum = x.foreign_col
) pairs
where k.contype = 'f' and k.conparentid = 0`;

/** $2: schemas of the extra search path, whose views may be between an exposed view and its table. */
export const VIEWS_QUERY = `
select coalesce(json_agg(json_build_object(
  'oid', c.oid::text,
  'schema', n.nspname,
  'name', c.relname,
  'columns', (select json_object_agg(a.attnum, a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'exposed', n.nspname = any($1::text[]),
  'definition', r.ev_action::text
)), '[]')
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite r on r.ev_class = c.oid and r.ev_type = '1'
where c.relkind in ('v', 'm') and n.nspname = any($1::text[] || $2::text[])`;

/** Primary and foreign keys by column numbers, to find those that views show. */
export const KEYS_QUERY = `
select coalesce(json_agg(json_build_object(
  'name', k.conname,
  'type', k.contype,
  'table', k.conrelid::text,
  'identifier', json_build_object('schema', n.nspname, 'name', t.relname),
  'columns', k.conkey,
  'foreignTable', k.confrelid::text,
  'foreignIdentifier', json_build_object('schema', fn.nspname, 'name', ft.relname),
  'foreignColumns', k.confkey
)), '[]')
from pg_constraint k
join pg_class t on t.oid = k.conrelid
join pg_namespace n on n.oid = t.relnamespace
left join pg_class ft on ft.oid = k.confrelid
left join pg_namespace fn on fn.oid = ft.relnamespace
where k.contype in ('p', 'f')`;

/** $2: regular expressions of the settings that apply to the whole transaction. */
export const ROUTINES_QUERY: string = `
with ${BASE_TYPES}
select coalesce(json_agg(json_build_object(
  'schema', n.nspname,
  'name', p.proname,
  'description', obj_description(p.oid, 'pg_proc'),
  'volatility', p.provolatile,
  'variadic', p.provariadic <> 0,
  'required', p.pronargs - p.pronargdefaults,
  'named', p.proargnames is not null,
  'names', case
    when p.proargnames is null then '[]'
    when p.proargmodes is null then to_json(p.proargnames)
    else (select coalesce(json_agg(x.name order by x.position), '[]')
      from unnest(p.proargnames, p.proargmodes) with ordinality as x (name, mode, position) where x.mode in ('i', 'b', 'v')) end,
  'types', (select coalesce(json_agg(a.type::regtype::text order by a.position), '[]') from unnest(p.proargtypes::oid[]) with ordinality as a (type, position)),
  'setOf', p.proretset,
  'composite', t.typtype = 'c' or coalesce(p.proargmodes::text[] && array['t', 'b', 'o'], false),
  'returns', json_build_object('schema', tn.nspname, 'name', coalesce(rel.relname, t.typname)),
  'isolation', (select split_part(s, '=', 2) from unnest(p.proconfig) s where s like 'default_transaction_isolation=%'),
  'settings', (select coalesce(json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))), '[]')
    from unnest(p.proconfig) s where s ~ any($2::text[]))
)), '[]')
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join base_types bt on bt.oid = p.prorettype
join pg_type t on t.oid = bt.base
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_class rel on rel.oid = t.typrelid
where p.prokind = 'f' and t.oid <> 'trigger'::regtype and n.nspname = any($1::text[])`;

export const COMPUTED_RELATIONSHIPS_QUERY = `
with row_types as (select reltype from pg_class where relkind in ('v', 'r', 'm', 'f', 'p'))
select coalesce(json_agg(json_build_object(
  'function', json_build_object('schema', n.nspname, 'name', p.proname),
  'table', json_build_object('schema', an.nspname, 'name', a.typname),
  'foreignTable', json_build_object('schema', rn.nspname, 'name', r.typname),
  'toOne', not p.proretset or p.prorows = 1
)), '[]')
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_type a on a.oid = p.proargtypes[0]
join pg_namespace an on an.oid = a.typnamespace
join pg_type r on r.oid = p.prorettype
join pg_namespace rn on rn.oid = r.typnamespace
where p.pronargs = 1
  and p.proargtypes[0] in (select reltype from row_types) and p.prorettype in (select reltype from row_types)`;

/** Implicit casts by function between a domain and json or text: the form in which clients read and write the domain. */
export const REPRESENTATIONS_QUERY = `
select coalesce(json_agg(json_build_array(c.castsource::regtype::text, c.casttarget::regtype::text, c.castfunc::regproc::text)), '[]')
from pg_cast c
join pg_type s on s.oid = c.castsource
join pg_type t on t.oid = c.casttarget
where c.castcontext = 'i' and c.castmethod = 'f' and has_function_privilege(c.castfunc, 'execute')
  and ((s.typtype = 'd' and t.oid in ('json'::regtype, 'text'::regtype))
    or (t.typtype = 'd' and s.oid in ('json'::regtype, 'text'::regtype)))`;

/** Domains whose name is a media type, with the aggregates and functions that return them. */
export const HANDLERS_QUERY = `
with media as (
  select oid, typnamespace, typname, lower(typname) as mime
  from pg_type where typbasetype <> 0 and (typname ~* '^[a-z0-9.-]+/[a-z0-9.+-]+$' or typname = '*/*')
)
select coalesce(json_agg(json_build_object(
  'function', json_build_object('schema', h.schema, 'name', h.name),
  'target', json_build_object('schema', h.target_schema, 'name', h.target_name),
  'mime', h.mime)), '[]')
from (
  select n.nspname as schema, p.proname as name, an.nspname as target_schema, a.typname as target_name, m.mime
  from media m
  join pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
  join pg_namespace n on n.oid = p.pronamespace
  join pg_type a on a.oid = p.proargtypes[0]
  join pg_namespace an on an.oid = a.typnamespace
  where n.nspname = any($1::text[])
    and (a.oid = 'anyelement'::regtype or exists (select from pg_class c where c.reltype = a.oid and c.relkind in ('v', 'r', 'm', 'f', 'p')))
  union all
  select mn.nspname, m.typname, n.nspname, p.proname, m.mime
  from media m
  join pg_namespace mn on mn.oid = m.typnamespace
  join pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
  join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any($1::text[])
) h`;

/** The tables and functions of schema $1 that the current role may use. */
export const ACCESSIBLE_QUERY = `
select json_build_object(
  'description', obj_description(n.oid, 'pg_namespace'),
  'tables', (select coalesce(json_agg(c.relname), '[]') from pg_class c
    where c.relnamespace = n.oid and c.relkind in ('v', 'r', 'm', 'f', 'p') and not c.relispartition
      and (pg_has_role(c.relowner, 'usage')
        or has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or has_any_column_privilege(c.oid, 'select, insert, update, references'))),
  'routines', (select coalesce(json_agg(distinct p.proname), '[]') from pg_proc p
    where p.pronamespace = n.oid and p.prokind = 'f' and has_function_privilege(p.oid, 'execute')))
from pg_namespace n where n.nspname = $1`;
