-- Listing of objects and folders. A folder is a common prefix of names up to a delimiter.
--
-- Each listing is a walk over an index: a step finds the names after the last one returned, up to the first folder,
-- and continues behind all of the folder's contents. Its cost is therefore that of the page, whatever the folders
-- hold. Steps grow while they meet no folder: a run of objects needs few of them.

set local role supabase_storage_admin;
set local search_path = storage, public, extensions;

-- 'a/b/' for ('a/b/c.txt', 'a/', '/'); null when nothing follows the prefix but a leaf.
create function storage.get_common_prefix(p_key text, p_prefix text, p_delimiter text) returns text
language sql immutable as $$
  select case
    when strpos(substr(p_key, length(p_prefix) + 1), p_delimiter) > 0
    then left(p_key, length(p_prefix) + strpos(substr(p_key, length(p_prefix) + 1), p_delimiter) + length(p_delimiter) - 1)
  end;
$$;

-- Full names in byte order; folders come without their delimiter and with a null id. A start that ends in the
-- delimiter, or that only names a folder, continues behind that folder.
create function storage.list_objects_with_delimiter(
  _bucket_id text, prefix_param text, delimiter_param text, max_keys integer default 100,
  start_after text default '', next_token text default '', sort_order text default 'asc'
) returns table (
  name text, id uuid, metadata jsonb, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz
)
language plpgsql stable as $$
declare
  prefix constant text := coalesce(prefix_param, '');
  last constant text := chr(1114111); -- no character sorts behind it
  start text := coalesce(nullif(next_token, ''), start_after, '');
  ascending constant boolean := lower(coalesce(sort_order, 'asc')) <> 'desc';
  low text := prefix;
  high text := prefix || last;
begin
  if start <> '' and right(start, length(delimiter_param)) <> delimiter_param
    and not exists (select from storage.objects o where o.bucket_id = _bucket_id and o.name = start)
    and exists (
      select from storage.objects o
      where o.bucket_id = _bucket_id and o.name collate "C" > start || delimiter_param
        and o.name collate "C" < start || delimiter_param || last
    )
  then
    start := start || delimiter_param;
  end if;
  if start <> '' then
    if ascending then
      low := greatest(low collate "C", case when right(start, length(delimiter_param)) = delimiter_param
        and starts_with(start, prefix) and length(start) > length(prefix)
        then start || last else start || chr(1) end);
    else
      high := least(high collate "C", start);
    end if;
  end if;
  return query execute format(
    $query$
      with recursive walk as (
        (select o.name, o.id, o.metadata, o.updated_at, o.created_at, o.last_accessed_at, storage.get_common_prefix(o.name, $2, $3) as folder, 1 as batch, true as is_last
         from storage.objects o
         where o.bucket_id = $1 and o.name collate "C" >= $4 and o.name collate "C" < $5
         order by o.name collate "C" %1$s limit 1)
        union all
        select n.* from walk w cross join lateral (
          select b.name, b.id, b.metadata, b.updated_at, b.created_at, b.last_accessed_at, b.folder,
            case when count(b.folder) over () > 0 then 1 else least(w.batch * 2, 128) end,
            b.position = max(b.position) over ()
          from (
            select o.*, row_number() over (order by o.name collate "C" %1$s) as position,
              count(o.folder) over (order by o.name collate "C" %1$s rows between unbounded preceding and 1 preceding) as folders
            from (
              select o.*, storage.get_common_prefix(o.name, $2, $3) as folder from storage.objects o
              where o.bucket_id = $1 and %2$s
              order by o.name collate "C" %1$s limit w.batch
            ) o
          ) b
          where b.folders = 0
        ) n
        where w.is_last
      )
      select coalesce(left(folder, -length($3)), name),
        case when folder is null then id end,
        case when folder is null then metadata end,
        case when folder is null then updated_at end,
        case when folder is null then created_at end,
        case when folder is null then last_accessed_at end
      from walk limit $6
    $query$,
    case when ascending then 'asc' else 'desc' end,
    case when ascending
      then $step$ o.name collate "C" > coalesce(w.folder || chr(1114111), w.name) and o.name collate "C" < $5 $step$
      else $step$ o.name collate "C" < coalesce(w.folder, w.name) and o.name collate "C" >= $4 $step$
    end
  ) using _bucket_id, prefix, delimiter_param, low, high, greatest(max_keys, 0);
end $$;

-- Folders and objects together by a time; a folder has the time of its oldest object.
create function storage.search_by_timestamp(
  p_prefix text, p_bucket_id text, p_limit integer, p_level integer, p_start_after text,
  p_sort_order text, p_sort_column text, p_sort_column_after text
) returns table (
  key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable as $$
declare
  prefix constant text := coalesce(p_prefix, '');
  sort_by constant text := case p_sort_column when 'updated_at' then 'updated_at' else 'created_at' end;
  direction constant text := case lower(p_sort_order) when 'desc' then 'desc' else 'asc' end;
begin
  return query execute format(
    $query$
      with found as (
        select o.*, storage.get_common_prefix(o.name, $1, '/') as folder
        from storage.objects o
        where o.bucket_id = $2 and o.name collate "C" >= $1 and o.name collate "C" < $1 || chr(1114111)
      ),
      listed as (
        select left(folder, -1) as name, null::uuid as id, min(created_at) as updated_at,
          min(created_at) as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
        from found where folder is not null group by folder
        union all
        select name, id, updated_at, created_at, last_accessed_at, metadata from found where folder is null
      )
      select split_part(name, '/', $3), name, id, updated_at, created_at, last_accessed_at, metadata
      from listed
      where $4 = '' or (date_trunc('milliseconds', %1$I), name collate "C") %2$s
        (coalesce(nullif($5, '')::timestamptz, 'epoch'), $4)
      order by date_trunc('milliseconds', %1$I) %3$s, name collate "C" %3$s
      limit $6
    $query$,
    sort_by, case direction when 'asc' then '>' else '<' end, direction
  ) using prefix, p_bucket_id, p_level, coalesce(p_start_after, ''), coalesce(p_sort_column_after, ''), p_limit;
end $$;

create function storage.search_v2(
  prefix text, bucket_name text, limits integer default 100, levels integer default 1, start_after text default '',
  sort_order text default 'asc', sort_column text default 'name', sort_column_after text default ''
) returns table (
  key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable as $$
declare
  capped constant integer := least(coalesce(limits, 100), 1500);
begin
  if lower(sort_column) in ('updated_at', 'created_at') then
    return query select * from storage.search_by_timestamp(
      prefix, bucket_name, capped, levels, start_after, sort_order, lower(sort_column), sort_column_after);
  else
    return query
      select split_part(l.name, '/', levels), l.name, l.id, l.updated_at, l.created_at, l.last_accessed_at, l.metadata
      from storage.list_objects_with_delimiter(prefix_param => coalesce(prefix, ''), _bucket_id => bucket_name,
        delimiter_param => '/', max_keys => capped, start_after => start_after, sort_order => sort_order) l;
  end if;
end $$;

-- The listing of POST /object/list: without regard to case, names relative to the prefix, paged by offset. What lies
-- before the offset is walked too: the walk has names only, and the other columns are joined to the page.
create function storage.search(
  prefix text, bucketname text, limits integer default 100, levels integer default 1, offsets integer default 0,
  search text default '', sortcolumn text default 'name', sortorder text default 'asc'
) returns table (
  name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb
)
language plpgsql stable as $$
declare
  start constant text := lower(coalesce(prefix, '') || coalesce(search, ''));
  kept constant integer := length(coalesce(prefix, '')) + 1;
  direction constant text := case lower(sortorder) when 'desc' then 'desc' else 'asc' end;
  capped constant integer := least(coalesce(limits, 100), 1500);
begin
  if lower(sortcolumn) in ('updated_at', 'created_at', 'last_accessed_at') then
    return query execute format(
      $query$
        with found as materialized (
          select o.name, o.%1$I as moment, storage.get_common_prefix(lower(o.name), $2, '/') as folder
          from storage.objects o
          where o.bucket_id = $1 and lower(o.name) collate "C" >= $2
            and lower(o.name) collate "C" < $2 || chr(1114111)
        ),
        page as (
          select listed.*, row_number() over () as position
          from (
            (select left(name, length(folder) - 1) as name, true as is_folder
             from found where folder is not null group by left(name, length(folder) - 1)
             order by left(name, length(folder) - 1) collate "C" %2$s)
            union all
            (select name, false from found where folder is null order by moment %2$s, name collate "C" %2$s)
          ) listed
          limit $4 offset $5
        )
        select substr(p.name, $3), o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from page p left join storage.objects o on not p.is_folder and o.bucket_id = $1 and o.name = p.name
        order by p.position
      $query$,
      lower(sortcolumn), direction
    ) using bucketname, start, kept, capped, coalesce(offsets, 0);
  else
    return query execute format(
      $query$
        with recursive walk as (
          (select o.name, storage.get_common_prefix(lower(o.name), $2, '/') as folder, 1 as batch, true as is_last
           from storage.objects o
           where o.bucket_id = $1 and lower(o.name) collate "C" >= $2
             and lower(o.name) collate "C" < $2 || chr(1114111)
           order by lower(o.name) collate "C" %1$s, o.name collate "C" %1$s limit 1)
          union all
          select n.* from walk w cross join lateral (
            select b.name, b.folder, case when count(b.folder) over () > 0 then 1 else least(w.batch * 2, 128) end,
              b.position = max(b.position) over ()
            from (
              select o.*, row_number() over (order by lower(o.name) collate "C" %1$s, o.name collate "C" %1$s) as position,
                count(o.folder) over (order by lower(o.name) collate "C" %1$s, o.name collate "C" %1$s rows between unbounded preceding and 1 preceding) as folders
              from (
                select o.name, storage.get_common_prefix(lower(o.name), $2, '/') as folder from storage.objects o
                where o.bucket_id = $1 and lower(o.name) collate "C" >= $2
                  and lower(o.name) collate "C" < $2 || chr(1114111) and %2$s
                order by lower(o.name) collate "C" %1$s, o.name collate "C" %1$s limit w.batch
              ) o
            ) b
            where b.folders = 0
          ) n
          where w.is_last
        ),
        page as (select name, folder, row_number() over () as position from walk limit $4 offset $5)
        select substr(coalesce(left(p.name, length(p.folder) - 1), p.name), $3),
          o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from page p left join storage.objects o on p.folder is null and o.bucket_id = $1 and o.name = p.name
        order by p.position
      $query$,
      direction,
      -- Names that differ only by case are neighbours: behind an object, the next one may be equal in lower case.
      case direction
        when 'asc' then $step$
          lower(o.name) collate "C" >= coalesce(w.folder || chr(1114111), lower(w.name))
          and (lower(o.name) collate "C" > coalesce(w.folder || chr(1114111), lower(w.name)) or o.name collate "C" > w.name)
        $step$
        else $step$
          lower(o.name) collate "C" <= coalesce(w.folder, lower(w.name))
          and (lower(o.name) collate "C" < coalesce(w.folder, lower(w.name)) or (w.folder is null and o.name collate "C" < w.name))
        $step$
      end
    ) using bucketname, start, kept, capped, coalesce(offsets, 0);
  end if;
end $$;

create function storage.list_multipart_uploads_with_delimiter(
  bucket_id text, prefix_param text, delimiter_param text, max_keys integer default 100,
  next_key_token text default '', next_upload_token text default ''
) returns table (key text, id text, created_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  return query
    select distinct on (listed.key collate "C") listed.key, listed.id, listed.created_at
    from (
      select coalesce(storage.get_common_prefix(u.key, prefix_param, delimiter_param), u.key) as key, u.id, u.created_at
      from storage.s3_multipart_uploads u
      where u.bucket_id = $1 and starts_with(u.key, prefix_param)
    ) listed
    where case
      when coalesce(next_upload_token, '') <> '' then listed.id collate "C" > next_upload_token
      when coalesce(next_key_token, '') <> '' then listed.key collate "C" > next_key_token
      else true
    end
    order by listed.key collate "C", listed.created_at
    limit max_keys;
end $$;
