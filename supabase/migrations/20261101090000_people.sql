-- People: one profile per Supabase Auth account, created by a trigger.

-- Helpers for policies and triggers. The API does not expose this schema.
create schema private;
grant usage on schema private to authenticated, service_role;

create table public.users (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null check (char_length(btrim(display_name)) between 1 and 40),
  color text not null default 'blue'
    check (color in ('blue', 'teal', 'green', 'olive', 'amber', 'orange', 'red', 'pink', 'violet', 'slate')),
  avatar_path text check (char_length(avatar_path) <= 200),
  created_at timestamptz not null default now()
);

comment on table public.users is 'What members of a family see of each other.';

-- The name comes from sign-up (options.data.display_name), otherwise from the part of the email address before the @.
create function private.create_profile()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  palette constant text[] := array['blue', 'teal', 'green', 'olive', 'amber', 'orange', 'red', 'pink', 'violet', 'slate'];
  given text := btrim(regexp_replace(coalesce(new.raw_user_meta_data ->> 'display_name', ''), '[[:cntrl:]]', ' ', 'g'));
  fallback text := btrim(left(split_part(coalesce(new.email, ''), '@', 1), 40));
begin
  insert into public.users (id, display_name, color)
  values (
    new.id,
    coalesce(nullif(left(given, 40), ''), nullif(fallback, ''), 'Someone'),
    palette[1 + abs(hashtext(new.id::text)::bigint) % cardinality(palette)]
  );
  return new;
end;
$$;

create trigger create_profile
after insert on auth.users
for each row execute function private.create_profile();

alter table public.users enable row level security;

-- Supabase used to grant the API roles everything on new tables and to rely on policies. OurChat restricts the
-- grants too: no client can write a column that is not granted here, whatever the policies allow.
revoke all on public.users from anon, authenticated;
grant select on public.users to authenticated;
grant update (display_name, color, avatar_path) on public.users to authenticated;
