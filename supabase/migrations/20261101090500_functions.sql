-- Changes that involve more than one row. Each function checks its caller itself.

-- Errors that the interface shows have SQLSTATE 'P0001' and a message for the user.

create function private.require_session()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  if auth.uid() is null or not private.is_session_strong_enough() then
    raise exception 'Sign in first' using errcode = '42501';
  end if;
  return auth.uid();
end;
$$;

create function public.create_family(name text)
returns public.families
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
  family public.families;
begin
  if (select count(*) from private.my_owned_family_ids()) >= 20 then
    raise exception 'You already own 20 families';
  end if;
  insert into public.families (name) values (btrim(create_family.name)) returning * into family;
  insert into public.family_members (family_id, user_id, role) values (family.id, me, 'owner');
  insert into public.channels (family_id, name, description, created_by)
  values (family.id, 'general', 'Everything and nothing', me);
  return family;
end;
$$;

-- Codes are typed by hand: case, spaces and hyphens are ignored, O is read as 0, I and L as 1.
create function private.normalize_invite_code(code text)
returns text
language sql
immutable
set search_path = ''
as $$
  select translate(regexp_replace(upper(code), '[^0-9A-Z]', '', 'g'), 'OIL', '011');
$$;

create function public.preview_invite(code text)
returns table (family_id uuid, family_name text, member_count bigint, is_member boolean)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  return query
  select f.id, f.name, count(*), bool_or(m.user_id = me)
  from public.families as f
  join public.family_members as m on m.family_id = f.id and m.left_at is null
  where f.invite_code = private.normalize_invite_code(code)
  group by f.id;
end;
$$;

create function public.join_family(code text)
returns public.families
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
  family public.families;
begin
  -- The lock keeps the family from being emptied and deleted meanwhile (leave_family).
  select * into family
  from public.families
  where invite_code = private.normalize_invite_code(code)
  for update;
  if not found then
    raise exception 'No family has this invite code' using hint = 'Ask for the code again: it may have been replaced.';
  end if;
  insert into public.family_members (family_id, user_id) values (family.id, me)
  on conflict (family_id, user_id) do update
  set left_at = null, role = 'member', joined_at = now()
  where family_members.left_at is not null;
  -- What was said before one came is history, not news.
  insert into public.channel_reads (channel_id, user_id, position)
  select channel_id, me, last_position from public.channel_counters where channel_counters.family_id = family.id
  on conflict (channel_id, user_id) do update set position = greatest(channel_reads.position, excluded.position);
  return family;
end;
$$;

-- A family always has an owner: when the last one leaves, the longest-standing member becomes the owner; when
-- nobody is left, the family and its messages are deleted.
create function private.end_membership(family_id uuid, user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.family_members as m
  set left_at = now()
  where m.family_id = end_membership.family_id and m.user_id = end_membership.user_id and m.left_at is null;
  if not exists (
    select from public.family_members as m where m.family_id = end_membership.family_id and m.left_at is null
  ) then
    delete from public.families where id = end_membership.family_id;
  elsif not exists (
    select from public.family_members as m
    where m.family_id = end_membership.family_id and m.left_at is null and m.role = 'owner'
  ) then
    update public.family_members as m
    set role = 'owner'
    where m.family_id = end_membership.family_id and m.user_id = (
      select c.user_id from public.family_members as c
      where c.family_id = end_membership.family_id and c.left_at is null
      order by c.joined_at, c.user_id limit 1
    );
  end if;
end;
$$;

-- Deleting an account ends its memberships.
create function private.end_deleted_membership()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.end_membership(old.family_id, old.user_id);
  return null;
end;
$$;

create trigger end_deleted_membership
after delete on public.family_members
for each row execute function private.end_deleted_membership();

create function public.leave_family(family_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  perform from public.families where id = leave_family.family_id for update;
  if leave_family.family_id not in (select private.my_family_ids()) then
    raise exception 'You do not belong to this family' using errcode = '42501';
  end if;
  perform private.end_membership(leave_family.family_id, me);
end;
$$;

create function private.require_owner(family_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_session();
  perform from public.families where id = require_owner.family_id for update;
  if require_owner.family_id not in (select private.my_owned_family_ids()) then
    raise exception 'Only an owner of the family can do this' using errcode = '42501';
  end if;
end;
$$;

create function public.remove_member(family_id uuid, user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_owner(remove_member.family_id);
  perform private.end_membership(remove_member.family_id, remove_member.user_id);
end;
$$;

create function public.set_member_role(family_id uuid, user_id uuid, role public.family_role)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_owner(set_member_role.family_id);
  if set_member_role.role = 'member' and not exists (
    select from public.family_members as m
    where m.family_id = set_member_role.family_id and m.user_id <> set_member_role.user_id
      and m.role = 'owner' and m.left_at is null
  ) then
    raise exception 'A family needs an owner' using hint = 'Make somebody else an owner first.';
  end if;
  update public.family_members as m
  set role = set_member_role.role
  where m.family_id = set_member_role.family_id and m.user_id = set_member_role.user_id and m.left_at is null;
  if not found then
    raise exception 'This person does not belong to the family';
  end if;
end;
$$;

-- The old code and its links stop working.
create function public.replace_invite_code(family_id uuid)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  code constant text := private.make_invite_code();
begin
  perform private.require_owner(replace_invite_code.family_id);
  update public.families set invite_code = code where id = replace_invite_code.family_id;
  return code;
end;
$$;

-- The row stays as a placeholder in the conversation; its content is removed.
create function public.delete_message(message_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  update public.messages
  set body = '', mentions = '{}', reactions = '{}', deleted_at = now(), edited_at = null
  where id = message_id and author_id = me and deleted_at is null
    and family_id in (select private.my_family_ids());
  if not found then
    raise exception 'You can delete your own messages only' using errcode = '42501';
  end if;
  delete from public.reactions where reactions.message_id = delete_message.message_id;
end;
$$;

-- The position never decreases, and never exceeds the last message.
create function public.mark_read(channel_id uuid, "position" bigint)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  insert into public.channel_reads as r (channel_id, user_id, position)
  select c.channel_id, me, least(mark_read.position, c.last_position)
  from public.channel_counters as c
  where c.channel_id = mark_read.channel_id and c.family_id in (select private.my_family_ids())
    and mark_read.position >= 0
  on conflict on constraint channel_reads_pkey do update set position = excluded.position
  where r.position < excluded.position;
end;
$$;

-- Supabase's default privileges let everyone execute functions; these are only for signed-in users.
revoke execute on function
  public.create_family, public.preview_invite, public.join_family, public.leave_family, public.remove_member,
  public.set_member_role, public.replace_invite_code, public.delete_message, public.mark_read
from public, anon;

-- Of the private ones, clients need only those that policies call.
revoke execute on all functions in schema private from public;
grant execute on function private.my_family_ids, private.my_owned_family_ids, private.my_relative_ids
  to authenticated, service_role;
