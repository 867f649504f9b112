-- Supabase no longer grants anything on new tables and functions to the API roles (`auto_expose_new_tables` unset), so
-- each grant is written down. For projects that still have the old default privileges this changes nothing.
grant execute on function
  public.create_family, public.preview_invite, public.join_family, public.leave_family, public.remove_member,
  public.set_member_role, public.replace_invite_code, public.delete_message, public.mark_read, public.stray_images,
  public.send_signal
to authenticated, service_role;

grant select, insert, update, delete on
  public.users, public.families, public.family_members, public.channels, public.channel_counters, public.messages,
  public.reactions, public.channel_reads
to service_role;
