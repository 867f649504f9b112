-- Files of any kind in messages, as pictures are (20261102090100): stored first, then the message with their paths,
-- names and sizes.

-- Only one type is allowed: whatever a file contains, no browser opens it as a page of this origin.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('message-files', 'message-files', false, 25 * 1024 * 1024, array['application/octet-stream'])
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;

-- [{"path": "<author>/<message>/1", "name": "letter.pdf", "size": 12345}, …], at most four. The name is text for people
-- and is not part of the path.
create function private.are_files(files jsonb, message_id uuid)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select case
    when jsonb_typeof(files) <> 'array' or jsonb_array_length(files) > 4 then false
    else not exists (
      select
      from jsonb_array_elements(files) with ordinality as element (file, number)
      where not coalesce(
        case
          when jsonb_typeof(file) <> 'object' then false
          else
            file - array['path', 'name', 'size'] = '{}'
            and file ->> 'path'
              ~ ('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' || message_id::text || '/' || number::text || '$')
            and jsonb_typeof(file -> 'name') = 'string'
            and char_length(file ->> 'name') between 1 and 200
            and file ->> 'name' !~ '[[:cntrl:]/\\]'
            and jsonb_typeof(file -> 'size') = 'number'
            and file ->> 'size' ~ '^(0|[1-9][0-9]{0,8})$'
        end,
        false
      )
    )
  end;
$$;

alter table public.messages
add column files jsonb not null default '[]',
add constraint messages_files_check check (private.are_files(files, id)),
drop constraint messages_not_blank,
add constraint messages_not_blank
  check (deleted_at is not null or images <> '[]' or files <> '[]' or btrim(body, E' \t\r\n') <> '');

grant insert (files) on public.messages to authenticated;

create function private.is_file_of_message(path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.messages
    where id = private.message_id_of(path) and files @> jsonb_build_array(jsonb_build_object('path', path))
  );
$$;

-- Whether a message may refer to these files: they exist, have this size, and are in the caller's folder.
create function private.are_my_files(files jsonb)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select not exists (
    select
    from jsonb_array_elements(files) as file
    where not (
      file ->> 'path' like private.my_id()::text || '/%'
      and exists (
        select
        from storage.objects
        where bucket_id = 'message-files' and name = file ->> 'path' and metadata -> 'size' = file -> 'size'
      )
    )
  );
$$;

create index messages_author_id_files_idx on public.messages (author_id) where files <> '[]';
-- The pictures of a channel, in their order.
create index messages_channel_id_images_idx on public.messages (channel_id, position) where images <> '[]';

create function private.my_loose_files()
returns table (name text, created_at timestamptz)
language sql
stable
security definer
set search_path = ''
as $$
  select stored.name, stored.created_at
  from private.my_files('message-files') as stored
  where not exists (
    select
    from public.messages cross join jsonb_array_elements(files) as file
    where author_id = (select private.my_id()) and files <> '[]' and file ->> 'path' = stored.name
  );
$$;

-- Eight files without a message, two messages being sent, limit what a malicious user can store.
create function private.may_add_file(path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select path ~ ('^' || private.my_id()::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-4]$')
    and exists (select from private.my_family_ids())
    and (select count(*) from private.my_loose_files()) < 8;
$$;

revoke execute on function
  private.are_files, private.is_file_of_message, private.are_my_files, private.my_loose_files, private.may_add_file
from public;
grant execute on function
  private.are_files, private.is_file_of_message, private.are_my_files, private.my_loose_files, private.may_add_file
to authenticated, service_role;

-- Row level security applies to the subquery too.
create policy "Who reads a message reads its files" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'message-files'
    and exists (
      select
      from public.messages
      where id = private.message_id_of(objects.name)
        and files @> jsonb_build_array(jsonb_build_object('path', objects.name))
    )
  );

create policy "People see the files in their own folder of files" on storage.objects
  for select to authenticated
  using (bucket_id = 'message-files' and (storage.foldername(name))[1] = (select private.my_id())::text);

create policy "People add files for their messages" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'message-files' and private.may_add_file(name));

create policy "People delete their files that no message names" on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'message-files'
    and (storage.foldername(name))[1] = (select private.my_id())::text
    and not private.is_file_of_message(name)
  );

alter policy "Members write to open channels" on public.messages
  with check (
    author_id = (select auth.uid())
    and family_id in (select private.my_family_ids())
    and exists (select from public.channels where id = channel_id and archived_at is null)
    and private.are_my_images(images)
    and private.are_my_files(files)
  );

create or replace function public.delete_message(message_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  update public.messages
  set body = '', images = '[]', files = '[]', mentions = '{}', reactions = '{}', deleted_at = now(), edited_at = null
  where id = message_id and author_id = me and deleted_at is null
    and family_id in (select private.my_family_ids());
  if not found then
    raise exception 'You can delete your own messages only' using errcode = '42501';
  end if;
  delete from public.reactions where reactions.message_id = delete_message.message_id;
end;
$$;

-- As stray_images, for the files that the page has to remove.
create function public.stray_files()
returns setof text
language sql
stable
security definer
set search_path = ''
as $$
  select name
  from private.my_loose_files()
  where created_at < now() - interval '1 day'
    or exists (select from public.messages where id = private.message_id_of(name))
  limit 100;
$$;

revoke execute on function public.stray_files from public, anon;
grant execute on function public.stray_files to authenticated, service_role;

-- The names of files are searched like the text of messages. "letter.pdf" is one word, so its parts are words too.
create function private.message_words(body text, images jsonb, files jsonb)
returns tsvector
language sql
immutable
set search_path = ''
as $$
  select private.message_words(body, images)
    || jsonb_to_tsvector('simple', jsonb_path_query_array(files, '$[*].name'), '["string"]')
    || to_tsvector(
      'simple', regexp_replace(jsonb_path_query_array(files, '$[*].name')::text, '[^[:alnum:]]+', ' ', 'g')
    );
$$;

revoke execute on function private.message_words(text, jsonb, jsonb) from public;
grant execute on function private.message_words(text, jsonb, jsonb) to authenticated, service_role;

drop index public.messages_words_idx;
create index messages_words_idx on public.messages
using gin (private.message_words(body, images, files)) where deleted_at is null;

drop function public.search_messages;

create function public.search_messages(
  family_id uuid,
  query text default '',
  before timestamptz default null,
  author_id uuid default null,
  channel_id uuid default null,
  has_images boolean default false,
  has_files boolean default false
)
returns setof public.messages
language plpgsql
stable
security definer
rows 30
set search_path = ''
-- Which conditions matter differs from call to call, so no plan fits all.
set plan_cache_mode = force_custom_plan
as $$
declare
  wanted tsquery;
begin
  perform private.require_session();
  if search_messages.family_id not in (select private.my_family_ids()) then
    return;
  end if;
  select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery into wanted
  from unnest(to_tsvector('simple', left(search_messages.query, 200)));
  if wanted is null and before is null and author_id is null and channel_id is null and not has_images and not has_files then
    return;
  end if;
  return query
  select m.*
  from public.messages as m
  where m.family_id = search_messages.family_id
    and m.deleted_at is null
    and (wanted is null or private.message_words(m.body, m.images, m.files) @@ wanted)
    and (before is null or m.created_at < before)
    and (search_messages.author_id is null or m.author_id = search_messages.author_id)
    and (search_messages.channel_id is null or m.channel_id = search_messages.channel_id)
    and (not has_images or m.images <> '[]')
    and (not has_files or m.files <> '[]')
  order by m.created_at desc
  limit 30;
end;
$$;

revoke execute on function public.search_messages from public, anon;
grant execute on function public.search_messages to authenticated, service_role;
