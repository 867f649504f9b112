-- Deletes the caller's account. Their memberships end as if they had left each family; their messages stay, without a
-- name. The page removes their files first, because only the Storage API can.
create function public.delete_my_account()
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  me constant uuid := private.require_session();
begin
  -- In this order in every transaction that locks families, as leave_family does one by one.
  perform from public.families as f
  where f.id in (select m.family_id from public.family_members as m where m.user_id = me)
  order by f.id
  for update;
  delete from auth.users where id = me;
end;
$$;

revoke execute on function public.delete_my_account from public, anon;
grant execute on function public.delete_my_account to authenticated;
