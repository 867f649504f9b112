-- JSON Schema (json-schema.org/draft/2020-12, and the earlier drafts as far as they differ).

-- `at` is the path of the first error; `props` and `items` are the properties and places that have been evaluated.
create type @extschema@._jsonschema_result as (errors text[], at text, props text[], items integer[], all_items boolean);

-- As serde_json writes a value: without blanks.
create function @extschema@._jsonschema_text(value jsonb) returns text
language plpgsql immutable parallel safe
as $$
begin
  if jsonb_typeof(value) = 'object' then
    return '{' || coalesce((
      select string_agg(to_jsonb(pair.key)::text || ':' || @extschema@._jsonschema_text(pair.value), ',') from jsonb_each(value) as pair), '') || '}';
  elsif jsonb_typeof(value) = 'array' then
    return '[' || coalesce((
      select string_agg(@extschema@._jsonschema_text(item), ',' order by place)
      from jsonb_array_elements(value) with ordinality as items (item, place)), '') || ']';
  end if;
  return value::text;
end $$;

create function @extschema@._jsonschema_list(names text[], description text) returns text
language sql immutable parallel safe
as $$
  select description || ' are not allowed (' || string_agg('''' || name || '''', ', ' order by place)
    || case when count(*) = 1 then ' was unexpected)' else ' were unexpected)' end
  from unnest(names) with ordinality as listed (name, place)
$$;

-- A pattern of ECMAScript as PostgreSQL's: \d, \w and \p{…} are classes of ASCII or Unicode there, inside of brackets, too.
create function @extschema@._jsonschema_regex(pattern text) returns text
language plpgsql immutable parallel safe
as $$
declare
  result text := '';
  in_class boolean := false;
  token text;
  class text;
begin
  if pattern !~ '\\[dDwWpPc]|\(\?<|\[\^?\]' then
    return pattern;
  end if;
  for token in select match[1] from regexp_matches(pattern, '(\\[pP]\{[^}]*\}|\\c[A-Za-z]|\\.|\(\?<[A-Za-z_]\w*>|\[\^\]|\[\^?|.)', 'g') as match loop
    class := case
      when token = '\d' then '0-9'
      when token = '\w' then 'A-Za-z0-9_'
      when token ~* '^\\p\{(L|Letter|Alphabetic)\}$' then '[:alpha:]'
      when token ~* '^\\p\{(Lu|Uppercase_Letter|Uppercase)\}$' then '[:upper:]'
      when token ~* '^\\p\{(Ll|Lowercase_Letter|Lowercase)\}$' then '[:lower:]'
      when token ~* '^\\p\{(N|Nd|Number|Decimal_Number|digit)\}$' then '[:digit:]'
    end;
    if class is not null then
      token := case when in_class then class when token like '\\P%' then '[^' || class || ']' else '[' || class || ']' end;
    elsif token in ('\D', '\W') and not in_class then
      token := case token when '\D' then '[^0-9]' else '[^A-Za-z0-9_]' end;
    elsif token like '(?<%' then
      token := '(';
    elsif token = '[^]' then
      token := '(?:.|\n)';
    elsif token in ('[', '[^') and not in_class then
      in_class := true;
    elsif token = ']' then
      in_class := false;
    end if;
    result := result || token;
  end loop;
  return result;
end $$;

create function @extschema@._jsonschema_matches(value text, pattern text) returns boolean
language sql immutable parallel safe as $$ select value ~ @extschema@._jsonschema_regex(pattern) $$;

-- RFC 3986, section 5.2.
create function @extschema@._jsonschema_resolve(base text, reference text) returns text
language plpgsql immutable parallel safe
as $$
declare
  syntax constant text := '^(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$';
  b constant text[] := regexp_match(base, syntax);
  r constant text[] := regexp_match(reference, syntax);
  path text := r[3];
  segment text;
  kept text[] := '{}';
begin
  if r[1] is not null then
    return reference;
  elsif r[2] is not null then
    return b[1] || ':' || reference;
  elsif path = '' then
    return b[1] || ':' || coalesce('//' || b[2], '') || b[3] || coalesce(r[4], b[4], '') || coalesce(r[5], '');
  end if;
  if path not like '/%' then
    path := case when b[2] is not null and b[3] = '' then '/' else regexp_replace(b[3], '[^/]*$', '') end || path;
  end if;
  foreach segment in array string_to_array(path, '/') loop
    if segment = '..' then
      kept := kept[1:greatest(array_length(kept, 1) - 1, 1)];
    elsif segment <> '.' then
      kept := kept || segment;
    end if;
  end loop;
  return b[1] || ':' || coalesce('//' || b[2], '') || array_to_string(kept, '/') || coalesce(r[4], '') || coalesce(r[5], '');
end $$;

create function @extschema@._jsonschema_draft(schema jsonb, fallback integer) returns integer
language sql immutable parallel safe
as $$
  select case
    when jsonb_typeof(schema) <> 'object' then fallback
    when schema ->> '$schema' like '%draft-04/schema%' then 4
    when schema ->> '$schema' like '%draft-06/schema%' then 6
    when schema ->> '$schema' like '%draft-07/schema%' then 7
    when schema ->> '$schema' like '%draft/2019-09/schema%' then 2019
    when schema ->> '$schema' like '%draft/2020-12/schema%' then 2020
    else fallback
  end
$$;

-- The id of a schema, unless what stands beside $ref is ignored.
create function @extschema@._jsonschema_id(schema jsonb, draft integer) returns text
language sql immutable parallel safe
as $$
  select case
    when draft < 2019 and schema ? '$ref' then null
    when draft = 4 then case when jsonb_typeof(schema -> 'id') = 'string' then schema ->> 'id' end
    when jsonb_typeof(schema -> '$id') = 'string' then schema ->> '$id'
  end
$$;

-- Everything that a reference can name, except by a pointer.
create function @extschema@._jsonschema_resources(schema jsonb, base text, draft integer) returns table (uri text, entry jsonb)
language plpgsql immutable parallel safe
as $$
declare
  id text;
  keyword text;
  value jsonb;
  child jsonb;
begin
  if jsonb_typeof(schema) <> 'object' then
    return;
  end if;
  draft := @extschema@._jsonschema_draft(schema, draft);
  id := @extschema@._jsonschema_id(schema, draft);
  if draft < 2019 and id like '#_%' then
    return query select base || id, jsonb_build_object('schema', schema, 'base', base, 'draft', draft);
  elsif id is not null then
    base := regexp_replace(@extschema@._jsonschema_resolve(base, id), '#.*$', '');
    return query select base, jsonb_build_object('schema', schema, 'base', base, 'draft', draft);
  end if;
  foreach keyword in array array['$anchor', '$dynamicAnchor'] loop
    if jsonb_typeof(schema -> keyword) = 'string' then
      return query select base || '#' || (schema ->> keyword),
        jsonb_build_object('schema', schema, 'base', base, 'draft', draft, 'dynamic', keyword = '$dynamicAnchor');
    end if;
  end loop;
  for keyword, value in select * from jsonb_each(schema) loop
    if keyword in ('not', 'if', 'then', 'else', 'items', 'additionalItems', 'contains', 'additionalProperties', 'propertyNames',
        'unevaluatedItems', 'unevaluatedProperties', 'contentSchema') and jsonb_typeof(value) = 'object' then
      return query select * from @extschema@._jsonschema_resources(value, base, draft);
    elsif keyword in ('allOf', 'anyOf', 'oneOf', 'prefixItems', 'items') and jsonb_typeof(value) = 'array'
      or keyword in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies')
        and jsonb_typeof(value) = 'object' then
      for child in
        select item from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else '[]' end) as items (item)
        union all select pair.value from jsonb_each(case jsonb_typeof(value) when 'object' then value else '{}' end) as pair
      loop
        return query select * from @extschema@._jsonschema_resources(child, base, draft);
      end loop;
    end if;
  end loop;
end $$;

-- The schemas of schemas, each as one resource.
create function @extschema@._jsonschema_meta(draft integer) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  meta jsonb := '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": ["object", "boolean"],
    "$defs": {
      "schemas": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
      "map": {"type": "object", "additionalProperties": {"$ref": "#"}},
      "strings": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
      "count": {"type": "integer", "minimum": 0},
      "type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
    },
    "properties": {
      "$id": {"type": "string", "pattern": "^[^#]*#?$"}, "$schema": {"type": "string"}, "$ref": {"type": "string"},
      "$anchor": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"}, "$dynamicRef": {"type": "string"},
      "$dynamicAnchor": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
      "$vocabulary": {"type": "object", "additionalProperties": {"type": "boolean"}}, "$comment": {"type": "string"},
      "$defs": {"$ref": "#/$defs/map"}, "definitions": {"$ref": "#/$defs/map"},
      "title": {"type": "string"}, "description": {"type": "string"}, "deprecated": {"type": "boolean"},
      "readOnly": {"type": "boolean"}, "writeOnly": {"type": "boolean"}, "examples": {"type": "array"},
      "multipleOf": {"type": "number", "exclusiveMinimum": 0}, "maximum": {"type": "number"}, "minimum": {"type": "number"},
      "exclusiveMaximum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
      "maxLength": {"$ref": "#/$defs/count"}, "minLength": {"$ref": "#/$defs/count"}, "pattern": {"type": "string"},
      "format": {"type": "string"}, "contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"},
      "contentSchema": {"$ref": "#"},
      "prefixItems": {"$ref": "#/$defs/schemas"}, "items": {"$ref": "#"}, "contains": {"$ref": "#"},
      "maxItems": {"$ref": "#/$defs/count"}, "minItems": {"$ref": "#/$defs/count"}, "uniqueItems": {"type": "boolean"},
      "maxContains": {"$ref": "#/$defs/count"}, "minContains": {"$ref": "#/$defs/count"},
      "maxProperties": {"$ref": "#/$defs/count"}, "minProperties": {"$ref": "#/$defs/count"},
      "required": {"$ref": "#/$defs/strings"}, "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/strings"}},
      "properties": {"$ref": "#/$defs/map"}, "patternProperties": {"$ref": "#/$defs/map"}, "additionalProperties": {"$ref": "#"},
      "propertyNames": {"$ref": "#"}, "dependentSchemas": {"$ref": "#/$defs/map"},
      "dependencies": {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#"}, {"$ref": "#/$defs/strings"}]}},
      "unevaluatedItems": {"$ref": "#"}, "unevaluatedProperties": {"$ref": "#"},
      "enum": {"type": "array"},
      "type": {"anyOf": [
        {"$ref": "#/$defs/type"}, {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 1, "uniqueItems": true}]},
      "allOf": {"$ref": "#/$defs/schemas"}, "anyOf": {"$ref": "#/$defs/schemas"}, "oneOf": {"$ref": "#/$defs/schemas"},
      "not": {"$ref": "#"}, "if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"}
    }
  }';
begin
  if draft < 2020 then
    meta := jsonb_set(meta, '{properties,items}', '{"anyOf": [{"$ref": "#"}, {"$ref": "#/$defs/schemas"}]}');
    meta := jsonb_set(meta, '{properties,additionalItems}', '{"$ref": "#"}');
  end if;
  if draft < 2019 then
    meta := jsonb_set(meta, '{properties,$id}', '{"type": "string"}');
  end if;
  if draft = 4 then
    meta := jsonb_set(meta, '{properties,exclusiveMaximum}', '{"type": "boolean"}');
    meta := jsonb_set(meta, '{properties,exclusiveMinimum}', '{"type": "boolean"}');
    meta := jsonb_set(meta, '{properties,required,minItems}', '1', true);
  end if;
  return meta;
end $$;

-- The schema that a reference means, with its base URI and draft.
create function @extschema@._jsonschema_find(
  base text, reference text, keyword text, index jsonb, scope text[]
) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  uri constant text := @extschema@._jsonschema_resolve(base, reference);
  document constant text := split_part(uri, '#', 1);
  fragment text := substr(uri, length(document) + 2);
  entry jsonb;
  outer_base text;
  token text;
  tokens text[];
  here jsonb;
begin
  if fragment like '%\%%' then
    select convert_from(string_agg(
        case when part ~ '^%[0-9A-Fa-f]{2}$' then decode(substr(part, 2), 'hex') else convert_to(part, 'utf8') end, ''::bytea order by place), 'utf8')
      into fragment
    from (
      select match[1] as part, place
      from regexp_matches(fragment, '(%[0-9A-Fa-f]{2}|[^%]+|%)', 'g') with ordinality as matches (match, place)
    ) as parts;
  end if;
  if fragment <> '' and fragment not like '/%' then
    entry := index -> (document || '#' || fragment);
  else
    entry := index -> document;
    if entry is null and document ~ '^https?://json-schema\.org/draft[-/][-/0-9a-z]+/schema$' then
      entry := jsonb_build_object('base', document, 'draft', 2020, 'schema',
        @extschema@._jsonschema_meta(@extschema@._jsonschema_draft(jsonb_build_object('$schema', document), 2020)));
    end if;
    if fragment <> '' and entry is not null then
      tokens := string_to_array(substr(fragment, 2), '/');
      here := entry -> 'schema';
      base := entry ->> 'base';
      for place in 1..cardinality(tokens) loop
        token := replace(replace(tokens[place], '~1', '/'), '~0', '~');
        -- The root's id is its base already.
        if place > 1 and jsonb_typeof(here) = 'object' and @extschema@._jsonschema_id(here, (entry ->> 'draft')::integer) is not null then
          base := regexp_replace(
            @extschema@._jsonschema_resolve(base, @extschema@._jsonschema_id(here, (entry ->> 'draft')::integer)), '#.*$', '');
        end if;
        here := here #> array[token];
      end loop;
      entry := case when here is not null then jsonb_build_object('schema', here, 'base', base, 'draft', entry -> 'draft') end;
    end if;
  end if;
  if entry is null then
    raise exception 'Unresolvable JSON Schema reference: %', reference using errcode = '22023';
  end if;
  if keyword = '$dynamicRef' and (entry ->> 'dynamic')::boolean then
    foreach outer_base in array scope loop
      if (index -> (outer_base || '#' || fragment) ->> 'dynamic')::boolean then
        return index -> (outer_base || '#' || fragment);
      end if;
    end loop;
  elsif keyword = '$recursiveRef' and entry -> 'schema' -> '$recursiveAnchor' = 'true' then
    foreach outer_base in array scope loop
      if index -> outer_base -> 'schema' -> '$recursiveAnchor' = 'true' then
        return index -> outer_base;
      end if;
    end loop;
  end if;
  return entry;
end $$;

create function @extschema@._jsonschema_has_type(value jsonb, wanted text) returns boolean
language sql immutable parallel safe
as $$
  select case
    when wanted = 'integer' then jsonb_typeof(value) = 'number' and trunc((value #>> '{}')::numeric) = (value #>> '{}')::numeric
    else jsonb_typeof(value) = wanted
  end
$$;

-- Formats are checked up to draft 7; since then they are annotations.
create function @extschema@._jsonschema_has_format(value text, format text) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  case format
    when 'date' then
      return value ~ '^\d{4}-\d\d-\d\d$' and make_date(substr(value, 1, 4)::integer, substr(value, 6, 2)::integer, substr(value, 9)::integer) is not null;
    when 'time' then
      return value ~* '^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$';
    when 'date-time' then
      return value ~* '^\d{4}-\d\d-\d\dT'
        and @extschema@._jsonschema_has_format(left(value, 10), 'date') and @extschema@._jsonschema_has_format(substr(value, 12), 'time');
    when 'email', 'idn-email' then
      return value ~ '^("[^"]+"|[^\s@".]+(\.[^\s@".]+)*)@(\[[^\]]+\]|[^\s@.\[\]]+(\.[^\s@.\[\]]+)*)$';
    when 'hostname' then
      return length(value) < 254 and value ~* '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$';
    when 'ipv4' then
      return value ~ '^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$';
    when 'ipv6' then
      return value ~ '^[0-9A-Fa-f:.]+$' and value ~ ':' and family(value::inet) = 6;
    when 'uri', 'iri' then
      return value ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*$';
    when 'uri-reference', 'iri-reference' then
      return value ~ '^[^\s<>"{}|\\^`]*$';
    when 'json-pointer' then
      return value ~ '^(/([^~/]|~[01])*)*$';
    when 'regex' then
      return '' ~ @extschema@._jsonschema_regex(value) is not null;
    else
      return true;
  end case;
exception when others then
  return false;
end $$;

create function @extschema@._jsonschema_check(
  schema jsonb, instance jsonb, base text, index jsonb, scope text[], path text, draft integer
) returns @extschema@._jsonschema_result
language plpgsql immutable parallel safe
as $$
declare
  kind constant text := jsonb_typeof(instance);
  result @extschema@._jsonschema_result := row('{}', null, '{}', '{}', false);
  inner_result @extschema@._jsonschema_result;
  error text;
  keyword text;
  value jsonb;
  target jsonb;
  child jsonb;
  name text;
  names text[];
  place integer;
  number numeric;
  first integer;
  hits integer[];
  id text;
begin
  if schema = 'true' then
    return result;
  elsif schema = 'false' then
    return row(array['False schema does not allow ' || @extschema@._jsonschema_text(instance)], path, '{}'::text[], '{}'::integer[], false)::@extschema@._jsonschema_result;
  elsif jsonb_typeof(schema) <> 'object' then
    raise exception 'A JSON Schema must be an object or a boolean, not %', @extschema@._jsonschema_text(schema) using errcode = '22023';
  end if;
  draft := @extschema@._jsonschema_draft(schema, draft);
  id := @extschema@._jsonschema_id(schema, draft);
  -- The base of a schema that a reference has found is its id already.
  if id is not null and not (draft < 2019 and id like '#%') and index -> base -> 'schema' is distinct from schema then
    base := regexp_replace(@extschema@._jsonschema_resolve(base, id), '#.*$', '');
  end if;
  if base is distinct from scope[cardinality(scope)] then
    scope := scope || base;
  end if;
  if draft < 2019 and schema ? '$ref' then
    schema := jsonb_build_object('$ref', schema -> '$ref');
  end if;

  for keyword, value in select * from jsonb_each(schema) loop
    error := null;
    -- Schemas for the same instance.
    case keyword
      when '$ref', '$dynamicRef', '$recursiveRef' then
        continue when keyword = '$dynamicRef' and draft < 2020 or keyword = '$recursiveRef' and draft <> 2019;
        target := @extschema@._jsonschema_find(base, value #>> '{}', keyword, index, scope);
        inner_result := @extschema@._jsonschema_check(
          target -> 'schema', instance, target ->> 'base', index, scope, path, (target ->> 'draft')::integer);
        result := @extschema@._jsonschema_merge(result, inner_result);
      when 'allOf' then
        for child in select item from jsonb_array_elements(value) as items (item) loop
          result := @extschema@._jsonschema_merge(
            result, @extschema@._jsonschema_check(child, instance, base, index, scope, path, draft));
        end loop;
      when 'anyOf', 'oneOf' then
        place := 0;
        for child in select item from jsonb_array_elements(value) as items (item) loop
          inner_result := @extschema@._jsonschema_check(child, instance, base, index, scope, path, draft);
          if inner_result.at is null then
            place := place + 1;
            result := @extschema@._jsonschema_merge(result, inner_result);
          end if;
        end loop;
        if place = 0 then
          error := @extschema@._jsonschema_text(instance) || ' is not valid under any of the schemas listed in the ''' || keyword || ''' keyword';
        elsif place > 1 and keyword = 'oneOf' then
          error := @extschema@._jsonschema_text(instance) || ' is valid under more than one of the schemas listed in the ''oneOf'' keyword';
        end if;
      when 'not' then
        inner_result := @extschema@._jsonschema_check(value, instance, base, index, scope, path, draft);
        if inner_result.at is null then
          error := @extschema@._jsonschema_text(value) || ' is not allowed for ' || @extschema@._jsonschema_text(instance);
        end if;
      when 'if' then
        continue when draft < 7;
        inner_result := @extschema@._jsonschema_check(value, instance, base, index, scope, path, draft);
        if inner_result.at is null then
          result := @extschema@._jsonschema_merge(result, inner_result);
        end if;
        child := schema -> case when inner_result.at is null then 'then' else 'else' end;
        if child is not null then
          result := @extschema@._jsonschema_merge(
            result, @extschema@._jsonschema_check(child, instance, base, index, scope, path, draft));
        end if;

      -- Any instance.
      when 'type' then
        if jsonb_typeof(value) = 'string' then
          if not @extschema@._jsonschema_has_type(instance, value #>> '{}') then
            error := @extschema@._jsonschema_text(instance) || ' is not of type ' || value::text;
          end if;
        elsif not exists (select from jsonb_array_elements_text(value) as types (type) where @extschema@._jsonschema_has_type(instance, type)) then
          error := @extschema@._jsonschema_text(instance) || ' is not of types '
            || (select string_agg(type::text, ', ' order by place_of) from jsonb_array_elements(value) with ordinality as types (type, place_of));
        end if;
      when 'enum' then
        if not exists (select from jsonb_array_elements(value) as options (option) where option = instance) then
          error := @extschema@._jsonschema_text(instance) || ' is not one of ' || @extschema@._jsonschema_options(value);
        end if;
      when 'const' then
        if draft > 4 and value <> instance then
          error := @extschema@._jsonschema_text(value) || ' was expected';
        end if;
      else
        case kind
          when 'number' then
            continue when jsonb_typeof(value) <> 'number';
            number := (instance #>> '{}')::numeric;
            case keyword
              when 'maximum' then
                if number > (value #>> '{}')::numeric then
                  error := instance::text || ' is greater than the maximum of ' || value::text;
                elsif draft = 4 and schema -> 'exclusiveMaximum' = 'true' and number = (value #>> '{}')::numeric then
                  error := instance::text || ' is greater than or equal to the maximum of ' || value::text;
                end if;
              when 'minimum' then
                if number < (value #>> '{}')::numeric then
                  error := instance::text || ' is less than the minimum of ' || value::text;
                elsif draft = 4 and schema -> 'exclusiveMinimum' = 'true' and number = (value #>> '{}')::numeric then
                  error := instance::text || ' is less than or equal to the minimum of ' || value::text;
                end if;
              when 'exclusiveMaximum' then
                if number >= (value #>> '{}')::numeric then
                  error := instance::text || ' is greater than or equal to the maximum of ' || value::text;
                end if;
              when 'exclusiveMinimum' then
                if number <= (value #>> '{}')::numeric then
                  error := instance::text || ' is less than or equal to the minimum of ' || value::text;
                end if;
              when 'multipleOf' then
                if number % (value #>> '{}')::numeric <> 0 then
                  error := instance::text || ' is not a multiple of ' || value::text;
                end if;
              else null;
            end case;

          when 'string' then
            place := length(instance #>> '{}');
            case keyword
              when 'maxLength' then
                if place > (value #>> '{}')::numeric then
                  error := instance::text || ' is longer than ' || @extschema@._jsonschema_count(value, 'character', 'characters');
                end if;
              when 'minLength' then
                if place < (value #>> '{}')::numeric then
                  error := instance::text || ' is shorter than ' || @extschema@._jsonschema_count(value, 'character', 'characters');
                end if;
              when 'pattern' then
                if not @extschema@._jsonschema_matches(instance #>> '{}', value #>> '{}') then
                  error := instance::text || ' does not match ' || value::text;
                end if;
              when 'format' then
                if draft < 2019 and not @extschema@._jsonschema_has_format(instance #>> '{}', value #>> '{}') then
                  error := instance::text || ' is not a ' || value::text;
                end if;
              else null;
            end case;

          when 'array' then
            case keyword
              when 'maxItems' then
                if jsonb_array_length(instance) > (value #>> '{}')::numeric then
                  error := @extschema@._jsonschema_text(instance) || ' has more than ' || @extschema@._jsonschema_count(value, 'item', 'items');
                end if;
              when 'minItems' then
                if jsonb_array_length(instance) < (value #>> '{}')::numeric then
                  error := @extschema@._jsonschema_text(instance) || ' has less than ' || @extschema@._jsonschema_count(value, 'item', 'items');
                end if;
              when 'uniqueItems' then
                if value = 'true' and (select count(*) <> count(distinct item) from jsonb_array_elements(instance) as items (item)) then
                  error := @extschema@._jsonschema_text(instance) || ' has non-unique elements';
                end if;
              when 'prefixItems', 'items', 'additionalItems' then
                continue when keyword = 'prefixItems' and draft < 2020
                  or keyword = 'additionalItems' and (draft >= 2020 or jsonb_typeof(schema -> 'items') is distinct from 'array');
                -- Schemas of single places, or one for all places from `first`.
                if jsonb_typeof(value) = 'array' then
                  for place, child in
                    select (nth - 1)::integer, item from jsonb_array_elements(value) with ordinality as schemas (item, nth)
                    where nth <= jsonb_array_length(instance)
                  loop
                    result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                      child, instance -> place, base, index, scope, path || '/' || place, draft));
                    result.items := result.items || place;
                  end loop;
                else
                  first := case
                    when keyword = 'additionalItems' then jsonb_array_length(schema -> 'items')
                    when draft >= 2020 and jsonb_typeof(schema -> 'prefixItems') = 'array' then jsonb_array_length(schema -> 'prefixItems')
                    else 0
                  end;
                  for place, child in
                    select (nth - 1)::integer, item from jsonb_array_elements(instance) with ordinality as items (item, nth)
                    where nth > first
                  loop
                    if value = 'false' and first > 0 then
                      error := coalesce(error || ', ', '') || @extschema@._jsonschema_text(child);
                    else
                      result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                        value, child, base, index, scope, path || '/' || place, draft));
                    end if;
                  end loop;
                  if error is not null then
                    error := 'Additional items are not allowed (' || error
                      || case when jsonb_array_length(instance) - first = 1 then ' was unexpected)' else ' were unexpected)' end;
                  end if;
                  result.all_items := true;
                end if;
              when 'contains' then
                continue when draft = 4;
                hits := '{}';
                for place, child in
                  select (nth - 1)::integer, item from jsonb_array_elements(instance) with ordinality as items (item, nth)
                loop
                  inner_result := @extschema@._jsonschema_check(value, child, base, index, scope, path || '/' || place, draft);
                  if inner_result.at is null then
                    hits := hits || place;
                  end if;
                end loop;
                if cardinality(hits) < (case when draft < 2019 then 1 else coalesce((schema ->> 'minContains')::numeric, 1) end) then
                  error := 'None of ' || @extschema@._jsonschema_text(instance) || ' are valid under the given schema';
                elsif draft >= 2019 and cardinality(hits) > (schema ->> 'maxContains')::numeric then
                  error := @extschema@._jsonschema_text(instance) || ' has more than '
                    || @extschema@._jsonschema_count(schema -> 'maxContains', 'item', 'items') || ' valid under the given schema';
                end if;
                if draft >= 2020 then
                  result.items := result.items || hits;
                end if;
              else null;
            end case;

          when 'object' then
            case keyword
              when 'maxProperties' then
                if (select count(*) from jsonb_object_keys(instance)) > (value #>> '{}')::numeric then
                  error := @extschema@._jsonschema_text(instance) || ' has more than ' || @extschema@._jsonschema_count(value, 'property', 'properties');
                end if;
              when 'minProperties' then
                if (select count(*) from jsonb_object_keys(instance)) < (value #>> '{}')::numeric then
                  error := @extschema@._jsonschema_text(instance) || ' has less than ' || @extschema@._jsonschema_count(value, 'property', 'properties');
                end if;
              when 'required' then
                continue when jsonb_typeof(value) <> 'array';
                for name in select property from jsonb_array_elements_text(value) as properties (property) where not instance ? property loop
                  result := @extschema@._jsonschema_fail(result, to_jsonb(name)::text || ' is a required property', path);
                end loop;
              when 'properties' then
                for name, child in select pair.key, pair.value from jsonb_each(value) as pair where instance ? pair.key loop
                  result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                    child, instance -> name, base, index, scope, path || '/' || name, draft));
                  result.props := result.props || name;
                end loop;
              when 'patternProperties' then
                for name, child in
                  select property, pair.value from jsonb_each(value) as pair, jsonb_object_keys(instance) as property
                  where @extschema@._jsonschema_matches(property, pair.key)
                loop
                  result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                    child, instance -> name, base, index, scope, path || '/' || name, draft));
                  result.props := result.props || name;
                end loop;
              when 'additionalProperties' then
                names := array(
                  select property from jsonb_object_keys(instance) as property
                  where not coalesce(schema -> 'properties' ? property, false) and not exists (
                    select from jsonb_object_keys(coalesce(schema -> 'patternProperties', '{}')) as pattern
                    where @extschema@._jsonschema_matches(property, pattern)));
                if value = 'false' then
                  error := @extschema@._jsonschema_list(names, 'Additional properties');
                else
                  foreach name in array names loop
                    result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                      value, instance -> name, base, index, scope, path || '/' || name, draft));
                  end loop;
                end if;
                result.props := result.props || names;
              when 'propertyNames' then
                continue when draft = 4;
                for name in select property from jsonb_object_keys(instance) as property loop
                  result := @extschema@._jsonschema_collect(result, @extschema@._jsonschema_check(
                    value, to_jsonb(name), base, index, scope, path, draft));
                end loop;
              when 'dependentRequired', 'dependentSchemas', 'dependencies' then
                continue when keyword <> 'dependencies' and draft < 2019;
                for child in select pair.value from jsonb_each(value) as pair where instance ? pair.key loop
                  if jsonb_typeof(child) = 'array' then
                    for name in select property from jsonb_array_elements_text(child) as properties (property) where not instance ? property loop
                      result := @extschema@._jsonschema_fail(result, to_jsonb(name)::text || ' is a required property', path);
                    end loop;
                  else
                    result := @extschema@._jsonschema_merge(
                      result, @extschema@._jsonschema_check(child, instance, base, index, scope, path, draft));
                  end if;
                end loop;
              else null;
            end case;

          else null;
        end case;
    end case;
    if error is not null then
      result := @extschema@._jsonschema_fail(result, error, path);
    end if;
  end loop;

  if draft >= 2019 and kind = 'array' and schema ? 'unevaluatedItems' then
    error := null;
    value := schema -> 'unevaluatedItems';
    hits := '{}';
    if not result.all_items then
      for place in select * from generate_series(0, jsonb_array_length(instance) - 1) loop
        continue when place = any (result.items);
        inner_result := @extschema@._jsonschema_check(value, instance -> place, base, index, scope, path || '/' || place, draft);
        if inner_result.at is not null then
          hits := hits || place;
          error := coalesce(error || ', ', '') || @extschema@._jsonschema_text(instance -> place);
        end if;
      end loop;
      result.all_items := true;
    end if;
    if error is not null then
      result := @extschema@._jsonschema_fail(result, 'Unevaluated items are not allowed (' || error
        || case when cardinality(hits) = 1 then ' was unexpected)' else ' were unexpected)' end, path);
    end if;
  end if;
  if draft >= 2019 and kind = 'object' and schema ? 'unevaluatedProperties' then
    value := schema -> 'unevaluatedProperties';
    names := '{}';
    for name in select property from jsonb_object_keys(instance) as property where property <> all (result.props) loop
      inner_result := @extschema@._jsonschema_check(value, instance -> name, base, index, scope, path || '/' || name, draft);
      if inner_result.at is not null then
        names := names || name;
      end if;
    end loop;
    if cardinality(names) > 0 then
      result := @extschema@._jsonschema_fail(result, @extschema@._jsonschema_list(names, 'Unevaluated properties'), path);
    end if;
    result.props := array(select property from jsonb_object_keys(instance) as property);
  end if;
  return result;
end $$;

-- Another error at this place.
create function @extschema@._jsonschema_fail(result @extschema@._jsonschema_result, error text, path text) returns @extschema@._jsonschema_result
language sql immutable parallel safe
as $$
  select row((result).errors || error, coalesce((result).at, path), (result).props, (result).items, (result).all_items)::@extschema@._jsonschema_result
$$;

-- The errors of a part of the instance.
create function @extschema@._jsonschema_collect(
  result @extschema@._jsonschema_result, part @extschema@._jsonschema_result
) returns @extschema@._jsonschema_result
language sql immutable parallel safe
as $$
  select row((result).errors || (part).errors, coalesce((result).at, (part).at), (result).props, (result).items, (result).all_items)::@extschema@._jsonschema_result
$$;

-- The result of another schema for the same instance; what a schema has evaluated counts only if it is valid.
create function @extschema@._jsonschema_merge(
  result @extschema@._jsonschema_result, other @extschema@._jsonschema_result
) returns @extschema@._jsonschema_result
language sql immutable parallel safe
as $$
  select case
    when (other).at is not null then @extschema@._jsonschema_collect(result, other)
    else
      row((result).errors, (result).at, (result).props || (other).props, (result).items || (other).items,
        (result).all_items or (other).all_items)::@extschema@._jsonschema_result
  end
$$;

create function @extschema@._jsonschema_count(value jsonb, one text, many text) returns text
language sql immutable parallel safe
as $$ select (value #>> '{}') || ' ' || case when value = '1' then one else many end $$;

-- The options of an enum, at most three.
create function @extschema@._jsonschema_options(value jsonb) returns text
language sql immutable parallel safe
as $$
  select case
    when count(*) > 3 then string_agg(option, ', ' order by place) filter (where place <= 2) || ' or ' || (count(*) - 2) || ' other candidates'
    when count(*) < 2 then coalesce(min(option), 'no candidates')
    else string_agg(option, ', ' order by place) filter (where place < total) || ' or ' || min(option) filter (where place = total)
  end
  from (
    select @extschema@._jsonschema_text(item) as option, place, count(*) over () as total
    from jsonb_array_elements(value) with ordinality as items (item, place)
  ) as options
$$;

create function @extschema@._jsonschema_validate(schema jsonb, instance jsonb) returns @extschema@._jsonschema_result
language plpgsql immutable parallel safe
as $$
declare
  draft constant integer := @extschema@._jsonschema_draft(schema, 2020);
  base constant text := 'json-schema:///';
  id constant text := case when jsonb_typeof(schema) = 'object' then @extschema@._jsonschema_id(schema, draft) end;
  index jsonb := case
    when id is null or id like '#%' then jsonb_build_object(base, jsonb_build_object('schema', schema, 'base', base, 'draft', draft))
    else '{}'
  end;
begin
  if schema::text ~ '"(\$?id|\$anchor|\$dynamicAnchor)":' then
    select index || coalesce(jsonb_object_agg(uri, entry), '{}') into index
    from @extschema@._jsonschema_resources(schema, base, draft);
  end if;
  return @extschema@._jsonschema_check(schema, instance, base, index, '{}', '', draft);
end $$;

create function @extschema@.json_matches_schema(schema json, instance json) returns boolean
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema::jsonb, instance::jsonb)).at is null $$;

create function @extschema@.jsonb_matches_schema(schema json, instance jsonb) returns boolean
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema::jsonb, instance)).at is null $$;

create function @extschema@.jsonschema_is_valid(schema json) returns boolean
language plpgsql immutable strict parallel safe
as $$
declare
  result constant @extschema@._jsonschema_result := @extschema@._jsonschema_validate(
    @extschema@._jsonschema_meta(@extschema@._jsonschema_draft(schema::jsonb, 2020)), schema::jsonb);
begin
  if result.at is not null then
    raise notice 'Invalid JSON schema at path: %', result.at;
  end if;
  return result.at is null;
end $$;

create function @extschema@.jsonschema_validation_errors(schema json, instance json) returns text[]
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema::jsonb, instance::jsonb)).errors $$;

-- A schema that is compiled once in the extension.
create domain @extschema@.jsonschema as jsonb;

create function @extschema@.jsonschema_from_json(schema json) returns @extschema@.jsonschema
language sql immutable strict parallel safe as $$ select schema::jsonb::@extschema@.jsonschema $$;
create function @extschema@.jsonschema_from_jsonb(schema jsonb) returns @extschema@.jsonschema
language sql immutable strict parallel safe as $$ select schema::@extschema@.jsonschema $$;

create function @extschema@.json_matches_compiled_schema(schema @extschema@.jsonschema, instance json) returns boolean
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema, instance::jsonb)).at is null $$;
create function @extschema@.jsonb_matches_compiled_schema(schema @extschema@.jsonschema, instance jsonb) returns boolean
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema, instance)).at is null $$;
create function @extschema@.json_validation_errors_compiled(schema @extschema@.jsonschema, instance json) returns text[]
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema, instance::jsonb)).errors $$;
create function @extschema@.jsonb_validation_errors_compiled(schema @extschema@.jsonschema, instance jsonb) returns text[]
language sql immutable strict parallel safe
as $$ select (@extschema@._jsonschema_validate(schema, instance)).errors $$;
