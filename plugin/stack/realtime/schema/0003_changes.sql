-- Functions for postgres_changes: is a subscription valid, who may see which row, how is a value encoded.
-- supabase/realtime v2.129.8 lib/realtime/tenants/repo/migrations (realtime.apply_rls, realtime.subscription_check_filters)

-- Whether `left op right` is true for two values of a type in text format, like Realtime's filters: both sides are cast, and
-- a null on the left matches only `is` and `isdistinct`.
create function _realtime.compare(op text, type regtype, negate boolean, left_value text, right_value text)
returns boolean
language plpgsql
as $$
declare
  result boolean;
  operator text;
begin
  if op = 'isdistinct' then
    execute format('select %L::%s is %s distinct from %L::%s',
      left_value, type, case when negate then 'not' else '' end, right_value, type) into result;
    return result;
  end if;
  if op = 'is' then
    execute format('select %L::%s is %s %s',
      left_value, type, case when negate then 'not' else '' end, right_value) into result;
    return result;
  end if;
  operator := case op
    when 'eq' then '=' when 'neq' then '<>' when 'lt' then '<' when 'lte' then '<=' when 'gt' then '>'
    when 'gte' then '>=' when 'in' then '= any' when 'like' then 'like' when 'ilike' then 'ilike'
    when 'match' then '~' when 'imatch' then '~*' end;
  execute format('select %L::%s %s (%L::%s)',
    left_value, type, operator, right_value, type || case when op = 'in' then '[]' else '' end) into result;
  return case when negate then not result else result end;
end
$$;

create function _realtime.compare_all(
  ops text[], types oid[], negates boolean[], left_values text[], right_values text[]
) returns boolean[]
language plpgsql
as $$
declare
  results boolean[] := '{}';
begin
  for i in 1 .. coalesce(array_length(ops, 1), 0) loop
    begin
      results := results || coalesce(
        _realtime.compare(ops[i], types[i]::regtype, negates[i], left_values[i], right_values[i]), false);
    exception when others then
      results := results || false;
    end;
  end loop;
  return results;
end
$$;

-- Checks filters `[{column, op, value, negate}]` and selected columns of one table for a role. Returns the operand of each
-- filter in the text format of the column's type (an array for `in`). Raises Realtime's exceptions.
create function _realtime.check_filters(relation oid, role text, filters jsonb, selected text[])
returns jsonb
language plpgsql
as $$
declare
  readable constant text[] := (
    select coalesce(array_agg(attname), '{}') from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped
      and has_column_privilege(role, attrelid, attnum, 'SELECT'));
  filter record;
  type regtype;
  list text[];
  operand text;
  operands jsonb := '[]';
  name text;
begin
  for filter in select * from jsonb_to_recordset(filters) as f("column" text, op text, value text) loop
    if filter."column" <> all (readable) then
      raise exception 'invalid column for filter %', filter."column";
    end if;
    type := (select atttypid from pg_attribute where attrelid = relation and attname = filter."column");
    if filter.op = 'in' then
      execute format('select %L::%s[]::text[]', filter.value, type) into list;
      if cardinality(list) > 100 then
        raise exception 'too many values for `in` filter. Maximum 100';
      end if;
      operands := operands || jsonb_build_array(to_jsonb(list));
      continue;
    end if;
    operand := filter.value;
    if filter.op = 'is' then
      if filter.value not in ('null', 'true', 'false', 'unknown') then
        raise exception 'invalid value for is filter: must be null, true, false, or unknown';
      elsif filter.value <> 'null' and type <> 'boolean'::regtype then
        raise exception 'is % filter requires a boolean column, got %', filter.value, type;
      end if;
    elsif filter.op in ('like', 'ilike', 'match', 'imatch') then
      if not exists (
        select 1 from pg_operator
        where oprleft = type and oprname = case filter.op when 'match' then '~' when 'imatch' then '~*' else '~~' end
          and (filter.op in ('like', 'ilike') or (oprright = type and oprresult = 'boolean'::regtype))
      ) then
        raise exception 'operator % requires a text-compatible column type, got %', filter.op, type;
      end if;
      if filter.op in ('match', 'imatch') then
        begin
          perform '' ~ filter.value;
        exception when others then
          raise exception 'invalid regular expression for % filter: %', filter.op, sqlerrm;
        end;
      end if;
    else
      execute format('select (%L::%s)::text', filter.value, type) into operand;
    end if;
    operands := operands || jsonb_build_array(operand);
  end loop;
  foreach name in array coalesce(selected, '{}') loop
    if name <> all (readable) then
      raise exception 'invalid column for select %', name;
    end if;
  end loop;
  return operands;
end
$$;

-- Checks one subscription against the tables of the publication; returns how many tables it covers ('*': all).
create function _realtime.check_subscription(
  publication text, schema_name text, table_name text, role text, filters jsonb, selected text[]
) returns integer
language plpgsql
as $$
declare
  relation oid;
  tables integer := 0;
begin
  for relation in
    select format('%I.%I', p.schemaname, p.tablename)::regclass
    from pg_publication_tables p
    where p.pubname = publication and schema_name in ('*', p.schemaname) and table_name in ('*', p.tablename)
  loop
    perform role::regrole;
    perform _realtime.check_filters(relation, role, filters, selected);
    tables := tables + 1;
  end loop;
  return tables;
end
$$;

-- Which viewer may see which of the changed rows. `jobs` is a list with one element per table:
-- {relation: oid, keys: [column names], types: [type oids], rows: [[key values as text]], viewers: [{role, claims}]};
-- `xids` are the transactions that changed the rows.
-- Returns for each viewer: the columns that the role may read, whether the table has row level security, and the positions
-- (from 1) of the rows that the role can read now with these claims. One statement is prepared per table and key; viewers
-- of one role share its plan.
create function _realtime.check_changes(jobs jsonb, xids bigint[])
returns table (job integer, viewer integer, secured boolean, columns text[], visible integer[], failure text)
language plpgsql
as $$
declare
  item record;
  who record;
  relation oid;
  statement text;
  known_role text;
begin
  perform _realtime.await_transactions(xids);
  for item in select value, ordinality - 1 as i from jsonb_array_elements(jobs) with ordinality loop
    job := item.i;
    relation := (item.value ->> 'relation')::oid;
    select relrowsecurity into secured from pg_class where oid = relation;
    continue when not found;
    statement := null;
    if secured and jsonb_array_length(item.value -> 'rows') > 0 then
      statement := _realtime.prepare_lookup(relation, item.value -> 'keys', item.value -> 'types');
    end if;
    known_role := null;
    for who in
      select ordinality - 1 as i, v ->> 'role' as role, v ->> 'claims' as claims
      from jsonb_array_elements(item.value -> 'viewers') with ordinality as e(v, ordinality)
      order by 2
    loop
      viewer := who.i;
      visible := null;
      failure := null;
      -- The role may have been dropped since its subscriber joined.
      continue when to_regrole(quote_ident(who.role)) is null;
      if who.role is distinct from known_role then
        columns := (
          select coalesce(array_agg(attname::text), '{}') from pg_attribute
          where attrelid = relation and attnum > 0 and not attisdropped
            and has_column_privilege(who.role, attrelid, attnum, 'SELECT'));
        known_role := who.role;
      end if;
      begin
        if statement is not null then
          perform set_config('request.jwt.claims', who.claims, true), set_config('role', who.role, true);
          execute format('execute %I(%L)', statement, item.value -> 'rows') into visible;
        end if;
      exception when others then
        visible := '{}';
        failure := sqlerrm;
      end;
      perform set_config('role', 'none', true);
      return next;
    end loop;
  end loop;
end
$$;

-- A scalar subquery, not a join: the key is looked up in its index, and the policies are evaluated for that row only. In a
-- join the planner would have to evaluate them for every row of the table first.
create function _realtime.prepare_lookup(relation oid, keys jsonb, types jsonb) returns text
language plpgsql
as $$
declare
  lookup constant text := format('lookup_%s_%s', relation, left(md5(keys::text || types::text), 8));
  conditions text;
begin
  if exists (select 1 from pg_prepared_statements where name = lookup) then
    return lookup;
  end if;
  select string_agg(format('t.%I = (k.value ->> %s)::%s', key, i - 1, (types ->> (i - 1)::int)::oid::regtype), ' and ')
  into conditions
  from jsonb_array_elements_text(keys) with ordinality as e(key, i);
  execute format(
    'prepare %I (jsonb) as
     select coalesce(array_agg(k.i::integer), ''{}'')
     from jsonb_array_elements($1) with ordinality as k(value, i)
     where (select true from %s t where %s limit 1)',
    lookup, (select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.oid = relation), conditions);
  return lookup;
end
$$;

-- Encodes values of types that only the database can encode as JSON (composite types, casts to json).
create function _realtime.encode_values(types oid[], input_values text[]) returns text[]
language plpgsql
as $$
declare
  results text[] := '{}';
  result text;
begin
  for i in 1 .. coalesce(array_length(types, 1), 0) loop
    begin
      execute format('select to_jsonb(%L::%s)::text', input_values[i], types[i]::regtype) into result;
    exception when others then
      result := to_jsonb(input_values[i])::text;
    end;
    results := results || result;
  end loop;
  return results;
end
$$;
