-- Functions for postgres_changes: is a subscription valid, who may see which row, how is a value encoded.
-- supabase/realtime v2.129.8 lib/realtime/tenants/repo/migrations (realtime.apply_rls, realtime.subscription_check_filters)

-- The name of a type for SQL, without the length that `regtype` gives some of them: `character` is one character long.
create function _realtime.type_name(type oid) returns text
language sql stable
set search_path = ''
as $$
  select format('%I.%I%s', nspname, coalesce(e.typname, t.typname), case when e.oid is null then '' else '[]' end)
  from pg_type t
  left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  join pg_namespace n on n.oid = coalesce(e.typnamespace, t.typnamespace)
  where t.oid = type;
$$;

-- The text of a value as in the write-ahead log, whose connection has the same settings (wal/replication-client.ts).
create function _realtime.log_text(value anyelement) returns text
language sql stable strict
set search_path = '' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres' set extra_float_digits = 1
set bytea_output = 'hex' set lc_monetary = 'C'
as $$ select format('%s', value) $$;

-- Reads the values of filters as a new connection of the project would: with the settings of database and role, which
-- may be younger than this connection.
create function _realtime.use_input_settings() returns void
language plpgsql
set search_path = ''
as $$
declare
  entry text;
begin
  for entry in
    select e
    from pg_db_role_setting, unnest(setconfig) e
    where setdatabase in (0, (select oid from pg_database where datname = current_database()))
      and setrole in (0, current_user::regrole)
      and lower(split_part(e, '=', 1)) in ('datestyle', 'timezone', 'intervalstyle', 'lc_monetary')
    order by setrole > 0, setdatabase > 0
  loop
    perform set_config(split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1), true);
  end loop;
end
$$;

-- SQL for whether `left op right` is true for two values of a type in the text of the log, like Realtime's filters: a null
-- on the left matches only `is` and `isdistinct`. `right_value` is the JSON of a list for `in`.
create function _realtime.comparison(op text, type text, left_value text, right_value text) returns text
language sql stable
set search_path = ''
as $$
  select case
    when op = 'is' then format('select %L::%s is %s', left_value, type, right_value)
    when op = 'isdistinct' then format('select %L::%s is distinct from %L::%2$s', left_value, type, right_value)
    when op = 'in' then format('select %L::%s = any (%L::%2$s[])',
      left_value, type, array(select jsonb_array_elements_text(right_value::jsonb)))
    -- A pattern is of the type that the operator takes.
    when op in ('like', 'ilike', 'match', 'imatch') then format('select %L::%s %s %L', left_value, type,
      case op when 'match' then '~' when 'imatch' then '~*' else op end, right_value)
    else format('select %L::%s %s %L::%2$s', left_value, type,
      case op when 'eq' then '=' when 'neq' then '<>' when 'lt' then '<' when 'lte' then '<=' when 'gt' then '>' else '>=' end,
      right_value)
  end;
$$;

create function _realtime.compare_all(
  ops text[], types oid[], negates boolean[], left_values text[], right_values text[], path text
) returns boolean[]
language plpgsql
set search_path = '' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres' set bytea_output = 'hex'
set lc_monetary = 'C'
as $$
declare
  results boolean[] := '{}';
  result boolean;
begin
  perform set_config('search_path', path, true);
  for i in 1 .. coalesce(array_length(ops, 1), 0) loop
    begin
      execute _realtime.comparison(ops[i], _realtime.type_name(types[i]), left_values[i], right_values[i]) into result;
      results := results || coalesce(result <> negates[i], false);
    exception when others then
      results := results || false;
    end;
  end loop;
  return results;
end
$$;

-- Checks filters `[{column, op, value, negate}]` and selected columns of one table for a role. Returns the operand of each
-- filter in the text of the log (a list for `in`), a pattern as it is. Raises Realtime's exceptions.
create function _realtime.check_filters(relation oid, role text, filters jsonb, selected text[], path text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  readable constant text[] := (
    select coalesce(array_agg(attname), '{}') from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped
      and has_column_privilege(role, attrelid, attnum, 'SELECT'));
  filter record;
  type regtype;
  type_name text;
  list text[];
  operand text;
  operands jsonb := '[]';
  name text;
begin
  perform _realtime.use_input_settings(), set_config('search_path', path, true);
  for filter in select * from jsonb_to_recordset(filters) as f("column" text, op text, value text) loop
    if filter."column" <> all (readable) then
      raise exception 'invalid column for filter %', filter."column";
    end if;
    type := (select atttypid from pg_attribute where attrelid = relation and attname = filter."column");
    type_name := _realtime.type_name(type);
    if filter.op = 'in' then
      execute format('select array(select _realtime.log_text(v) from unnest(%L::%s[]) v)', filter.value, type_name) into list;
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
      execute format('select _realtime.log_text(%L::%s)', filter.value, type_name) into operand;
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
  publication text, schema_name text, table_name text, role text, filters jsonb, selected text[], path text
) returns integer
language plpgsql
set search_path = ''
as $$
declare
  relation oid;
  tables integer := 0;
begin
  for relation in
    select c.oid
    from pg_publication_tables p
    join pg_namespace n on n.nspname = p.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
    where p.pubname = publication and schema_name in ('*', p.schemaname) and table_name in ('*', p.tablename)
  loop
    perform role::regrole;
    perform _realtime.check_filters(relation, role, filters, selected, path);
    tables := tables + 1;
  end loop;
  return tables;
end
$$;

-- The claims that the policies of a table can read, so that viewers who agree in them see the same rows; null when they may
-- read anything. Understood are columns, constants, immutable built-in functions and operators, and Auth's helpers.
create function _realtime.claims_read(relation oid) returns text[]
language sql stable
set search_path = ''
as $$
  with policies as (
    select polqual::text as tree from pg_policy where polrelid = relation and polcmd in ('r', '*')
  ), functions as (
    select m[1]::oid as id from policies, regexp_matches(tree, ':funcid (\d+)', 'g') m
    union
    select oprcode::oid from policies, regexp_matches(tree, ':opno (\d+)', 'g') m join pg_operator o on o.oid = m[1]::oid
  ), known as (
    select
      p.pronamespace = 'pg_catalog'::regnamespace and (p.provolatile = 'i' or p.proname = 'now') as is_pure,
      case when p.pronamespace = 'auth'::regnamespace and p.proowner <> 'postgres'::regrole and p.pronargs = 0 then
        case p.proname when 'uid' then 'sub' when 'role' then 'role' when 'email' then 'email' end
      end as claim
    from functions join pg_proc p on p.oid = id
  )
  select case
    when exists (
      select from policies, regexp_matches(tree, '\{([A-Z]+)', 'g') m
      where m[1] not in ('VAR', 'CONST', 'OPEXPR', 'DISTINCTEXPR', 'SCALARARRAYOPEXPR', 'BOOLEXPR', 'NULLTEST', 'BOOLEANTEST',
        'RELABELTYPE', 'FUNCEXPR', 'SUBLINK', 'QUERY', 'TARGETENTRY', 'FROMEXPR')
    ) or exists (select from known where not is_pure and claim is null) then null
    else (select coalesce(array_agg(distinct claim) filter (where claim is not null), '{}') from known)
  end;
$$;

-- Which viewer may see which of the changed rows. `jobs` is a list with one element per table:
-- {relation: oid, keys: [column names], types: [type oids], rows: [[key values as text]], viewers: [{role, claims}]};
-- `xids` are the transactions that changed the rows.
-- Returns for each viewer: the columns that the role may read, whether the table has row level security, and the positions
-- (from 1) of the rows that the role can read now with these claims. One statement is prepared per table and key; viewers
-- of one role share its plan.
create function _realtime.check_changes(jobs jsonb, xids bigint[], path text)
returns table (job integer, viewer integer, secured boolean, columns text[], visible integer[], failure text)
language plpgsql
set search_path = ''
as $$
declare
  item record;
  relation oid;
  lookup text;
  -- The viewers, ordered by role: position, role and claims of each.
  ids integer[];
  roles text[];
  claims text[];
  -- What the policies can read of the claims of each; null when that is not known.
  keys jsonb[];
  readable text[];
  at integer;
  known_role text;
begin
  perform _realtime.await_transactions(xids), set_config('search_path', path, true);
  for item in select value, ordinality - 1 as i from jsonb_array_elements(jobs) with ordinality loop
    job := item.i;
    relation := (item.value ->> 'relation')::oid;
    select relrowsecurity into secured from pg_class where oid = relation;
    continue when not found;
    lookup := null;
    if secured and jsonb_array_length(item.value -> 'rows') > 0 then
      lookup := format('execute %I(%L)',
        _realtime.prepare_lookup(relation, item.value -> 'keys', item.value -> 'types'), item.value -> 'rows');
    end if;
    -- For a few viewers, asking the policies costs less than reading them.
    readable := case when lookup is not null and jsonb_array_length(item.value -> 'viewers') > 50
      then _realtime.claims_read(relation) end;
    select array_agg(i), array_agg(v ->> 'role'), array_agg(v ->> 'claims'), array_agg(key) into ids, roles, claims, keys
    from (
      select v, ordinality - 1 as i, case
        when readable is null then null
        when readable = '{}' then '{}'
        else (select jsonb_agg((v ->> 'claims')::jsonb -> name order by name) from unnest(readable) name)
      end as key
      from jsonb_array_elements(item.value -> 'viewers') with ordinality as e(v, ordinality)
      order by v ->> 'role', key
    ) ordered;
    at := 1;
    -- An error ends the inner loop (a subtransaction for each viewer would cost more than its lookup): it hides the rows
    -- from that viewer, and the loop goes on with the next one.
    while at <= cardinality(ids) loop
      known_role := null;
      begin
        while at <= cardinality(ids) loop
          viewer := ids[at];
          failure := null;
          if roles[at] is distinct from known_role then
            perform set_config('role', 'none', true);
            known_role := roles[at];
            columns := (
              select coalesce(array_agg(attname::text), '{}') from pg_attribute
              where attrelid = relation and attnum > 0 and not attisdropped
                and has_column_privilege(known_role, attrelid, attnum, 'SELECT'));
            perform set_config('role', known_role, true);
            visible := null;
          end if;
          if lookup is not null and (visible is null or keys[at] is null or keys[at] is distinct from keys[at - 1]) then
            perform set_config('request.jwt.claims', claims[at], true);
            execute lookup into visible;
          end if;
          at := at + 1;
          return next;
        end loop;
      exception when others then
        -- The role may have been dropped since its subscriber joined: then there is nothing to answer.
        if to_regrole(quote_ident(roles[at])) is not null then
          visible := '{}';
          failure := sqlerrm;
          return next;
        end if;
        at := at + 1;
      end;
    end loop;
    perform set_config('role', 'none', true);
  end loop;
end
$$;

-- A scalar subquery, not a join: the key is looked up in its index, and the policies are evaluated for that row only. In a
-- join the planner would have to evaluate them for every row of the table first.
create function _realtime.prepare_lookup(relation oid, keys jsonb, types jsonb) returns text
language plpgsql
set search_path = ''
as $$
declare
  lookup constant text := format('lookup_%s_%s', relation, left(md5(keys::text || types::text), 8));
  conditions text;
begin
  if exists (select 1 from pg_prepared_statements where name = lookup) then
    return lookup;
  end if;
  select string_agg(format('t.%I = (k.value ->> %s)::%s', key, i - 1, _realtime.type_name((types ->> (i - 1)::int)::oid)), ' and ')
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
create function _realtime.encode_values(types oid[], input_values text[], path text) returns text[]
language plpgsql
set search_path = '' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres' set extra_float_digits = 1
set bytea_output = 'hex' set lc_monetary = 'C'
as $$
declare
  results text[] := '{}';
  result text;
begin
  perform set_config('search_path', path, true);
  for i in 1 .. coalesce(array_length(types, 1), 0) loop
    begin
      execute format('select to_jsonb(%L::%s)::text', input_values[i], _realtime.type_name(types[i])) into result;
    exception when others then
      result := to_jsonb(input_values[i])::text;
    end;
    results := results || result;
  end loop;
  return results;
end
$$;

grant execute on all functions in schema _realtime to postgres;
