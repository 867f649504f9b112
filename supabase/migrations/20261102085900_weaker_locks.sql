-- Prevents deadlocks. A reaction or a reply takes a key-share lock on its message (the foreign key), then waits for
-- a row that an edit of the same message has locked, while the edit waits for the message. An update that touches
-- no unique index takes a weaker lock, which is compatible with key-share, so the index on revision is no longer
-- unique; the counters keep revisions unique.

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
