-- A reaction or a reply holds a key-share lock on its message (the foreign key), and then changes or waits for what an
-- edit of that message has locked: two at once could wait for each other. An update that touches no unique index takes
-- a lock that goes together with key-share, so the index on revision is a plain one; the counters keep it unique.

drop index public.messages_channel_id_revision_idx;
create index messages_channel_id_revision_idx on public.messages (channel_id, revision);

create or replace function private.summarise_reactions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed uuid := case when tg_op = 'DELETE' then old.message_id else new.message_id end;
begin
  -- First the lock, then the count: two people who react at once are counted both.
  perform from public.messages where id = changed for no key update;
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
