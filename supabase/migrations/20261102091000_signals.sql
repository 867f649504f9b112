-- Signals are sent by the database, which knows the caller. A policy cannot check the payload of a broadcast, so a
-- member who may broadcast could send signals in another member's name. Clients may no longer broadcast.

drop policy "Members send to the channel of their family" on realtime.messages;

create policy "Members are present on the channel of their family" on realtime.messages
  for insert to authenticated
  with check (
    extension = 'presence'
    and (select realtime.topic()) in (select 'family:' || id from private.my_family_ids() as id)
  );

-- Signals to a family that the caller is typing in a channel, or has it on screen. Nothing is stored except
-- Realtime's own record, for a few days.
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
