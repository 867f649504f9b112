-- pramsey/pgsql-http, from its documentation. What libcurl does there, the stack's process does here
-- (database-jobs/http-server.ts).

create domain @extschema@.http_method as text;
create domain @extschema@.content_type as text check (value ~ '^\S+\/\S+');

create type @extschema@.http_header as (field varchar, value varchar);
create type @extschema@.http_request as (
  method @extschema@.http_method, uri varchar, headers @extschema@.http_header[], content_type varchar, content varchar);
create type @extschema@.http_response as (
  status integer, content_type varchar, headers @extschema@.http_header[], content varchar);

-- The bytes of a text, and the text of any bytes: contents may be binary.
create function @extschema@._join(bytea, bytea) returns text language internal immutable strict parallel safe as 'byteacat';
create function @extschema@._join(text, text) returns bytea language internal immutable strict parallel safe as 'byteacat';
create function @extschema@.bytea_to_text(data bytea) returns text
language sql immutable strict as $$ select @extschema@._join(data, ''::bytea) $$;
create function @extschema@.text_to_bytea(data text) returns bytea
language sql immutable strict as $$ select @extschema@._join(data, ''::text) $$;

create function @extschema@._ask(connection text, query text) returns setof record
language c strict as '$libdir/dblink', 'dblink_record';
revoke all on function @extschema@._ask(text, text) from public;

create function @extschema@._curlopts() returns text[]
language sql immutable
as $$
  select array['CURLOPT_TIMEOUT', 'CURLOPT_TIMEOUT_MS', 'CURLOPT_CONNECTTIMEOUT', 'CURLOPT_CONNECTTIMEOUT_MS', 'CURLOPT_USERAGENT',
    'CURLOPT_USERPWD', 'CURLOPT_SSL_VERIFYHOST', 'CURLOPT_SSL_VERIFYPEER', 'CURLOPT_TCP_KEEPALIVE', 'CURLOPT_TCP_KEEPIDLE']
$$;

-- An option is a setting of the session, as in the extension.
create function @extschema@.http_set_curlopt(curlopt varchar, value varchar) returns boolean
language plpgsql set search_path = ''
as $$
begin
  if curlopt is null or value is null then
    return false;
  end if;
  if pg_catalog.upper(curlopt) <> all (@extschema@._curlopts()) then
    raise exception 'curl option ''%'' is not available for run-time configuration', curlopt using errcode = 'XX000';
  end if;
  perform pg_catalog.set_config('http.' || pg_catalog.lower(curlopt), value, false);
  return true;
end $$;

create function @extschema@.http_reset_curlopt() returns boolean
language plpgsql set search_path = ''
as $$
begin
  perform pg_catalog.set_config('http.' || pg_catalog.lower(name), '', false)
  from pg_catalog.unnest(@extschema@._curlopts()) as names (name)
  where pg_catalog.current_setting('http.' || name, true) <> '';
  return true;
end $$;

create function @extschema@.http_list_curlopt() returns table (curlopt text, value text)
language sql set search_path = ''
as $$
  select name, pg_catalog.current_setting('http.' || name, true)
  from pg_catalog.unnest(@extschema@._curlopts()) as names (name)
  where pg_catalog.current_setting('http.' || name, true) <> ''
$$;

create function @extschema@.http_header(field varchar, value varchar) returns @extschema@.http_header
language sql immutable as $$ select $1, $2 $$;

create function @extschema@.http_headers(variadic args text[]) returns @extschema@.http_header[]
language plpgsql immutable strict set search_path = ''
as $$
begin
  if pg_catalog.cardinality(args) % 2 <> 0 then
    raise exception 'Arguments must be provided in key-value pairs';
  end if;
  return array(
    select row(args[place], args[place + 1])::@extschema@.http_header
    from pg_catalog.generate_series(1, pg_catalog.cardinality(args), 2) as place order by place);
end $$;

create function @extschema@.http(request @extschema@.http_request) returns @extschema@.http_response
language plpgsql security definer set search_path = ''
as $$
declare
  verb constant text := pg_catalog.upper(request.method);
  header @extschema@.http_header;
  headers jsonb := '[]';
  connection text;
  answer jsonb;
  body bytea;
  charset text;
  response @extschema@.http_response;
begin
  if request is null then
    raise exception 'An http_request must be provided' using errcode = 'XX000';
  elsif request.uri is null then
    raise exception 'http_request.uri is NULL' using errcode = 'XX000';
  elsif request.method is null then
    raise exception 'http_request.method is NULL' using errcode = 'XX000';
  elsif request.content is not null and request.content_type is null then
    raise exception 'http_request.content_type is NULL' using errcode = 'XX000';
  elsif request.content is null and verb in ('PUT', 'POST') then
    raise exception 'http_request.content is NULL' using errcode = 'XX000';
  end if;
  foreach header in array coalesce(request.headers, '{}') loop
    if header.field ilike 'content-type%' or header.field = '' then
      raise notice '''Content-Type'' is not supported as an optional header';
    elsif header.field is not null then
      headers := headers || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_array(header.field, coalesce(header.value, '')));
    end if;
  end loop;
  select pg_catalog.format(
      'host=127.0.0.1 port=%s user=http dbname=http password=%s sslmode=disable gssencmode=disable connect_timeout=10', port, secret)
    into connection from _stack.http_server;
  select exchange.answer::jsonb into answer
  from @extschema@._ask(connection, pg_catalog.jsonb_build_object(
    'method', case when verb in ('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH') then verb else request.method end,
    'uri', request.uri,
    'headers', headers,
    'contentType', request.content_type,
    'content', pg_catalog.encode(@extschema@.text_to_bytea(request.content::text), 'base64'),
    'userAgent', pg_catalog.version(),
    'timeout', nullif(pg_catalog.current_setting('http.timeout_msec', true), ''),
    'options', (select coalesce(pg_catalog.jsonb_object_agg(curlopt, value), '{}') from @extschema@.http_list_curlopt())
  )::text) as exchange (answer text);
  if answer is null or answer ? 'error' then
    raise exception using message = coalesce(answer ->> 'error', 'no answer'), errcode = 'XX000';
  end if;
  response.status := answer -> 'status';
  response.content_type := answer ->> 'contentType';
  response.headers := array(
    select row(field ->> 0, field ->> 1)::@extschema@.http_header
    from pg_catalog.jsonb_array_elements(answer -> 'headers') with ordinality as fields (field, place) order by place);
  body := pg_catalog.decode(answer ->> 'content', 'base64');
  charset := (pg_catalog.regexp_match(response.content_type, 'charset=([^;\s]+)', 'i'))[1];
  response.content := case
    when pg_catalog.pg_char_to_encoding(charset) >= 0 then pg_catalog.convert_from(body, charset)
    else @extschema@.bytea_to_text(body)
  end;
  return response;
end $$;

create function @extschema@.http_get(uri varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('GET', $1, null, null, null)::@extschema@.http_request) $$;
create function @extschema@.http_post(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('POST', $1, null, $3, $2)::@extschema@.http_request) $$;
create function @extschema@.http_put(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('PUT', $1, null, $3, $2)::@extschema@.http_request) $$;
create function @extschema@.http_patch(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('PATCH', $1, null, $3, $2)::@extschema@.http_request) $$;
create function @extschema@.http_delete(uri varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('DELETE', $1, null, null, null)::@extschema@.http_request) $$;
create function @extschema@.http_delete(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('DELETE', $1, null, $3, $2)::@extschema@.http_request) $$;
create function @extschema@.http_head(uri varchar) returns @extschema@.http_response
language sql as $$ select @extschema@.http(('HEAD', $1, null, null, null)::@extschema@.http_request) $$;

create function @extschema@.urlencode(string bytea) returns text
language sql immutable strict set search_path = ''
as $$
  select coalesce(pg_catalog.string_agg(
    case
      when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126) then pg_catalog.chr(byte)
      when byte = 32 then '+'
      else '%' || pg_catalog.lpad(pg_catalog.upper(pg_catalog.to_hex(byte)), 2, '0')
    end, '' order by place), '')
  from (
    select place, pg_catalog.get_byte(string, place) as byte
    from pg_catalog.generate_series(0, pg_catalog.octet_length(string) - 1) as place
  ) as bytes
$$;
create function @extschema@.urlencode(string varchar) returns text
language sql immutable strict as $$ select @extschema@.urlencode(@extschema@.text_to_bytea(string)) $$;

create function @extschema@.urlencode(data jsonb) returns text
language plpgsql immutable strict set search_path = ''
as $$
begin
  if pg_catalog.jsonb_typeof(data) <> 'object' then
    raise exception 'cannot call urlencode_jsonb on a non-object' using errcode = '22023';
  end if;
  return (
    select pg_catalog.string_agg(
      @extschema@.urlencode(key::varchar) || '=' || @extschema@.urlencode(coalesce(data ->> key, '')::varchar), '&' order by place)
    from pg_catalog.jsonb_each(data) with ordinality as pairs (key, value, place)
    where key <> '' and pg_catalog.jsonb_typeof(value) not in ('object', 'array'));
end $$;

create function @extschema@.http_get(uri varchar, data jsonb) returns @extschema@.http_response
language sql as $$
  select @extschema@.http(('GET', $1 || '?' || @extschema@.urlencode($2), null, null, null)::@extschema@.http_request)
$$;
create function @extschema@.http_post(uri varchar, data jsonb) returns @extschema@.http_response
language sql as $$
  select @extschema@.http(
    ('POST', $1, null, 'application/x-www-form-urlencoded', @extschema@.urlencode($2))::@extschema@.http_request)
$$;
