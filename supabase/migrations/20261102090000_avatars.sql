-- Profile pictures. The bucket is created here and not only in config.toml, because `supabase db push` applies only
-- migrations to a hosted project.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('avatars', 'avatars', false, 256 * 1024, array['image/webp', 'image/jpeg', 'image/png'])
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;

-- A path is "<user id>/<random uuid>.webp": a new picture has a new name, so a file never changes and may be cached.
alter table public.users
add constraint users_avatar_path_in_own_folder
check (avatar_path ~ ('^' || id::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(webp|jpg|png)$'));

create unique index users_avatar_path_idx on public.users (avatar_path);

-- User id of the session; null while a second factor still has to be verified.
create function private.my_id()
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select auth.uid() where private.is_session_strong_enough();
$$;

-- Bypasses the policies (security definer): those on public.users call this function, and those on storage.objects query
-- public.users in turn.
create function private.is_stored(bucket text, path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (select from storage.objects where bucket_id = is_stored.bucket and name = is_stored.path);
$$;

-- Files in the caller's own folder of a bucket. A range comparison can use the index of storage.objects on
-- (bucket_id, name); `like` would need a pattern that is known when the query is planned. '0' is the character
-- after '/'.
create function private.my_files(bucket text)
returns table (name text, created_at timestamptz)
language sql
stable
security definer
set search_path = ''
as $$
  select name, created_at
  from storage.objects
  where bucket_id = my_files.bucket
    and name collate "C" >= private.my_id()::text || '/'
    and name collate "C" < private.my_id()::text || '0';
$$;

-- At most five files: the old picture, the new one, and leftovers of interrupted changes, which the next change removes.
create function private.may_add_avatar(path text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select path ~ ('^' || private.my_id()::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(webp|jpg|png)$')
    and (select count(*) from private.my_files('avatars')) < 5;
$$;

revoke execute on function private.my_id, private.is_stored, private.my_files, private.may_add_avatar from public;
grant execute on function private.my_id, private.is_stored, private.my_files, private.may_add_avatar to authenticated, service_role;

-- Row level security applies to the subquery too, so it finds only profiles that the caller may see.
create policy "Who sees a profile sees its picture" on storage.objects
  for select to authenticated
  using (bucket_id = 'avatars' and exists (select from public.users where avatar_path = objects.name));

create policy "People see the files in their own folder of avatars" on storage.objects
  for select to authenticated
  using (bucket_id = 'avatars' and (storage.foldername(name))[1] = (select private.my_id())::text);

create policy "People add pictures of themselves" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'avatars' and private.may_add_avatar(name));

-- Except the picture that the profile uses.
create policy "People delete their former avatars" on storage.objects
  for delete to authenticated
  using (
    bucket_id = 'avatars'
    and (storage.foldername(name))[1] = (select private.my_id())::text
    and not exists (select from public.users where avatar_path = objects.name)
  );

-- There is no policy for update: nobody can replace, rename or move a file.

-- A profile can refer only to a stored picture.
alter policy "People change their own profile" on public.users
  using (id = (select auth.uid()))
  with check (id = (select auth.uid()) and (avatar_path is null or private.is_stored('avatars', avatar_path)));
