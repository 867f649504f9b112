-- A demo family. The password of every account is "family-demo":
--   anna@example.com (owner), ben@example.com, clara@example.com, karl@example.com

with people (id, email, display_name) as (
  values
    ('a0000000-0000-4000-8000-000000000001'::uuid, 'anna@example.com', 'Anna'),
    ('a0000000-0000-4000-8000-000000000002'::uuid, 'ben@example.com', 'Ben'),
    ('a0000000-0000-4000-8000-000000000003'::uuid, 'clara@example.com', 'Clara'),
    ('a0000000-0000-4000-8000-000000000004'::uuid, 'karl@example.com', 'Grandpa Karl')
),
accounts as (
  insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
    created_at, updated_at, confirmation_token, recovery_token, email_change_token_new, email_change
  )
  select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    extensions.crypt('family-demo', extensions.gen_salt('bf', 6)), now(),
    '{"provider": "email", "providers": ["email"]}', jsonb_build_object('display_name', display_name),
    now() - interval '30 days', now(), '', '', '', ''
  from people
)
insert into auth.identities (id, user_id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
select
  gen_random_uuid(), id, id::text, 'email',
  jsonb_build_object('sub', id::text, 'email', email, 'email_verified', true, 'phone_verified', false),
  now(), now() - interval '30 days', now()
from people;

update public.users set color = 'pink' where display_name = 'Anna';
update public.users set color = 'blue' where display_name = 'Ben';
update public.users set color = 'amber' where display_name = 'Clara';
update public.users set color = 'green' where display_name = 'Grandpa Karl';

-- The files are in seed/avatars; config.toml says that they are put into the bucket. Clara has no picture.
update public.users
set avatar_path = id || '/5eed0000-0000-4000-8000-' || right(id::text, 12) || '.webp'
where display_name in ('Anna', 'Ben', 'Grandpa Karl');

insert into public.families (id, name, invite_code, created_at)
values ('f0000000-0000-4000-8000-000000000001', 'The Millers', 'FAM11YDEM0', now() - interval '30 days');

insert into public.family_members (family_id, user_id, role, joined_at)
select
  'f0000000-0000-4000-8000-000000000001', id, case when display_name = 'Anna' then 'owner' else 'member' end::public.family_role,
  now() - interval '29 days'
from public.users
where id::text like 'a0000000-%';

insert into public.channels (id, family_id, name, description, created_by, created_at)
values
  ('c0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'general', 'Everything and nothing',
   'a0000000-0000-4000-8000-000000000001', now() - interval '29 days'),
  ('c0000000-0000-4000-8000-000000000002', 'f0000000-0000-4000-8000-000000000001', 'recipes', 'What we cook, and how it went',
   'a0000000-0000-4000-8000-000000000003', now() - interval '20 days'),
  ('c0000000-0000-4000-8000-000000000003', 'f0000000-0000-4000-8000-000000000001', 'summer-holiday', 'Two weeks by the lake',
   'a0000000-0000-4000-8000-000000000002', now() - interval '12 days');

-- The pictures are in seed/message-images.
insert into public.messages (id, channel_id, author_id, body, created_at, reply_to, images)
select
  ('e0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
  ('c0000000-0000-4000-8000-00000000000' || channel)::uuid,
  ('a0000000-0000-4000-8000-00000000000' || author)::uuid,
  body,
  now() - ago,
  case when reply is not null then ('e0000000-0000-4000-8000-' || lpad(reply::text, 12, '0'))::uuid end,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'path', format(
            'a0000000-0000-4000-8000-%s/e0000000-0000-4000-8000-%s/%s.webp',
            lpad(p.author::text, 12, '0'), lpad(n::text, 12, '0'), p.number
          ),
          'width', p.width, 'height', p.height, 'alt', p.alt
        )
        order by p.number
      )
      from (
        values
          (3, 1, 4, 1200, 900, 'A white bowl full of ripe strawberries on the garden table'),
          (11, 1, 2, 1200, 900, 'An old key with a red tag hanging on a brass hook beside the kitchen door'),
          (16, 1, 2, 1200, 800, 'A small house with a red roof by a lake, mountains behind it'),
          (16, 2, 2, 1200, 800, 'A red rowing boat at the jetty in the evening')
      ) as p (message, number, author, width, height, alt)
      where p.message = n
    ),
    '[]'
  )
from (
  values
    (1, 1, 1, interval '3 days 2 hours', 'Welcome, everyone! One place for all of us, finally.', null::int),
    (2, 1, 2, interval '3 days 1 hour 58 minutes', 'Works on my phone too. Nice.', null),
    (3, 1, 4, interval '3 days 1 hour 20 minutes', 'Hello from the garden. The first strawberries are ripe.', null),
    (4, 1, 3, interval '3 days 1 hour 18 minutes', 'Save some for Sunday, please!', 3),
    (5, 1, 1, interval '1 day 5 hours', 'Sunday lunch at ours, half past twelve. Who is coming?', null),
    (6, 1, 4, interval '1 day 4 hours 40 minutes', 'I am. I bring the strawberries.', 5),
    (7, 1, 3, interval '1 day 4 hours 31 minutes', 'Me too, and I bake the base for the cake.', null),
    (8, 1, 2, interval '1 day 3 hours', E'In. I can pick up Grandpa on the way:\n- 11:45 at the garden gate\n- 12:20 at yours', null),
    (9, 1, 4, interval '1 day 2 hours 50 minutes', 'A quarter to twelve it is. Thank you, Ben.', 8),
    (10, 1, 1, interval '50 minutes', 'Does anyone still have the key to the shed?', null),
    (11, 1, 2, interval '42 minutes', 'On the hook behind the kitchen door, where it always is.', 10),
    (12, 1, 1, interval '40 minutes', 'Found it. Thank you!', null),
    (13, 2, 3, interval '6 days', E'Grandma''s potato soup, as far as I remember:\n1 kg potatoes, 2 leeks, 1 carrot, marjoram, a splash of vinegar at the very end.', null),
    (14, 2, 4, interval '5 days 22 hours', 'And nutmeg. She never told anyone about the nutmeg.', 13),
    (15, 2, 1, interval '5 days 21 hours', 'So that is what it was, all those years.', null),
    (16, 3, 2, interval '4 days', 'The house by the lake is free from the 12th to the 26th: https://example.com/lake-house', null),
    (17, 3, 1, interval '3 days 23 hours', 'Looks lovely. Is there a boat?', null),
    (18, 3, 2, interval '3 days 22 hours', 'A rowing boat and two bicycles.', 17)
) as m (n, channel, author, ago, body, reply)
order by n;

insert into public.reactions (message_id, user_id, emoji)
values
  ('e0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', '❤️'),
  ('e0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000003', '❤️'),
  ('e0000000-0000-4000-8000-000000000011', 'a0000000-0000-4000-8000-000000000001', '👍'),
  ('e0000000-0000-4000-8000-000000000014', 'a0000000-0000-4000-8000-000000000003', '😂'),
  ('e0000000-0000-4000-8000-000000000014', 'a0000000-0000-4000-8000-000000000001', '❤️'),
  ('e0000000-0000-4000-8000-000000000018', 'a0000000-0000-4000-8000-000000000001', '👍');
