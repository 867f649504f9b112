-- Families, their members, and the function on which nearly all policies are based: private.my_family_ids().

create type public.family_role as enum ('owner', 'member');

-- Ten characters of Crockford's alphabet (no I, L, O, U): 50 random bits, easy to read out over the phone.
create function private.make_invite_code()
returns text
language sql
volatile
set search_path = ''
as $$
  select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + (get_byte(bytes, i) & 31), 1), '' order by i)
  from extensions.gen_random_bytes(10) as bytes, generate_series(0, 9) as i;
$$;

create table public.families (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(btrim(name)) between 1 and 60),
  invite_code text not null unique default private.make_invite_code(),
  created_at timestamptz not null default now()
);

-- Former members stay listed with `left_at`, so that old messages keep their authors' names.
create table public.family_members (
  family_id uuid not null references public.families (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  role public.family_role not null default 'member',
  joined_at timestamptz not null default now(),
  left_at timestamptz,
  primary key (family_id, user_id)
);

create index family_members_user_id_idx on public.family_members (user_id);

-- A user who has set up a second factor has to verify it; for all others a password is enough.
create function private.is_session_strong_enough()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select auth.jwt() ->> 'aal' = 'aal2'
    or not exists (
      select from auth.mfa_factors where user_id = auth.uid() and status = 'verified'
    );
$$;

-- In policies: `family_id in (select private.my_family_ids())`. PostgreSQL then calls this once per query, not once
-- per row.
create function private.my_family_ids()
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select family_id
  from public.family_members
  where user_id = (select auth.uid()) and left_at is null and (select private.is_session_strong_enough());
$$;

create function private.my_owned_family_ids()
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select family_id
  from public.family_members
  where user_id = (select auth.uid()) and left_at is null and role = 'owner'
    and (select private.is_session_strong_enough());
$$;

create function private.my_relative_ids()
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select user_id from public.family_members where family_id in (select private.my_family_ids());
$$;

alter table public.families enable row level security;
alter table public.family_members enable row level security;

revoke all on public.families, public.family_members from anon, authenticated;
grant select on public.families, public.family_members to authenticated;
grant update (name) on public.families to authenticated;

create policy "Members see their families" on public.families
  for select to authenticated using (id in (select private.my_family_ids()));

create policy "Owners rename their families" on public.families
  for update to authenticated using (id in (select private.my_owned_family_ids()));

-- The second condition lets removed members see that they were removed.
create policy "Members see who belongs to their families" on public.family_members
  for select to authenticated
  using (family_id in (select private.my_family_ids()) or user_id = (select auth.uid()));

create policy "People see themselves and their relatives" on public.users
  for select to authenticated
  using (id = (select auth.uid()) or id in (select private.my_relative_ids()));

create policy "People change their own profile" on public.users
  for update to authenticated using (id = (select auth.uid()));
