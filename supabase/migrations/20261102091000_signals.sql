-- Signals come from the database, which knows who the caller is. A policy cannot look into what a client broadcasts, so
-- a member who may broadcast could send signals in another's name: now no client broadcasts at all.

drop policy "Members send to the channel of their family" on realtime.messages;

create policy "Members are present on the channel of their family" on realtime.messages
  for insert to authenticated
  with check (
    extension = 'presence'
    and (select realtime.topic()) in (select 'family:' || id from private.my_family_ids() as id)
  );

-- Tells everyone in a family that the caller is typing in a channel, or looks at it now. Nothing is kept but Realtime's
-- own record for some days.
create function public.send_signal(family_id uuid, event text, channel_id uuid default null)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  if send_signal.family_id not in (select private.my_family_ids()) then
    raise exception 'This is not a family of yours' using errcode = '42501';
  end if;
  if event not in ('typing', 'watching') then
    raise exception 'There is no signal "%"', event using errcode = '22023';
  end if;
  perform realtime.send(
    jsonb_build_object('userId', me, 'channelId', channel_id), event, 'family:' || family_id
  );
end;
$$;

revoke execute on function public.send_signal from public, anon;
