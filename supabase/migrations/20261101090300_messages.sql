-- Messages, and the numbers that make them easy to keep in step with.
--
-- Each channel counts twice, under one row lock that is held until commit:
--   position  1, 2, 3, … as messages are added: the order of the conversation, the cursor of its history, and by
--             subtraction the number of unread ones;
--   revision  1, 2, 3, … as anything about its messages changes: a client that was away asks for `revision > n`,
--             n being the last one it has seen, and misses nothing. A plain sequence or a timestamp would not do: a
--             transaction with a lower number can commit after one with a higher number has been read.

create table public.channel_counters (
  channel_id uuid primary key references public.channels (id) on delete cascade,
  family_id uuid not null references public.families (id) on delete cascade,
  last_position bigint not null default 0,
  last_revision bigint not null default 0
);

create index channel_counters_family_id_idx on public.channel_counters (family_id);

create table public.messages (
  -- Made by the client, so that sending again after a lost answer cannot make a second message.
  id uuid primary key,
  channel_id uuid not null references public.channels (id) on delete cascade,
  family_id uuid not null references public.families (id) on delete cascade,
  author_id uuid default auth.uid() references public.users (id) on delete set null,
  position bigint not null,
  revision bigint not null,
  body text not null check (char_length(body) <= 4000),
  reply_to uuid,
  mentions uuid[] not null default '{}' check (cardinality(mentions) <= 20),
  -- {"👍": ["<user id>", …]}, kept by a trigger on public.reactions: one row holds all there is to show.
  reactions jsonb not null default '{}',
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  unique (channel_id, position),
  unique (id, channel_id),
  -- A reply stays in its channel.
  foreign key (reply_to, channel_id) references public.messages (id, channel_id),
  constraint messages_body_not_blank check (deleted_at is not null or btrim(body, E' \t\r\n') <> '')
);

create unique index messages_channel_id_revision_idx on public.messages (channel_id, revision);
create index messages_family_id_idx on public.messages (family_id);
create index messages_author_id_idx on public.messages (author_id);
create index messages_reply_to_idx on public.messages (reply_to, channel_id) where reply_to is not null;

create function private.create_channel_counters()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.channel_counters (channel_id, family_id) values (new.id, new.family_id);
  return new;
end;
$$;

create trigger create_counters
after insert on public.channels
for each row execute function private.create_channel_counters();

-- For a channel that does not exist family_id stays null, and the policy below refuses the row as it refuses one for
-- somebody else's channel: the answer does not tell which it was.
create function private.number_new_message()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.channel_counters
  set last_position = last_position + 1, last_revision = last_revision + 1
  where channel_id = new.channel_id
  returning family_id, last_position, last_revision
  into new.family_id, new.position, new.revision;
  return new;
end;
$$;

create trigger number_new_message
before insert on public.messages
for each row execute function private.number_new_message();

create function private.number_changed_message()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.body is distinct from old.body and new.deleted_at is null then
    new.edited_at := now();
  end if;
  update public.channel_counters
  set last_revision = last_revision + 1
  where channel_id = new.channel_id
  returning last_revision into new.revision;
  return new;
end;
$$;

create trigger number_changed_message
before update on public.messages
for each row execute function private.number_changed_message();

-- Only people of the family can be mentioned; anyone else is dropped silently.
create function private.keep_family_mentions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.mentions <> '{}' then
    new.mentions := array(
      select user_id
      from public.family_members
      where family_id = new.family_id and left_at is null and user_id = any (new.mentions)
      order by user_id
    );
  end if;
  return new;
end;
$$;

-- Fires after number_new_message (triggers fire in the order of their names), which sets family_id.
create trigger then_keep_family_mentions
before insert or update of mentions on public.messages
for each row execute function private.keep_family_mentions();

alter table public.messages enable row level security;
alter table public.channel_counters enable row level security;

-- author_id, family_id, position, revision and the times are not granted: their defaults and triggers set them.
revoke all on public.messages, public.channel_counters from anon, authenticated;
grant select on public.messages, public.channel_counters to authenticated;
grant insert (id, channel_id, body, reply_to, mentions) on public.messages to authenticated;
grant update (body, mentions) on public.messages to authenticated;

create policy "Members read the messages of their families" on public.messages
  for select to authenticated using (family_id in (select private.my_family_ids()));

create policy "Members write to open channels" on public.messages
  for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and family_id in (select private.my_family_ids())
    and exists (select from public.channels where id = channel_id and archived_at is null)
  );

create policy "Authors edit their messages" on public.messages
  for update to authenticated
  using (
    author_id = (select auth.uid())
    and deleted_at is null
    and family_id in (select private.my_family_ids())
    and exists (select from public.channels where id = channel_id and archived_at is null)
  );

create policy "Members see the counters of their families" on public.channel_counters
  for select to authenticated using (family_id in (select private.my_family_ids()));
