-- Pictures in messages. The files are stored first, then the message with their paths and sizes, so that a client
-- can lay out the message before any picture has loaded.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'message-images', 'message-images', false, 5 * 1024 * 1024, array['image/webp', 'image/jpeg', 'image/png', 'image/gif']
)
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;

-- [{"path": "<author>/<message>/1.webp", "width": 1600, "height": 1200, "alt": "…"}, …], at most four; alt is optional.
create function private.are_images(images jsonb, message_id uuid)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select case
    when jsonb_typeof(images) <> 'array' or jsonb_array_length(images) > 4 then false
    else not exists (
      select
      from jsonb_array_elements(images) with ordinality as element (image, number)
      where not coalesce(
        case
          when jsonb_typeof(image) <> 'object' then false
          else
            image - array['path', 'width', 'height', 'alt'] = '{}'
            and image ->> 'path'
              ~ ('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' || message_id::text || '/' || number::text || '\.(webp|jpg|png|gif)$')
            and image ->> 'width' ~ '^[1-9][0-9]{0,3}$'
            and image ->> 'height' ~ '^[1-9][0-9]{0,3}$'
            and jsonb_typeof(image -> 'width') = 'number'
            and jsonb_typeof(image -> 'height') = 'number'
            and coalesce(jsonb_typeof(image -> 'alt'), 'string') = 'string'
            and char_length(coalesce(image ->> 'alt', '')) <= 300
        end,
        false
      )
    )
  end;
$$;

alter table public.messages
add column images jsonb not null default '[]',
add constraint messages_images_check check (private.are_images(images, id)),
drop constraint messages_body_not_blank,
add constraint messages_not_blank check (deleted_at is not null or images <> '[]' or btrim(body, E' \t\r\n') <> '');

grant insert (images) on public.messages to authenticated;

-- Id of the message in the path of a file, or null.
create function private.message_id_of(path text)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select substring(path from '^[0-9a-f-]{36}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/')::uuid;
$$;

create function private.is_image_of_message(path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.messages
    where id = private.message_id_of(path) and images @> jsonb_build_array(jsonb_build_object('path', path))
  );
$$;

-- Whether a message may refer to these files: they exist and are in the caller's folder.
create function private.are_my_images(images jsonb)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select not exists (
    select
    from jsonb_array_elements(images) as image
    where not (image ->> 'path' like private.my_id()::text || '/%' and private.is_stored('message-images', image ->> 'path'))
  );
$$;

create index messages_author_id_images_idx on public.messages (author_id) where images <> '[]';

-- The caller's files that no message uses. One join of all files with all messages, because a query per file would
-- be slow for a user who has sent thousands.
create function private.my_files_without_message()
returns table (name text, created_at timestamptz)
language sql
stable
security definer
set search_path = ''
as $$
  select file.name, file.created_at
  from private.my_files('message-images') as file
  where not exists (
    select
    from public.messages cross join jsonb_array_elements(images) as image
    where author_id = (select private.my_id()) and images <> '[]' and image ->> 'path' = file.name
  );
$$;

-- A file without a message belongs to a message that is being sent, or was left behind by a closed page. Twenty are
-- enough for both, and limit what a malicious user can store.
create function private.may_add_image(path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select path ~ ('^' || private.my_id()::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-4]\.(webp|jpg|png|gif)$')
    and exists (select from private.my_family_ids())
    and (select count(*) from private.my_files_without_message()) < 20;
$$;

revoke execute on function
  private.are_images, private.message_id_of, private.is_image_of_message, private.are_my_images,
  private.my_files_without_message, private.may_add_image
from public;
grant execute on function
  private.are_images, private.message_id_of, private.is_image_of_message, private.are_my_images,
  private.my_files_without_message, private.may_add_image
to authenticated, service_role;

-- Row level security applies to the subquery too, so it finds only messages that the caller may see. A deleted
-- message has no pictures, so nobody can see them any more, even if the page closes before it has removed the
-- files.
create policy "Who reads a message sees its pictures" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'message-images'
    and exists (
      select
      from public.messages
      where id = private.message_id_of(objects.name)
        and images @> jsonb_build_array(jsonb_build_object('path', objects.name))
    )
  );

create policy "People see the files in their own folder of pictures" on storage.objects
  for select to authenticated
  using (bucket_id = 'message-images' and (storage.foldername(name))[1] = (select private.my_id())::text);

create policy "People add pictures for their messages" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'message-images' and private.may_add_image(name));

-- Except pictures that a message uses: those are removed by deleting the message.
create policy "People delete their pictures that no message names" on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'message-images'
    and (storage.foldername(name))[1] = (select private.my_id())::text
    and not private.is_image_of_message(name)
  );

alter policy "Members write to open channels" on public.messages
  with check (
    author_id = (select auth.uid())
    and family_id in (select private.my_family_ids())
    and exists (select from public.channels where id = channel_id and archived_at is null)
    and private.are_my_images(images)
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
  set body = '', images = '[]', mentions = '{}', reactions = '{}', deleted_at = now(), edited_at = null
  where id = message_id and author_id = me and deleted_at is null
    and family_id in (select private.my_family_ids());
  if not found then
    raise exception 'You can delete your own messages only' using errcode = '42501';
  end if;
  delete from public.reactions where reactions.message_id = delete_message.message_id;
end;
$$;

-- Only the Storage API can delete files. So this function finds the caller's files that nothing uses, and the page
-- removes them: files of deleted messages, families and channels, and uploads that never became a message.
create function public.stray_images()
returns setof text
language sql
stable
security definer
set search_path = ''
as $$
  select name
  from private.my_files_without_message()
  where created_at < now() - interval '1 day'
    or exists (select from public.messages where id = private.message_id_of(name))
  limit 100;
$$;

revoke execute on function public.stray_images from public, anon;

-- Descriptions of pictures are searched like the text of messages.
create function private.message_words(body text, images jsonb)
returns tsvector
language sql
immutable
set search_path = ''
as $$
  select to_tsvector('simple', body)
    || jsonb_to_tsvector('simple', jsonb_path_query_array(images, '$[*].alt'), '["string"]');
$$;

revoke execute on function private.message_words from public;
grant execute on function private.message_words to authenticated, service_role;

drop index public.messages_body_search_idx;
create index messages_words_idx on public.messages using gin (private.message_words(body, images)) where deleted_at is null;

create or replace function public.search_messages(family_id uuid, query text, before timestamptz default null)
returns setof public.messages
language plpgsql
stable
security definer
rows 30
set search_path = ''
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
  return query
  select m.*
  from public.messages as m
  where m.family_id = search_messages.family_id
    and m.deleted_at is null
    and private.message_words(m.body, m.images) @@ wanted
    and (before is null or m.created_at < before)
  order by m.created_at desc
  limit 30;
end;
$$;
