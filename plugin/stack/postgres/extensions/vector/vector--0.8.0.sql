-- pgvector's types, functions, operators, casts and aggregates (version 0.8) in SQL: a value is stored as its text, and
-- every search is exact. Function bodies are parsed here, so that the extension can be moved to another schema.

create function _vector_fail(message text) returns boolean
language plpgsql immutable as $$ begin raise exception using errcode = '22000', message = message; end $$;

-- The numbers of '[1,2,3]'.
create function _vector_numbers(value text) returns real[]
language sql immutable strict parallel safe
return translate(value, '[]', '{}')::real[];

create function _vector_text(numbers real[]) returns text
language sql immutable strict parallel safe
return '[' || array_to_string(numbers, ',', 'null') || ']';

-- The numbers of two values of the same length, in pairs.
create function _vector_pairs(a real[], b real[]) returns table (x double precision, y double precision)
language sql immutable strict parallel safe
begin atomic
  select p.x::double precision, p.y::double precision
  from unnest(a, b) as p (x, y)
  where case when cardinality(a) = cardinality(b) then true
    else _vector_fail(format('different vector dimensions %s and %s', cardinality(a), cardinality(b))) end;
end;

create function _vector_l2(a real[], b real[]) returns double precision
language sql immutable strict parallel safe
return (select sqrt(coalesce(sum((x - y) ^ 2), 0)) from _vector_pairs(a, b));

create function _vector_l1(a real[], b real[]) returns double precision
language sql immutable strict parallel safe
return (select coalesce(sum(abs(x - y)), 0) from _vector_pairs(a, b));

create function _vector_inner(a real[], b real[]) returns double precision
language sql immutable strict parallel safe
return (select coalesce(sum(x * y), 0) from _vector_pairs(a, b));

create function _vector_cosine(a real[], b real[]) returns double precision
language sql immutable strict parallel safe
return (
  select case when sum(x * x) = 0 or sum(y * y) = 0 then 'NaN'::double precision
    else 1 - greatest(least(sum(x * y) / sqrt(sum(x * x) * sum(y * y)), 1), -1) end
  from _vector_pairs(a, b));

create function _vector_norm(a real[]) returns double precision
language sql immutable strict parallel safe
return (select sqrt(coalesce(sum(x::double precision ^ 2), 0)) from unnest(a) as x);

create function _vector_checked(type text, value text, typmod integer) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  numbers real[];
begin
  if value !~ '^\s*\[.*\]\s*$' then
    raise exception 'invalid input syntax for type %: "%"', type, value
      using errcode = '22P02', detail = 'Vector contents must start with "[".';
  end if;
  begin
    numbers := translate(value, '[]', '{}')::real[];
  exception when invalid_text_representation then
    raise exception 'invalid input syntax for type %: "%"', type, value using errcode = '22P02';
  end;
  if cardinality(numbers) = 0 then
    raise exception '% must have at least 1 dimension', type using errcode = '22000';
  elsif array_position(numbers, null) is not null then
    raise exception 'array must not contain nulls' using errcode = '22004';
  elsif 'NaN' = any(numbers) then
    raise exception 'NaN not allowed in %', type using errcode = '22000';
  elsif 'infinity' = any(numbers) or '-infinity' = any(numbers) then
    raise exception 'infinite value not allowed in %', type using errcode = '22000';
  elsif typmod > 0 and cardinality(numbers) <> typmod then
    raise exception 'expected % dimensions, not %', typmod, cardinality(numbers) using errcode = '22000';
  end if;
  return '[' || array_to_string(numbers, ',', 'null') || ']';
end $$;

-- {index:value,…}/dimensions, indices from 1.
create function _sparsevec_numbers(value text) returns real[]
language sql immutable strict parallel safe
return (
  select array_agg(coalesce(split_part(entry, ':', 2)::real, 0) order by place)
  from generate_series(1, split_part(value, '/', 2)::int) as place
  left join unnest(string_to_array(translate(split_part(value, '/', 1), '{} ', ''), ',')) as entry
    on entry <> '' and split_part(entry, ':', 1)::int = place);

create function _sparsevec_text(numbers real[]) returns text
language sql immutable strict parallel safe
return (
  select '{' || coalesce(string_agg(place || ':' || number, ',' order by place) filter (where number <> 0), '') || '}/' || count(*)
  from unnest(numbers) with ordinality as entries (number, place));

create function _sparsevec_checked(value text, typmod integer) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  dimensions integer;
begin
  if value !~ '^\s*\{\s*(\d+\s*:\s*[-+0-9.eE]+\s*(,\s*\d+\s*:\s*[-+0-9.eE]+\s*)*)?\}\s*/\s*\d+\s*$' then
    raise exception 'invalid input syntax for type sparsevec: "%"', value using errcode = '22P02';
  end if;
  dimensions := split_part(value, '/', 2)::integer;
  if typmod > 0 and dimensions <> typmod then
    raise exception 'expected % dimensions, not %', typmod, dimensions using errcode = '22000';
  end if;
  return replace(value, ' ', '');
end $$;

create type vector;
create type halfvec;
create type sparsevec;

do $$
declare
  type text;
begin
  foreach type in array array['vector', 'halfvec', 'sparsevec'] loop
    execute format('create function %I(cstring) returns %I language internal immutable strict parallel safe as %L', type || '_in', type, 'textin');
    execute format('create function %I(%I) returns cstring language internal immutable strict parallel safe as %L', type || '_out', type, 'textout');
    execute format('create function %I(internal) returns %I language internal immutable strict parallel safe as %L', type || '_recv', type, 'textrecv');
    execute format('create function %I(%I) returns bytea language internal immutable strict parallel safe as %L', type || '_send', type, 'textsend');
    execute format('create function %I(cstring[]) returns integer language internal immutable strict parallel safe as %L', type || '_typmod_in', 'bittypmodin');
    execute format('create function %I(integer) returns cstring language internal immutable strict parallel safe as %L', type || '_typmod_out', 'bittypmodout');
    execute format('create type %1$I (input = %2$I, output = %3$I, receive = %4$I, send = %5$I, typmod_in = %6$I, typmod_out = %7$I, storage = extended)',
      type, type || '_in', type || '_out', type || '_recv', type || '_send', type || '_typmod_in', type || '_typmod_out');
    execute format('create cast (%I as text) without function', type);
    execute format('create cast (text as %I) without function', type);
  end loop;
end $$;

create function vector(vector, integer, boolean) returns vector language sql immutable strict parallel safe
return _vector_checked('vector', $1::text, $2)::vector;
create function halfvec(halfvec, integer, boolean) returns halfvec language sql immutable strict parallel safe
return _vector_checked('halfvec', $1::text, $2)::halfvec;
create function sparsevec(sparsevec, integer, boolean) returns sparsevec language sql immutable strict parallel safe
return _sparsevec_checked($1::text, $2)::sparsevec;
create cast (vector as vector) with function vector(vector, integer, boolean) as implicit;
create cast (halfvec as halfvec) with function halfvec(halfvec, integer, boolean) as implicit;
create cast (sparsevec as sparsevec) with function sparsevec(sparsevec, integer, boolean) as implicit;

create function _numbers(vector) returns real[] language sql immutable strict parallel safe return _vector_numbers($1::text);
create function _numbers(halfvec) returns real[] language sql immutable strict parallel safe return _vector_numbers($1::text);
create function _numbers(sparsevec) returns real[] language sql immutable strict parallel safe return _sparsevec_numbers($1::text);

-- Casts between the types and arrays.
create function vector_to_float4(vector, integer, boolean) returns real[] language sql immutable strict parallel safe return _numbers($1);
create function halfvec_to_float4(halfvec, integer, boolean) returns real[] language sql immutable strict parallel safe return _numbers($1);
create cast (vector as real[]) with function vector_to_float4(vector, integer, boolean) as implicit;
create cast (halfvec as real[]) with function halfvec_to_float4(halfvec, integer, boolean) as assignment;

do $$
declare
  element text;
begin
  foreach element in array array['integer', 'real', 'double precision', 'numeric'] loop
    execute format('create function array_to_vector(%s[], integer, boolean) returns vector language sql immutable strict parallel safe
      return _vector_checked(''vector'', _vector_text($1::real[]), $2)::vector', element);
    execute format('create function array_to_halfvec(%s[], integer, boolean) returns halfvec language sql immutable strict parallel safe
      return _vector_checked(''halfvec'', _vector_text($1::real[]), $2)::halfvec', element);
    execute format('create function array_to_sparsevec(%s[], integer, boolean) returns sparsevec language sql immutable strict parallel safe
      return _sparsevec_checked(_sparsevec_text($1::real[]), $2)::sparsevec', element);
    execute format('create cast (%s[] as vector) with function array_to_vector(%1$s[], integer, boolean) as assignment', element);
    execute format('create cast (%s[] as halfvec) with function array_to_halfvec(%1$s[], integer, boolean) as assignment', element);
    execute format('create cast (%s[] as sparsevec) with function array_to_sparsevec(%1$s[], integer, boolean) as assignment', element);
  end loop;
end $$;

create function vector_to_halfvec(vector, integer, boolean) returns halfvec language sql immutable strict parallel safe
return _vector_checked('halfvec', $1::text, $2)::halfvec;
create function halfvec_to_vector(halfvec, integer, boolean) returns vector language sql immutable strict parallel safe
return _vector_checked('vector', $1::text, $2)::vector;
create function vector_to_sparsevec(vector, integer, boolean) returns sparsevec language sql immutable strict parallel safe
return _sparsevec_checked(_sparsevec_text(_numbers($1)), $2)::sparsevec;
create function sparsevec_to_vector(sparsevec, integer, boolean) returns vector language sql immutable strict parallel safe
return _vector_checked('vector', _vector_text(_numbers($1)), $2)::vector;
create function halfvec_to_sparsevec(halfvec, integer, boolean) returns sparsevec language sql immutable strict parallel safe
return _sparsevec_checked(_sparsevec_text(_numbers($1)), $2)::sparsevec;
create function sparsevec_to_halfvec(sparsevec, integer, boolean) returns halfvec language sql immutable strict parallel safe
return _vector_checked('halfvec', _vector_text(_numbers($1)), $2)::halfvec;
create cast (vector as halfvec) with function vector_to_halfvec(vector, integer, boolean) as assignment;
create cast (halfvec as vector) with function halfvec_to_vector(halfvec, integer, boolean) as assignment;
create cast (vector as sparsevec) with function vector_to_sparsevec(vector, integer, boolean) as assignment;
create cast (sparsevec as vector) with function sparsevec_to_vector(sparsevec, integer, boolean) as assignment;
create cast (halfvec as sparsevec) with function halfvec_to_sparsevec(halfvec, integer, boolean) as assignment;
create cast (sparsevec as halfvec) with function sparsevec_to_halfvec(sparsevec, integer, boolean) as assignment;

-- Functions and operators that all three types have.
do $$
declare
  type text;
  name text;
  op text;
begin
  foreach type in array array['vector', 'halfvec', 'sparsevec'] loop
    execute format('create function l2_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return _vector_l2(_numbers($1), _numbers($2))', type);
    execute format('create function l1_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return _vector_l1(_numbers($1), _numbers($2))', type);
    execute format('create function inner_product(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return _vector_inner(_numbers($1), _numbers($2))', type);
    execute format('create function cosine_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return _vector_cosine(_numbers($1), _numbers($2))', type);
    execute format('create function %2$I(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return - _vector_inner(_numbers($1), _numbers($2))', type, type || '_negative_inner_product');
    execute format('create operator <-> (leftarg = %1$I, rightarg = %1$I, function = l2_distance, commutator = <->)', type);
    execute format('create operator <+> (leftarg = %1$I, rightarg = %1$I, function = l1_distance, commutator = <+>)', type);
    execute format('create operator <=> (leftarg = %1$I, rightarg = %1$I, function = cosine_distance, commutator = <=>)', type);
    execute format('create operator <#> (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = <#>)', type, type || '_negative_inner_product');

    execute format('create function %2$I(%1$I, %1$I) returns integer language sql immutable strict parallel safe return btarraycmp(_numbers($1), _numbers($2))', type, type || '_cmp');
    for name, op in select * from (values ('eq', '='), ('ne', '<>'), ('lt', '<'), ('le', '<='), ('gt', '>'), ('ge', '>=')) as comparisons loop
      execute format('create function %2$I(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return _numbers($1) %3$s _numbers($2)', type, type || '_' || name, op);
    end loop;
    execute format('create operator = (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = =, negator = <>, restrict = eqsel, join = eqjoinsel)', type, type || '_eq');
    execute format('create operator <> (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = <>, negator = =, restrict = neqsel, join = neqjoinsel)', type, type || '_ne');
    execute format('create operator < (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = >, negator = >=, restrict = scalarltsel, join = scalarltjoinsel)', type, type || '_lt');
    execute format('create operator <= (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = >=, negator = >, restrict = scalarlesel, join = scalarlejoinsel)', type, type || '_le');
    execute format('create operator > (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = <, negator = <=, restrict = scalargtsel, join = scalargtjoinsel)', type, type || '_gt');
    execute format('create operator >= (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = <=, negator = <, restrict = scalargesel, join = scalargejoinsel)', type, type || '_ge');
    execute format('create operator class %2$I default for type %1$I using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 %3$I(%1$I, %1$I)',
      type, type || '_ops', type || '_cmp');
    execute format('create function %2$I(%1$I) returns integer language sql immutable strict parallel safe return hashtext($1::text collate "C")', type, '_hash_' || type);
  end loop;
end $$;

create function vector_dims(vector) returns integer language sql immutable strict parallel safe return cardinality(_numbers($1));
create function vector_dims(halfvec) returns integer language sql immutable strict parallel safe return cardinality(_numbers($1));
create function vector_norm(vector) returns double precision language sql immutable strict parallel safe return _vector_norm(_numbers($1));
create function l2_norm(halfvec) returns double precision language sql immutable strict parallel safe return _vector_norm(_numbers($1));
create function l2_norm(sparsevec) returns double precision language sql immutable strict parallel safe return _vector_norm(_numbers($1));

create function _normalized(numbers real[]) returns real[] language sql immutable strict parallel safe
return (
  select array_agg(case when _vector_norm(numbers) = 0 then 0 else (x / _vector_norm(numbers))::real end order by place)
  from unnest(numbers) with ordinality as entries (x, place));
create function _combined(a real[], b real[], operation text) returns real[] language sql immutable strict parallel safe
return (
  select array_agg((case operation when '+' then x + y when '-' then x - y else x * y end)::real order by place)
  from (select x, y, row_number() over () as place from _vector_pairs(a, b)) as pairs);
create function _bits(numbers real[]) returns bit varying language sql immutable strict parallel safe
return (select string_agg(case when x > 0 then '1' else '0' end, '' order by place)::bit varying from unnest(numbers) with ordinality as entries (x, place));

do $$
declare
  type text;
  name text;
  op text;
begin
  foreach type in array array['vector', 'halfvec'] loop
    execute format('create function l2_normalize(%1$I) returns %1$I language sql immutable strict parallel safe return _vector_text(_normalized(_numbers($1)))::%1$I', type);
    execute format('create function subvector(%1$I, integer, integer) returns %1$I language sql immutable strict parallel safe return _vector_text((_numbers($1))[$2:$2 + $3 - 1])::%1$I', type);
    execute format('create function binary_quantize(%1$I) returns bit varying language sql immutable strict parallel safe return _bits(_numbers($1))', type);
    for name, op in select * from (values ('add', '+'), ('sub', '-'), ('mul', '*')) as operations loop
      execute format('create function %2$I(%1$I, %1$I) returns %1$I language sql immutable strict parallel safe return _vector_text(_combined(_numbers($1), _numbers($2), %3$L))::%1$I', type, type || '_' || name, op);
      execute format('create operator %3$s (leftarg = %1$I, rightarg = %1$I, function = %2$I)', type, type || '_' || name, op);
    end loop;
    execute format('create function %2$I(%1$I, %1$I) returns %1$I language sql immutable strict parallel safe return _vector_text(_numbers($1) || _numbers($2))::%1$I', type, type || '_concat');
    execute format('create operator || (leftarg = %1$I, rightarg = %1$I, function = %2$I)', type, type || '_concat');

    execute format('create function %2$I(double precision[], %1$I) returns double precision[] language sql immutable strict parallel safe
      return (select array_agg(coalesce(s.x, 0) + s.y order by s.place) from (
        select p.x, p.y, p.place from unnest(case when $1[1] = 0 then array_fill(0::double precision, array[cardinality(_numbers($2))]) else $1[2:] end, _numbers($2)) with ordinality as p (x, y, place)
        union all select $1[1], 1, 0) as s)', type, type || '_accum');
    execute format('create function %2$I(double precision[]) returns %1$I language sql immutable strict parallel safe
      return case when $1[1] = 0 then null else _vector_text((select array_agg((x / $1[1])::real order by place) from unnest($1[2:]) with ordinality as e (x, place)))::%1$I end', type, type || '_avg');
    execute format('create aggregate avg(%1$I) (sfunc = %2$I, stype = double precision[], initcond = ''{0}'', finalfunc = %3$I)', type, type || '_accum', type || '_avg');
    execute format('create aggregate sum(%1$I) (sfunc = %2$I, stype = %1$I)', type, type || '_add');
  end loop;
end $$;
create function l2_normalize(sparsevec) returns sparsevec language sql immutable strict parallel safe
return _sparsevec_text(_normalized(_numbers($1)))::sparsevec;

create function hamming_distance(bit, bit) returns double precision language sql immutable strict parallel safe
return bit_count($1 # $2);
create function jaccard_distance(bit, bit) returns double precision language sql immutable strict parallel safe
return case when bit_count($1 | $2) = 0 then 1 else 1 - bit_count($1 & $2)::double precision / bit_count($1 | $2) end;
create operator <~> (leftarg = bit, rightarg = bit, function = hamming_distance, commutator = <~>);
create operator <%> (leftarg = bit, rightarg = bit, function = jaccard_distance, commutator = <%>);

-- Indexes exist, and are never used: their operator classes have no operators.
create access method hnsw type index handler hashhandler;
create access method ivfflat type index handler hashhandler;
comment on access method hnsw is 'accepted; every search is exact in this stack';
comment on access method ivfflat is 'accepted; every search is exact in this stack';
create function _hash_bit(bit) returns integer language sql immutable strict parallel safe return hashtext($1::text collate "C");

do $$
declare
  method text;
  type text;
  distance text;
begin
  foreach method in array array['hnsw', 'ivfflat'] loop
    foreach type in array array['vector', 'halfvec', 'sparsevec'] loop
      continue when method = 'ivfflat' and type = 'sparsevec';
      foreach distance in array array['l2', 'ip', 'cosine', 'l1'] loop
        continue when method = 'ivfflat' and distance = 'l1';
        execute format('create operator class %I %s for type %I using %I as function 1 %I(%3$I)',
          type || '_' || distance || '_ops', case when method = 'ivfflat' and distance = 'l2' then 'default' else '' end,
          type, method, '_hash_' || type);
      end loop;
    end loop;
  end loop;
  create operator class bit_hamming_ops for type bit using hnsw as function 1 _hash_bit(bit);
  create operator class bit_jaccard_ops for type bit using hnsw as function 1 _hash_bit(bit);
  create operator class bit_hamming_ops for type bit using ivfflat as function 1 _hash_bit(bit);
end $$;
