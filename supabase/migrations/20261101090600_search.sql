-- Full-text search. The configuration `simple` depends on no language: a family may write in several.

create index messages_body_search_idx on public.messages using gin (to_tsvector('simple', body)) where deleted_at is null;

-- A function, because row level security prevents the use of an index for `@@` (the operator is not leakproof). It
-- checks membership once and then searches only that family. Each word matches as a prefix.
create function public.search_messages(family_id uuid, query text, before timestamptz default null)
returns setof public.messages
language plpgsql
stable
security definer
rows 30
set search_path = ''
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
  return query
  select m.*
  from public.messages as m
  where m.family_id = search_messages.family_id
    and m.deleted_at is null
    and to_tsvector('simple', m.body) @@ wanted
    and (before is null or m.created_at < before)
  order by m.created_at desc
  limit 30;
end;
$$;

revoke execute on function public.search_messages from public, anon;
