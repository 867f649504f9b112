-- Channels of a family.

create table public.channels (
  id uuid primary key default gen_random_uuid(),
  family_id uuid not null references public.families (id) on delete cascade,
  name text not null
    check (char_length(name) between 1 and 40 and name = btrim(name) and name !~ '[[:cntrl:]#/]'),
  description text not null default '' check (char_length(description) <= 200),
  created_by uuid default auth.uid() references public.users (id) on delete set null,
  created_at timestamptz not null default now(),
  archived_at timestamptz
);

create unique index channels_family_id_name_idx on public.channels (family_id, lower(name));
create index channels_created_by_idx on public.channels (created_by);

alter table public.channels enable row level security;

revoke all on public.channels from anon, authenticated;
grant select on public.channels to authenticated;
grant insert (id, family_id, name, description) on public.channels to authenticated;
grant update (name, description, archived_at) on public.channels to authenticated;

create policy "Members see the channels of their families" on public.channels
  for select to authenticated using (family_id in (select private.my_family_ids()));

create policy "Members create channels" on public.channels
  for insert to authenticated with check (family_id in (select private.my_family_ids()));

create policy "Owners and creators change channels" on public.channels
  for update to authenticated
  using (
    family_id in (select private.my_owned_family_ids())
    or (created_by = (select auth.uid()) and family_id in (select private.my_family_ids()))
  );
