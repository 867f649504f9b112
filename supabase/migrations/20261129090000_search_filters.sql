-- Search by author, channel and pictures too; a filter alone is a search.

drop function public.search_messages;

create function public.search_messages(
  family_id uuid,
  query text default '',
  before timestamptz default null,
  author_id uuid default null,
  channel_id uuid default null,
  has_images boolean default false
)
returns setof public.messages
language plpgsql
stable
security definer
rows 30
set search_path = ''
-- Which conditions matter differs from call to call, so no plan fits all.
set plan_cache_mode = force_custom_plan
as $$
declare
  wanted tsquery;
begin
  perform private.require_session();
  if search_messages.family_id not in (select private.my_family_ids()) then
    return;
  end if;
  select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery into wanted
  from unnest(to_tsvector('simple', left(search_messages.query, 200)));
  if wanted is null and before is null and author_id is null and channel_id is null and not has_images then
    return;
  end if;
  return query
  select m.*
  from public.messages as m
  where m.family_id = search_messages.family_id
    and m.deleted_at is null
    and (wanted is null or private.message_words(m.body, m.images) @@ wanted)
    and (before is null or m.created_at < before)
    and (search_messages.author_id is null or m.author_id = search_messages.author_id)
    and (search_messages.channel_id is null or m.channel_id = search_messages.channel_id)
    and (not has_images or m.images <> '[]')
  order by m.created_at desc
  limit 30;
end;
$$;

revoke execute on function public.search_messages from public, anon;
grant execute on function public.search_messages to authenticated, service_role;
