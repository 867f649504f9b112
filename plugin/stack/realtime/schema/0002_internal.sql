-- Functions of the Realtime service itself, which connects as supabase_admin. No other role may call them.

create schema if not exists _realtime authorization supabase_admin;
revoke all on schema _realtime from public;

-- Daily partitions of realtime.messages from yesterday to three days ahead; those older than 72 hours are dropped.
create function _realtime.maintain_partitions() returns void
language plpgsql
as $$
declare
  day date;
  partition text;
begin
  for day in select generate_series(current_date - 1, current_date + 3, interval '1 day')::date loop
    partition := 'messages_' || to_char(day, 'YYYY_MM_DD');
    if to_regclass('realtime.' || partition) is null then
      execute format(
        'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)', partition, day, day + 1);
      execute format('alter table realtime.%I owner to supabase_realtime_admin', partition);
    end if;
  end loop;
  for partition in
    select child.relname
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = 'realtime.messages'::regclass
      and child.relname ~ '^messages_\d{4}_\d\d_\d\d$'
      and to_date(substr(child.relname, 10), 'YYYY_MM_DD') < current_date - 3
  loop
    execute format('drop table realtime.%I', partition);
  end loop;
end
$$;

-- Waits until these transactions (low 32 bits of their ids) are visible to others. The log reports a commit a moment
-- earlier: a query in between would miss the rows.
create function _realtime.await_transactions(xids bigint[]) returns void
language plpgsql
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

-- What a token may do with a private topic, by trial like Realtime: a row per extension is inserted and read back (read)
-- or inserted (write) with that role and claims, then everything is rolled back.
create function _realtime.check_policies(
  topic text, role text, claims text, headers text, extensions text[], is_write boolean
) returns text[]
language plpgsql
as $$
declare
  allowed text[] := '{}';
  ids uuid[];
  item text;
begin
  if is_write then
    perform _realtime.become(topic, role, claims, headers);
    foreach item in array extensions loop
      begin
        insert into realtime.messages (topic, extension) values (topic, item);
        allowed := allowed || item;
        raise exception using errcode = 'RTUND';
      exception
        when sqlstate 'RTUND' then null;
        when insufficient_privilege then null;
      end;
    end loop;
    return allowed;
  end if;
  begin
    with probe as (
      insert into realtime.messages (topic, extension) select topic, e from unnest(extensions) e returning id
    )
    select array_agg(id) into ids from probe;
    perform _realtime.become(topic, role, claims, headers);
    select coalesce(array_agg(m.extension), '{}') into allowed from realtime.messages m where m.id = any (ids);
    raise exception using errcode = 'RTUND';
  exception when sqlstate 'RTUND' then null;
  end;
  return allowed;
end
$$;

create function _realtime.become(topic text, role text, claims text, headers text) returns void
language sql
as $$
  select set_config('realtime.topic', topic, true),
         set_config('request.jwt.claims', claims, true),
         set_config('request.jwt.claim.sub', coalesce(claims::json ->> 'sub', ''), true),
         set_config('request.jwt.claim.role', role, true),
         set_config('request.headers', headers, true),
         set_config('role', role, true);
$$;
