-- The functions of pgmq 1.5, from its documentation. A queue `x` is the tables pgmq.q_x and pgmq.a_x (its archive), which
-- belong to whoever creates it; all functions run with the privileges of their caller.

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default now()
);
select pg_catalog.pg_extension_config_dump('pgmq.meta', '');
grant select, insert, update, delete on pgmq.meta to postgres with grant option;
grant select on pgmq.meta to pg_monitor;

create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
create type pgmq.queue_record as (queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
create type pgmq.metrics_result as (
  queue_name text, queue_length bigint, newest_msg_age_sec int, oldest_msg_age_sec int, total_messages bigint,
  scrape_time timestamptz, queue_visible_length bigint);

create function pgmq.validate_queue_name(queue_name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if pg_catalog.length(queue_name) > 47 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
end $$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return pg_catalog.lower(prefix || '_' || queue_name);
end $$;

create function pgmq._create(queue_name text, unlogged boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  archive constant text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pgmq.queue_' || queue_name));
  execute pg_catalog.format('create %s table if not exists pgmq.%I (
    msg_id bigint primary key generated always as identity,
    read_ct int default 0 not null,
    enqueued_at timestamptz default pg_catalog.now() not null,
    vt timestamptz not null,
    message jsonb,
    headers jsonb)', case when unlogged then 'unlogged' else '' end, queue);
  execute pg_catalog.format('create table if not exists pgmq.%I (
    msg_id bigint primary key,
    read_ct int default 0 not null,
    enqueued_at timestamptz default pg_catalog.now() not null,
    archived_at timestamptz default pg_catalog.now() not null,
    vt timestamptz not null,
    message jsonb,
    headers jsonb)', archive);
  execute pg_catalog.format('create index if not exists %I on pgmq.%I (vt)', queue || '_vt_idx', queue);
  execute pg_catalog.format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (queue_name, false, unlogged)
  on conflict do nothing;
end $$;

create function pgmq.create(queue_name text) returns void language sql set search_path = ''
as $$ select pgmq._create(queue_name, false) $$;
create function pgmq.create_non_partitioned(queue_name text) returns void language sql set search_path = ''
as $$ select pgmq._create(queue_name, false) $$;
create function pgmq.create_unlogged(queue_name text) returns void language sql set search_path = ''
as $$ select pgmq._create(queue_name, true) $$;

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000')
returns void language plpgsql set search_path = ''
as $$ begin raise exception 'pg_partman is required for partitioned queues'; end $$;

create function pgmq.drop_queue(queue_name text) returns boolean
language plpgsql set search_path = ''
as $$
begin
  execute pg_catalog.format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  execute pg_catalog.format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
  delete from pgmq.meta where meta.queue_name = drop_queue.queue_name;
  return found;
end $$;

create function pgmq.list_queues() returns setof pgmq.queue_record
language sql set search_path = ''
as $$ select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta $$;

create function pgmq._send(queue_name text, msgs jsonb[], headers jsonb[], at timestamptz) returns setof bigint
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('insert into pgmq.%I (vt, message, headers)
    select $3, entry.message, entry.headers from unnest($1, $2) as entry (message, headers) returning msg_id',
    pgmq.format_table_name(queue_name, 'q'))
  using msgs, headers, at;
end $$;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], null, pg_catalog.clock_timestamp()) $$;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], null, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay)) $$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], null, delay) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], array[headers], pg_catalog.clock_timestamp()) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], array[headers], pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay)) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, array[msg], array[headers], delay) $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, null, pg_catalog.clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, null, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay)) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, null, delay) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, headers, pg_catalog.clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, headers, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay)) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint language sql set search_path = ''
as $$ select pgmq._send(queue_name, msgs, headers, delay) $$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}') returns setof pgmq.message_record
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('with next as (
      select msg_id from pgmq.%1$I
      where vt <= pg_catalog.clock_timestamp() and ($3 = ''{}'' or message @> $3)
      order by msg_id limit $2 for update skip locked)
    update pgmq.%1$I as queue
    set vt = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $1), read_ct = queue.read_ct + 1
    from next where queue.msg_id = next.msg_id
    returning queue.msg_id, queue.read_ct, queue.enqueued_at, queue.vt, queue.message, queue.headers',
    pgmq.format_table_name(queue_name, 'q'))
  using vt, qty, conditional;
end $$;

create function pgmq.read_with_poll(
  queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100,
  conditional jsonb default '{}'
) returns setof pgmq.message_record
language plpgsql set search_path = ''
as $$
declare
  until constant timestamptz := pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => max_poll_seconds);
begin
  loop
    return query select * from pgmq.read(queue_name, vt, qty, conditional);
    exit when found or pg_catalog.clock_timestamp() >= until;
    perform pg_catalog.pg_sleep(poll_interval_ms / 1000.0);
  end loop;
end $$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('delete from pgmq.%1$I where msg_id = (
      select msg_id from pgmq.%1$I where vt <= pg_catalog.clock_timestamp() order by msg_id limit 1 for update skip locked)
    returning msg_id, read_ct, enqueued_at, vt, message, headers', pgmq.format_table_name(queue_name, 'q'));
end $$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('delete from pgmq.%I where msg_id = any($1) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using msg_ids;
end $$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql set search_path = ''
as $$ select exists (select from pgmq.delete(queue_name, array[msg_id])) $$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('with gone as (
      delete from pgmq.%I where msg_id = any($1) returning msg_id, vt, read_ct, enqueued_at, message, headers)
    insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers)
    select msg_id, vt, read_ct, enqueued_at, message, headers from gone returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a')) using msg_ids;
end $$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql set search_path = ''
as $$ select exists (select from pgmq.archive(queue_name, array[msg_id])) $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
language plpgsql set search_path = ''
as $$
begin
  return query execute pg_catalog.format('update pgmq.%I
    set vt = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $2) where msg_id = $1
    returning msg_id, read_ct, enqueued_at, vt, message, headers', pgmq.format_table_name(queue_name, 'q')) using msg_id, vt;
end $$;

create function pgmq.purge_queue(queue_name text) returns bigint
language plpgsql set search_path = ''
as $$
declare
  deleted bigint;
begin
  execute pg_catalog.format('delete from pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  get diagnostics deleted = row_count;
  return deleted;
end $$;

create function pgmq.detach_archive(queue_name text) returns void language sql set search_path = '' as $$ select $$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result
language plpgsql set search_path = ''
as $$
declare
  result pgmq.metrics_result;
  queue constant text := pgmq.format_table_name(queue_name, 'q');
begin
  execute pg_catalog.format('select $1::text, pg_catalog.count(*),
      extract(epoch from pg_catalog.now() - pg_catalog.max(enqueued_at))::int,
      extract(epoch from pg_catalog.now() - pg_catalog.min(enqueued_at))::int,
      coalesce((select case when is_called then last_value else 0 end from pgmq.%I), 0),
      pg_catalog.now(), pg_catalog.count(*) filter (where vt <= pg_catalog.clock_timestamp())
    from pgmq.%I', queue || '_msg_id_seq', queue) into result using queue_name;
  return result;
end $$;
create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql set search_path = ''
as $$ select (pgmq.metrics(queue_name)).* from pgmq.meta $$;
