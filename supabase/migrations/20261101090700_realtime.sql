-- What clients are told of at once. Row level security decides for each of them, row by row.
-- public.reactions is not here: a reaction arrives as a change of its message.

alter publication supabase_realtime add table
  public.users, public.families, public.family_members, public.channels, public.messages, public.channel_reads;
