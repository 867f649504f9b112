-- Reactions to messages, and the read position of each person in each channel.

create table public.reactions (
  message_id uuid not null references public.messages (id) on delete cascade,
  user_id uuid not null default auth.uid() references public.users (id) on delete cascade,
  emoji text not null check (char_length(emoji) between 1 and 12 and octet_length(emoji) <= 48 and emoji !~ '[[:cntrl:][:space:][:alpha:]]'),
  created_at timestamptz not null default now(),
  primary key (message_id, user_id, emoji)
);

create index reactions_user_id_idx on public.reactions (user_id);

-- Copies the reactions into the message: its new revision carries them to everyone, live and when catching up.
create function private.summarise_reactions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed uuid := case when tg_op = 'DELETE' then old.message_id else new.message_id end;
begin
  -- First the lock, then the count: two people who react at once are counted both.
  perform from public.messages where id = changed for update;
  update public.messages
  set reactions = coalesce(
    (
      select jsonb_object_agg(emoji, people)
      from (
        select emoji, jsonb_agg(user_id order by created_at, user_id) as people
        from public.reactions
        where message_id = changed
        group by emoji
      ) as by_emoji
    ),
    '{}'
  )
  where id = changed and deleted_at is null;
  return null;
end;
$$;

create trigger summarise_reactions
after insert or delete on public.reactions
for each row execute function private.summarise_reactions();

alter table public.reactions enable row level security;

revoke all on public.reactions from anon, authenticated;
grant select, delete on public.reactions to authenticated;
grant insert (message_id, emoji) on public.reactions to authenticated;

-- Row level security applies to the subquery too, so it finds only messages that the caller may see.
create policy "Members see reactions" on public.reactions
  for select to authenticated
  using (exists (select from public.messages where id = message_id));

create policy "Members react" on public.reactions
  for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and exists (
      select
      from public.messages join public.channels on channels.id = messages.channel_id
      where messages.id = message_id and messages.deleted_at is null and channels.archived_at is null
    )
  );

create policy "People take back their own reactions" on public.reactions
  for delete to authenticated
  using (user_id = (select auth.uid()) and exists (select from public.messages where id = message_id));

create table public.channel_reads (
  channel_id uuid not null references public.channels (id) on delete cascade,
  user_id uuid not null default auth.uid() references public.users (id) on delete cascade,
  position bigint not null default 0 check (position >= 0),
  primary key (channel_id, user_id)
);

create index channel_reads_user_id_idx on public.channel_reads (user_id);

alter table public.channel_reads enable row level security;

revoke all on public.channel_reads from anon, authenticated;
grant select on public.channel_reads to authenticated;

create policy "People see how far they have read" on public.channel_reads
  for select to authenticated using (user_id = (select auth.uid()));

-- The author's own message counts as read.
create function private.mark_own_message_read()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.author_id is not null then
    insert into public.channel_reads (channel_id, user_id, position)
    values (new.channel_id, new.author_id, new.position)
    on conflict (channel_id, user_id) do update set position = excluded.position
    where channel_reads.position < excluded.position;
  end if;
  return null;
end;
$$;

create trigger mark_own_message_read
after insert on public.messages
for each row execute function private.mark_own_message_read();
