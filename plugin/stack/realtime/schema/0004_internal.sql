-- Functions of the Realtime service itself. It connects as postgres, the role of the project's migrations: policies,
-- triggers, domains and operators that a migration defines never run with more rights than their author has.
-- Each function has an empty search_path; one that evaluates such definitions switches to the session's (`path`).

-- Scripts of earlier versions created another set of functions.
drop schema if exists _realtime cascade;
create schema _realtime authorization supabase_admin;
revoke all on schema _realtime from public;
grant usage on schema _realtime to postgres;

-- Receives what no daily partition takes: a computer that was asleep for days has none for today. An insert, of whichever
-- client, then never fails.
create table realtime.messages_default partition of realtime.messages default;
alter table realtime.messages_default owner to supabase_realtime_admin;

-- Daily partitions of realtime.messages from yesterday to three days ahead; what is older than 72 hours is dropped. A day
-- whose messages are in the default partition stays there: they cannot be moved without being sent again.
-- Runs as the owner of the table, which is no superuser: postgres may not change the schema realtime.
create function _realtime.maintain_partitions() returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  day date;
  partition text;
begin
  for day in select generate_series(current_date - 1, current_date + 3, interval '1 day')::date loop
    partition := 'messages_' || to_char(day::timestamp, 'YYYY_MM_DD');
    continue when to_regclass('realtime.' || partition) is not null or exists (
      select from realtime.messages_default where inserted_at >= day and inserted_at < day + 1);
    execute format(
      'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)', partition, day, day + 1);
  end loop;
  for partition in
    select child.relname
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = 'realtime.messages'::regclass
      and child.relname ~ '^messages_\d{4}_\d\d_\d\d$'
      and to_date(substr(child.relname::text, 10), 'YYYY_MM_DD') < current_date - 3
  loop
    execute format('drop table realtime.%I', partition);
  end loop;
  delete from realtime.messages_default where inserted_at < current_date - 3;
end
$$;

grant usage, create on schema realtime to supabase_realtime_admin;
alter function _realtime.maintain_partitions() owner to supabase_realtime_admin;
revoke execute on function _realtime.maintain_partitions() from public;
grant execute on function _realtime.maintain_partitions() to postgres;

-- Waits until these transactions (low 32 bits of their ids) are visible to others. The log reports a commit a moment
-- earlier: a query in between would miss the rows.
create function _realtime.await_transactions(xids bigint[]) returns void
language plpgsql
set search_path = ''
as $$
declare
  now_seen pg_snapshot;
  newest bigint;
begin
  for attempt in 1 .. 10000 loop
    now_seen := pg_current_snapshot();
    newest := pg_snapshot_xmax(now_seen)::text::bigint;
    exit when not exists (
      select from unnest(xids) xid, lateral (select (newest >> 32 << 32) + xid as id) low
      where not pg_visible_in_snapshot((case
        when id - newest > 2147483648 then id - 4294967296
        when newest - id > 2147483648 then id + 4294967296
        else id end)::text::xid8, now_seen));
    perform pg_sleep(0.0005);
  end loop;
end
$$;

-- Continues the transaction as a caller, with what its policies can read.
create function _realtime.become(topic text, role text, claims text, headers text) returns void
language sql
set search_path = ''
as $$
  select set_config('realtime.topic', topic, true),
         set_config('request.jwt.claims', claims, true),
         set_config('request.jwt.claim.sub', coalesce(claims::json ->> 'sub', ''), true),
         set_config('request.jwt.claim.role', role, true),
         set_config('request.headers', headers, true),
         set_config('role', role, true);
$$;

-- What a token may do with a private topic, by trial like Realtime: a row per extension is inserted and read back (read)
-- or inserted (write) with that role and claims, then everything is rolled back. An error of the policies themselves
-- is raised as RTPOL; one of the server keeps its code, so that it is not taken for a missing permission.
create function _realtime.check_policies(
  topic text, role text, claims text, headers text, extensions text[], is_write boolean, path text
) returns text[]
language plpgsql
set search_path = ''
as $$
declare
  allowed text[] := '{}';
  ids uuid[];
  item text;
begin
  if not is_write then
    with probe as (
      insert into realtime.messages (topic, extension) select topic, e from unnest(extensions) e returning id
    )
    select array_agg(id) into ids from probe;
  end if;
  begin
    perform _realtime.become(topic, role, claims, headers), set_config('search_path', path, true);
    if is_write then
      foreach item in array extensions loop
        begin
          insert into realtime.messages (topic, extension) values (topic, item);
          allowed := allowed || item;
        exception when insufficient_privilege then null;
        end;
      end loop;
    else
      select coalesce(array_agg(m.extension), '{}') into allowed from realtime.messages m where m.id = any (ids);
    end if;
  exception when others then
    -- Classes of connections, conflicts, resources and internal errors; no partition for a row.
    if left(sqlstate, 2) in ('08', '40', '53', '55', '57', '58', 'XX') or sqlstate = '23514' then
      raise;
    end if;
    raise exception using errcode = 'RTPOL', message = sqlerrm;
  end;
  raise exception using errcode = 'RTUND';
exception when sqlstate 'RTUND' then
  return allowed;
end
$$;
