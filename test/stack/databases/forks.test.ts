import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Fork } from '../../../plugin/start-stack.ts';
import { startTestStack } from '../../helpers/stack.ts';
import { query } from './helpers.ts';

const FILES = {
  'supabase/migrations/1_items.sql':
    'create table items (id int primary key); alter publication supabase_realtime add table items;',
  'supabase/seed.sql': 'insert into items values (1)',
};

function clientOf(fork: Fork, key = fork.secretKey): SupabaseClient {
  return createClient(fork.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
  });
}

test('forks have rows, users, files, mails and live changes of their own', async () => {
  await using stack = await startTestStack(FILES);
  await query(stack, 'insert into items values (2)');
  await using first = await stack.fork();
  await using second = await stack.fork();
  const [a, b] = [clientOf(first), clientOf(second)];
  expect((await a.from('items').select()).data).toEqual([{ id: 1 }]);

  const received: [string, unknown][] = [];
  let joined = 0;
  for (const [name, client] of [
    ['a', a],
    ['b', b],
    ['main', stack.client(stack.secretKey)],
  ] as const)
    client
      .channel('items')
      .on('system', {}, ({ status }: { status: string }) => (joined += status === 'ok' ? 1 : 0))
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'items' }, ({ new: row }) =>
        received.push([name, row]),
      )
      .subscribe();
  await expect.poll(() => joined, { timeout: 15_000 }).toBe(3);
  await Promise.all([
    a.from('items').insert({ id: 10 }),
    b.from('items').insert({ id: 20 }),
    query(stack, 'insert into items values (30)'),
  ]);
  await expect
    .poll(() => received.toSorted(), { timeout: 10_000 })
    .toEqual([
      ['a', { id: 10 }],
      ['b', { id: 20 }],
      ['main', { id: 30 }],
    ]);

  await a.storage.createBucket('files');
  await a.storage.from('files').upload('a.txt', 'of a');
  expect((await b.storage.listBuckets()).data).toEqual([]);
  const anon = clientOf(first, first.publishableKey);
  expect((await anon.auth.signUp({ email: 'a@b.c', password: 'secret-1' })).error).toBeNull();
  await anon.auth.resetPasswordForEmail('a@b.c');
  expect((await b.auth.admin.listUsers()).data.users).toEqual([]);
  const mails = async (url: string): Promise<unknown> =>
    ((await (await fetch(`${url}/__supabase/mail/api/v1/messages`)).json()) as { total: number }).total;
  expect([await mails(first.url), await mails(second.url), await mails(stack.url)]).toEqual([1, 0, 0]);
  expect(await query(second, 'select id from items order by id')).toEqual([{ id: 1 }, { id: 20 }]);
  await Promise.all([a.removeAllChannels(), b.removeAllChannels()]);
});

test('a fork that has stopped leaves no database, slot or folder', async () => {
  await using stack = await startTestStack(FILES, { ephemeral: false });
  const fork = await stack.fork();
  const client = clientOf(fork);
  await new Promise((resolve) => client.channel('x').subscribe(resolve));
  await client.removeAllChannels();
  await fork.stop();
  const name = new URL(fork.dbUrl).pathname.slice(1);
  expect(await query(stack, `select from pg_database where datname = '${name}'`)).toEqual([]);
  expect(await query(stack, 'select slot_name from pg_replication_slots')).toEqual([]);
  expect(await readdir(join(stack.root, '.supabase/forks'))).not.toContain(name);
  await expect(fetch(fork.url)).rejects.toThrow('fetch failed');
});

test(
  'a reset fork is new behind the same address, and live changes go on there',
  { timeout: 120_000 },
  async () => {
    await using stack = await startTestStack(FILES);
    await using fork = await stack.fork();
    await using other = await stack.fork();
    const { url, dbUrl } = fork;
    const client = clientOf(fork);
    const received: unknown[] = [];
    let joined = 0;
    client
      .channel('items')
      .on('system', {}, ({ status }: { status: string }) => (joined += status === 'ok' ? 1 : 0))
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'items' }, ({ new: row }) =>
        received.push(row),
      )
      .subscribe();
    await expect.poll(() => joined, { timeout: 60_000 }).toBe(1);
    await client.auth.admin.createUser({ email: 'a@b.c', password: 'secret-1' });
    await Promise.all([fork, other].map((each) => query(each, 'insert into items values (2)')));

    await fork.reset();
    expect(fork.url).toBe(url);
    expect(fork.dbUrl).not.toBe(dbUrl);
    const name = new URL(dbUrl).pathname.slice(1);
    expect(await query(stack, `select from pg_database where datname = '${name}'`)).toEqual([]);
    expect((await client.from('items').select()).data).toEqual([{ id: 1 }]);
    expect((await client.auth.admin.listUsers()).data.users).toEqual([]);
    expect((await clientOf(other).from('items').select()).data).toEqual([{ id: 1 }, { id: 2 }]);
    await expect.poll(() => joined, { timeout: 60_000 }).toBe(2);
    await query(fork, 'insert into items values (3)');
    await expect.poll(() => received, { timeout: 60_000 }).toContainEqual({ id: 3 });
    await client.removeAllChannels();

    // Again, and several at once.
    await Promise.all([fork.reset(), fork.reset(), other.reset()]);
    for (const each of [fork, other]) expect(await query(each, 'select id from items')).toEqual([{ id: 1 }]);
  },
);

test('forks are ready at once after the first one, and many at a time are all different', async () => {
  await using stack = await startTestStack(FILES);
  const forks = await Promise.all(Array.from({ length: 6 }, () => stack.fork()));
  expect(new Set(forks.map(({ dbUrl }) => dbUrl)).size).toBe(6);
  await Promise.all(
    forks.map((fork, index) =>
      clientOf(fork)
        .from('items')
        .insert({ id: 100 + index }),
    ),
  );
  for (const [index, fork] of forks.entries())
    expect(await query(fork, 'select max(id) as id from items')).toEqual([{ id: 100 + index }]);
});

test('forks that are taken during the first reset share its templates', async () => {
  await using stack = await startTestStack(FILES);
  const [first, second] = await Promise.all([stack.fork(), stack.fork(), stack.reset()]);
  for (const each of [first, second, stack])
    expect(await query(each, 'select id from items')).toEqual([{ id: 1 }]);
});

test("a fork's SQL reaches the fork by the names that mean the stack", { timeout: 120_000 }, async () => {
  await using stack = await startTestStack({
    ...FILES,
    'supabase/migrations/2_http.sql': 'create extension http with schema extensions;',
  });
  await using fork = await stack.fork();
  await query(fork, 'insert into items values (7)');
  const hosts = ['http://kong:8000', 'http://host.docker.internal:54321', 'http://127.0.0.1:54321', fork.url];
  for (const [index, host] of hosts.entries()) {
    const url = `${host}/rest/v1/items?id=eq.7`;
    const [{ content } = {}] = await query(
      fork,
      `select content from extensions.http(('GET', '${url}',
        array[extensions.http_header('apikey', '${fork.secretKey}')], null, null)::extensions.http_request)`,
    );
    expect([host, content]).toEqual([host, '[{"id":7}]']);
    await query(
      fork,
      `select net.http_get('${url}', headers := jsonb_build_object('apikey', '${fork.secretKey}'))`,
    );
    const responses = (): Promise<unknown> => query(fork, 'select content from net._http_response');
    const expected = Array.from({ length: index + 1 }, () => ({ content: '[{"id":7}]' }));
    await expect.poll(responses, { timeout: 20_000 }).toEqual(expected);
  }
});
