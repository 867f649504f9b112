-- supabase/pg_net: a queue of requests, which a worker of the stack sends after commit (database-jobs/net-worker.ts), and
-- a table of responses. The functions write as the superuser: nobody else may write the queue.

do $$
begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'net') then
    create schema net;
  end if;
end $$;

create domain net.http_method as text check (value in ('GET', 'POST', 'DELETE'));
create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');

-- Unlogged as in pg_net: a publication for all tables leaves them out, and so rows without a key can be deleted.
create unlogged table net.http_request_queue (
  id bigserial not null,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);
create unlogged table net._http_response (
  id bigint,
  status_code int,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);
create index on net._http_response (id);

create type net.http_response as (status_code int, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create function net._urlencode_string(string varchar) returns text
language sql immutable strict set search_path = ''
as $$
  select coalesce(pg_catalog.string_agg(
    case when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126)
      then pg_catalog.chr(byte) else '%' || pg_catalog.lpad(pg_catalog.upper(pg_catalog.to_hex(byte)), 2, '0') end, '' order by place), '')
  from (
    select place, pg_catalog.get_byte(pg_catalog.convert_to(string, 'utf8'), place) as byte
    from pg_catalog.generate_series(0, pg_catalog.octet_length(pg_catalog.convert_to(string, 'utf8')) - 1) as place
  ) as bytes
$$;

create function net._encode_url_with_params_array(url text, params_array text[]) returns text
language sql immutable strict set search_path = ''
as $$
  select url || case
    when pg_catalog.cardinality(params_array) = 0 then ''
    else case when pg_catalog.strpos(url, '?') > 0 then '&' else '?' end || pg_catalog.array_to_string(params_array, '&')
  end
$$;

create function net._enqueue(method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int) returns bigint
language sql security definer set search_path = ''
as $$
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    method,
    net._encode_url_with_params_array(url, array(
      select net._urlencode_string(key) || '=' || net._urlencode_string(value)
      from pg_catalog.jsonb_each_text(coalesce(params, '{}')))),
    headers,
    pg_catalog.convert_to(body::text, 'utf8'),
    timeout_milliseconds)
  returning id
$$;

create function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000
) returns bigint
language sql security definer set search_path = ''
as $$ select net._enqueue('GET', url, params, headers, null, timeout_milliseconds) $$;

create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds int default 5000
) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  content_type constant text := (
    select value from pg_catalog.jsonb_each_text(coalesce(headers, '{}')) where pg_catalog.lower(key) = 'content-type' limit 1);
begin
  if content_type is null then
    headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net._enqueue('POST', url, params, headers, body, timeout_milliseconds);
end $$;

create function net.http_delete(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000, body jsonb default null
) returns bigint
language sql security definer set search_path = ''
as $$ select net._enqueue('DELETE', url, params, headers, body, timeout_milliseconds) $$;

create function net._await_response(request_id bigint) returns boolean
language plpgsql set search_path = ''
as $$
begin
  for attempt in 1..600 loop
    if exists (select from net._http_response where id = request_id) then
      return true;
    end if;
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return false;
end $$;

create function net._http_collect_response(request_id bigint, async boolean default true) returns net.http_response_result
language plpgsql set search_path = ''
as $$
declare
  found_response net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select * into found_response from net._http_response where id = request_id;
  if not found then
    return row('PENDING', 'response is pending or collected', null)::net.http_response_result;
  elsif found_response.error_msg is not null then
    return row('ERROR', found_response.error_msg, null)::net.http_response_result;
  end if;
  return row('SUCCESS', 'ok', row(found_response.status_code, found_response.headers, found_response.content)::net.http_response)::net.http_response_result;
end $$;

create function net.check_worker_is_up() returns void language sql set search_path = '' as $$ select $$;
create function net.worker_restart() returns boolean language sql set search_path = '' as $$ select true $$;
create function net.wait_until_running() returns void language sql set search_path = '' as $$ select $$;

create function net._wake() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Delivered when the transaction commits.
  perform pg_catalog.pg_notify('_stack_jobs', 'net');
  return null;
end $$;
create trigger wake after insert on net.http_request_queue for each statement execute function net._wake();
alter table net.http_request_queue enable always trigger wake;

revoke all on all functions in schema net from public;
grant usage on schema net to supabase_functions_admin, postgres, anon, authenticated, service_role;
grant execute on function net.http_get(text, jsonb, jsonb, int), net.http_post(text, jsonb, jsonb, jsonb, int),
  net.http_delete(text, jsonb, jsonb, int, jsonb) to supabase_functions_admin, postgres, anon, authenticated, service_role;
grant execute on all functions in schema net to postgres;
revoke execute on function net._enqueue(text, text, jsonb, jsonb, jsonb, int) from postgres;
grant select, delete, truncate on net._http_response to postgres with grant option;
grant select, delete on net.http_request_queue to postgres with grant option;
