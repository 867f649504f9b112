-- The functions of michelp/pgjwt, from their documentation.

create function @extschema@.url_encode(data bytea) returns text
language sql immutable set search_path = ''
as $$ select rtrim(translate(encode(data, 'base64'), E'+/\n', '-_'), '=') $$;

create function @extschema@.url_decode(data text) returns bytea
language sql immutable set search_path = ''
as $$ select decode(translate(data, '-_', '+/') || repeat('=', (4 - length(data) % 4) % 4), 'base64') $$;

create function @extschema@.algorithm_sign(signables text, secret text, algorithm text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  digest constant text := case algorithm when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' else '' end;
begin
  return @extschema@.url_encode(@extschema:pgcrypto@.hmac(signables, secret, digest));
end $$;

create function @extschema@.sign(payload json, secret text, algorithm text default 'HS256') returns text
language plpgsql immutable set search_path = ''
as $$
declare
  header constant text := format('{"alg":"%s","typ":"JWT"}', algorithm);
  signables constant text := @extschema@.url_encode(convert_to(header, 'utf8')) || '.' || @extschema@.url_encode(convert_to(payload::text, 'utf8'));
begin
  return signables || '.' || @extschema@.algorithm_sign(signables, secret, algorithm);
end $$;

create function @extschema@.try_cast_double(inp text) returns double precision
language plpgsql immutable set search_path = ''
as $$
begin
  return inp::double precision;
exception when others then
  return null;
end $$;

-- A token is valid between `nbf` and `exp`, where it has them.
create function @extschema@.verify(token text, secret text, algorithm text default 'HS256')
returns table (header json, payload json, valid boolean)
language plpgsql stable set search_path = ''
as $$
declare
  parts constant text[] := string_to_array(token, '.');
begin
  header := convert_from(@extschema@.url_decode(parts[1]), 'utf8')::json;
  payload := convert_from(@extschema@.url_decode(parts[2]), 'utf8')::json;
  valid := parts[3] = @extschema@.algorithm_sign(parts[1] || '.' || parts[2], secret, algorithm)
    and extract(epoch from current_timestamp) >= coalesce(@extschema@.try_cast_double(payload ->> 'nbf'), 0)
    and extract(epoch from current_timestamp) < coalesce(@extschema@.try_cast_double(payload ->> 'exp'), 'infinity');
  return next;
end $$;
