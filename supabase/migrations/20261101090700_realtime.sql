-- Tables whose changes clients receive live. Row level security applies to each client and each row.
-- public.reactions is not here: a reaction arrives as a change of its message.

alter publication supabase_realtime add table
  public.users, public.families, public.family_members, public.channels, public.messages, public.channel_reads;

-- The private channel `family:<id>`: members of the family may listen to it, send (typing) and be present on it.
create policy "Members listen to the channel of their family" on realtime.messages
  for select to authenticated
  using (
    extension in ('broadcast', 'presence')
    and (select realtime.topic()) in (select 'family:' || id from private.my_family_ids() as id)
  );

create policy "Members send to the channel of their family" on realtime.messages
  for insert to authenticated
  with check (
    extension in ('broadcast', 'presence')
    and (select realtime.topic()) in (select 'family:' || id from private.my_family_ids() as id)
  );
