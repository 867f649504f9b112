-- Where the caller is signed in. Supabase Auth has no request for it, so this reads its table, own rows only.
create function public.my_sessions()
returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text, is_current boolean)
language plpgsql
stable
security definer
rows 10
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  return query
  select
    s.id,
    s.created_at,
    -- Without a time zone, in UTC: the time of the last refresh.
    coalesce(s.refreshed_at at time zone 'UTC', s.created_at),
    s.user_agent,
    host(s.ip),
    s.id::text = auth.jwt() ->> 'session_id'
  from auth.sessions as s
  where s.user_id = me and (s.not_after is null or s.not_after > now())
  order by s.id::text = auth.jwt() ->> 'session_id' desc, 3 desc
  limit 100;
end;
$$;

revoke execute on function public.my_sessions from public, anon;
grant execute on function public.my_sessions to authenticated, service_role;
