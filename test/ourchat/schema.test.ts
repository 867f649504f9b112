import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';

let stack: OurChatFork;
let client: pg.Client;

beforeAll(async () => {
  stack = await forkOurChat();
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await stack?.stop();
});

test('lets nobody call a function without signing in', async () => {
  const { rows } = await client.query(`
    select proname from pg_proc
    where pronamespace = 'public'::regnamespace and has_function_privilege('anon', oid, 'execute')`);
  expect(rows).toEqual([]);
});

describe('indexes', () => {
  // Enough messages that the planner has a choice.
  beforeAll(async () => {
    await client.query(`
      insert into public.families (id, name) select gen_random_uuid(), 'Family ' || n from generate_series(1, 20) n;
      insert into public.channels (family_id, name) select id, 'general' from public.families;
      insert into public.messages (id, channel_id, body)
      select gen_random_uuid(), channels.id, 'Message ' || n || ' about ' || md5(n::text)
      from public.channels, generate_series(1, 500) n;
      analyze public.messages;`);
  }, 60_000);

  // As the API runs them: the policies are part of the plan. The search bypasses them (security definer).
  const QUERIES: readonly { readonly what: string; readonly role: string; readonly sql: string }[] = [
    {
      what: 'a page of history',
      role: 'authenticated',
      sql: 'select * from messages where channel_id = $1 and position < 300 order by position desc limit 50',
    },
    {
      what: 'what has changed',
      role: 'authenticated',
      sql: 'select * from messages where channel_id = $1 and revision > 480 order by revision limit 1000',
    },
    {
      what: 'the pictures of a channel',
      role: 'authenticated',
      sql: `select * from messages where channel_id = $1 and images <> '[]' order by position desc limit 1000`,
    },
    { what: 'one message', role: 'authenticated', sql: 'select * from messages where id = $1' },
    {
      what: 'the search',
      role: 'postgres',
      sql: `select * from messages where deleted_at is null and channel_id <> $1
              and private.message_words(body, images, files) @@ '''abc'':*'::tsquery`,
    },
  ];

  test.each(QUERIES)('$what reads the messages through an index', async ({ role, sql }) => {
    const claims = JSON.stringify({ sub: crypto.randomUUID(), role, aal: 'aal1' });
    await client.query('begin');
    await client.query("select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)", [
      claims,
      role,
    ]);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, [crypto.randomUUID()]);
    await client.query('rollback');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan (Backward )?using messages|Bitmap Heap Scan on messages/);
    expect(plan).not.toContain('Seq Scan on messages');
  });
});
