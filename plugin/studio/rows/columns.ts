import type { ReadSession } from '../../explain/facts/explain-database.ts';

/** A table as pages name it. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** A column, with what it takes to show and to edit its values. */
export interface Column {
  readonly name: string;
  /** As SQL has it, such as `character varying(20)[]`. */
  readonly type: string;
  /**
   * The type of the values that statements assign: without limits and domains, since a cast cuts a value that is too long,
   * where an assignment refuses it.
   */
  readonly assigned: string;
  /** How a value is edited: by a list, by its own control, or as text. */
  readonly input: 'boolean' | 'enum' | 'json' | 'array' | 'text';
  /** The values of an enum; null for other types. */
  readonly values: readonly string[] | null;
  readonly isNullable: boolean;
  readonly default: string | null;
  readonly isKey: boolean;
  /** PostgreSQL alone writes it: a generated column, or an identity that is generated always. */
  readonly isGenerated: boolean;
  /** An insert may leave it out. */
  readonly isOptional: boolean;
  /** The column that a foreign key of this column alone names. */
  readonly references: (TableName & { readonly column: string }) | null;
}

// The type of a domain is that of its base, however deep.
const COLUMNS = `
  select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, format_type(b.oid, -1) as assigned,
    case when b.oid = 'pg_catalog.bool'::regtype then 'boolean' when b.typtype = 'e' then 'enum'
      when b.oid in ('pg_catalog.json'::regtype, 'pg_catalog.jsonb'::regtype) then 'json'
      when b.typcategory = 'A' then 'array' else 'text' end as input,
    case when b.typtype = 'e' then array(select e.enumlabel::text from pg_enum e where e.enumtypid = b.oid order by e.enumsortorder) end as values,
    not (a.attnotnull or exists (select from pg_type d where d.oid = a.atttypid and d.typnotnull)) as "isNullable",
    pg_get_expr(d.adbin, d.adrelid) as default,
    exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)) as "isKey",
    a.attgenerated <> '' or a.attidentity = 'a' as "isGenerated",
    not a.attnotnull or a.atthasdef or a.attidentity <> '' as "isOptional",
    (select jsonb_build_object('schema', n.nspname, 'name', c.relname, 'column', r.attname)
      from pg_constraint f join pg_class c on c.oid = f.confrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute r on r.attrelid = f.confrelid and r.attnum = f.confkey[1]
      where f.conrelid = a.attrelid and f.contype = 'f' and f.conkey = array[a.attnum] limit 1) as references
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    cross join lateral (with recursive base as (
        select t.oid, t.typtype, t.typcategory, t.typbasetype from pg_type t where t.oid = a.atttypid
        union all select t.oid, t.typtype, t.typcategory, t.typbasetype from base join pg_type t on t.oid = base.typbasetype where base.typtype = 'd')
      select * from base where typtype <> 'd' limit 1) b
  where a.attrelid = to_regclass(format('%I.%I', $1::text, $2::text)) and a.attnum > 0 and not a.attisdropped order by a.attnum`;

/** The columns of a table or view, in their order; none where there is no table of this name. */
export function readColumns(session: ReadSession, { schema, name }: TableName): Promise<Column[]> {
  return session.rows<Column & Record<string, unknown>>(COLUMNS, [schema, name]);
}
