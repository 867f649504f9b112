-- Previews of links: what a page says about itself. The edge function link-preview fills the table, for the first link of
-- a message; who can read the message sees the preview.

create table public.link_previews (
  message_id uuid primary key references public.messages (id) on delete cascade,
  -- As the message has it.
  url text not null check (char_length(url) <= 2000),
  -- Null, like all that follows, for a page that has no preview.
  title text check (char_length(title) <= 200),
  description text check (char_length(description) <= 400),
  site text check (char_length(site) <= 100),
  -- In the bucket link-previews.
  image_path text,
  fetched_at timestamptz not null default now()
);

create index link_previews_image_path_idx on public.link_previews (image_path) where image_path is not null;

alter table public.link_previews enable row level security;

-- No client writes: a preview must be what the page says, not what somebody says about it.
revoke all on public.link_previews from anon, authenticated;
grant select on public.link_previews to authenticated;
grant select, insert, update, delete on public.link_previews to service_role;

-- Row level security applies to the subquery too.
create policy "Who reads a message sees the preview of its link" on public.link_previews
  for select to authenticated using (exists (select from public.messages where id = message_id));

-- After an edit another link may be the first one, and a deleted message has none.
create function private.drop_link_preview()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from public.link_previews where message_id = new.id;
  return null;
end;
$$;

revoke execute on function private.drop_link_preview from public;

create trigger drop_link_preview
after update of body on public.messages
for each row when (new.body is distinct from old.body)
execute function private.drop_link_preview();

-- A preview may be ready after the message has been edited or deleted: then it is dropped. The lock makes this wait for a
-- change that is not committed yet, and such a change wait for this.
create function private.keep_previews_of_links()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform from public.messages where id = new.message_id and position(new.url in body) > 0 for share;
  return case when found then new end;
end;
$$;

revoke execute on function private.keep_previews_of_links from public;

create trigger keep_previews_of_links
before insert or update on public.link_previews
for each row execute function private.keep_previews_of_links();

-- The pictures of the pages, so that readers load them from here and not from websites, which would see who reads.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'link-previews', 'link-previews', false, 1024 * 1024, array['image/png', 'image/jpeg', 'image/webp', 'image/gif']
)
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;

create policy "Who sees a preview sees its picture" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'link-previews'
    and exists (select from public.link_previews where image_path = objects.name)
  );
