-- Web Push: notifications for people who have no page open. A new message calls the edge function push, which sends it to
-- the push services of their browsers.

create extension if not exists pg_net with schema extensions;

create table public.push_subscriptions (
  -- The subscription ends with the session: whoever signs out, here or elsewhere, gets nothing more on that device.
  session_id uuid primary key default (auth.jwt() ->> 'session_id')::uuid references auth.sessions (id) on delete cascade,
  user_id uuid not null default auth.uid() references public.users (id) on delete cascade,
  -- As the browser has them (PushSubscription.toJSON).
  endpoint text not null unique check (endpoint ~ '^https://' and char_length(endpoint) <= 1000),
  p256dh text not null check (p256dh ~ '^[A-Za-z0-9_-]{87}=?$'),
  auth text not null check (auth ~ '^[A-Za-z0-9_-]{22}(==)?$'),
  -- What this device notifies of: {"<channel id>": "mentions" | "none"}; of all messages in channels that are not here.
  levels jsonb not null default '{}' check (jsonb_typeof(levels) = 'object' and pg_column_size(levels) <= 8192)
);

create index push_subscriptions_user_id_idx on public.push_subscriptions (user_id);

alter table public.push_subscriptions enable row level security;

revoke all on public.push_subscriptions from anon, authenticated;
grant select, delete, insert (endpoint, p256dh, auth, levels), update (endpoint, p256dh, auth, levels)
  on public.push_subscriptions to authenticated;
grant select, delete on public.push_subscriptions to service_role;

-- Policies call it as the caller.
grant execute on function private.is_session_strong_enough to authenticated;

create policy "A session has a subscription of its own" on public.push_subscriptions
  for all to authenticated
  using (
    session_id = (select (auth.jwt() ->> 'session_id')::uuid)
    and user_id = (select auth.uid())
    and (select private.is_session_strong_enough())
  );

-- One row: what only the database and the function know.
create table private.push_settings (
  is_only boolean primary key default true check (is_only),
  -- Proves to the function that the database calls it.
  secret text not null default encode(extensions.gen_random_bytes(32), 'hex'),
  -- The keys by which push services recognize this application (VAPID), unless the function has them from its secrets.
  public_key text,
  private_key text
);

insert into private.push_settings default values;

-- Where the functions are. The default is the address inside of a local stack; a hosted project stores its own in Vault:
--   select vault.create_secret('https://<project>.supabase.co', 'project_url');
create function private.project_url()
returns text
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(
    (select decrypted_secret from vault.decrypted_secrets where name = 'project_url'),
    'http://kong:8000'
  );
$$;

-- Calls the function, after the commit, if somebody else in the family has a subscription. No failure of it stops a message.
create function private.push_new_message()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if exists (
    select
    from public.family_members as m join public.push_subscriptions as s on s.user_id = m.user_id
    where m.family_id = new.family_id and m.left_at is null and m.user_id is distinct from new.author_id
  ) then
    begin
      perform net.http_post(
        url := private.project_url() || '/functions/v1/push',
        body := jsonb_build_object('message_id', new.id, 'secret', (select secret from private.push_settings)),
        timeout_milliseconds := 10000
      );
    exception when others then
      raise warning 'push: %', sqlerrm;
    end;
  end if;
  return null;
end;
$$;

create trigger push_new_message
after insert on public.messages
for each row execute function private.push_new_message();

-- A message with the subscriptions that are to get it: of members who have not read it yet, by the level of the device.
-- Null for a wrong secret, or a message that is not there any more.
create function public.push_of_message(message_id uuid, secret text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'id', m.id,
    'family_id', m.family_id,
    'channel_id', m.channel_id,
    'channel', c.name,
    'author', u.display_name,
    'body', m.body,
    'images', m.images,
    'files', m.files,
    'subscriptions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'endpoint', s.endpoint, 'keys', jsonb_build_object('p256dh', s.p256dh, 'auth', s.auth)
      )), '[]')
      from public.family_members as f
      join public.push_subscriptions as s on s.user_id = f.user_id
      left join public.channel_reads as r on r.channel_id = m.channel_id and r.user_id = f.user_id
      where f.family_id = m.family_id and f.left_at is null and f.user_id <> m.author_id
        and coalesce(r.position, 0) < m.position
        and case s.levels ->> m.channel_id::text
          when 'none' then false
          when 'mentions' then f.user_id = any (m.mentions)
          else true
        end
    )
  )
  from public.messages as m
  join public.channels as c on c.id = m.channel_id
  join public.users as u on u.id = m.author_id
  where m.id = push_of_message.message_id and m.deleted_at is null
    and push_of_message.secret = (select p.secret from private.push_settings as p);
$$;

-- Keeps the keys that the function has generated, unless there are some; returns those that count.
create function public.keep_push_keys(public_key text default null, private_key text default null)
returns jsonb
language sql
security definer
set search_path = ''
as $$
  update private.push_settings as p
  set public_key = coalesce(p.public_key, keep_push_keys.public_key),
    private_key = coalesce(p.private_key, keep_push_keys.private_key)
  where p.is_only
  returning jsonb_build_object('publicKey', p.public_key, 'privateKey', p.private_key);
$$;

revoke execute on function public.push_of_message, public.keep_push_keys from public, anon, authenticated;
grant execute on function public.push_of_message, public.keep_push_keys to service_role;
revoke execute on function private.project_url, private.push_new_message from public;
