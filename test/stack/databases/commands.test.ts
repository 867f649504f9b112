import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { logs } from '../../../plugin/commands/logs.ts';
import { findOwner, type Membership } from '../../../plugin/stack/ownership/claim.ts';
import type { LogPage } from '../../../plugin/backend/embedded/stack-log.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { query } from './helpers.ts';

const FILE = 'supabase/migrations/1_items.sql';
const FILES = {
  [FILE]: 'create table items (id int primary key);',
  'supabase/seed.sql': 'insert into items values (1)',
};
const BUCKETS = {
  'supabase/config.toml': `[api]
auto_expose_new_tables = true
[storage.buckets.pictures]
objects_path = "./pictures"
file_size_limit = "1KB"
`,
  'supabase/pictures/a.txt': 'first',
};

/** A stack, and the connection of a command to the process that runs it. */
async function reach(files: Readonly<Record<string, string>> = FILES): Promise<{
  stack: TestStack;
  owner: Membership;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const stack = await startTestStack(files, { ephemeral: false });
  const owner = await findOwner(join(stack.root, '.supabase'));
  if (!owner) throw new Error('the stack is not found');
  return {
    stack,
    owner,
    async [Symbol.asyncDispose]() {
      owner.leave();
      await stack.stop();
    },
  };
}

const ids = async (stack: TestStack): Promise<unknown[]> =>
  (await query(stack, 'select id from items order by id')).map((row) => row.id);

describe('a command reaches the process that runs the stack', () => {
  test('reset, with and without the seed, ends connections and keeps the addresses', async () => {
    await using reached = await reach();
    const { stack, owner } = reached;
    const client = new pg.Client(stack.dbUrl);
    const ended = new Promise((resolve) => client.once('error', resolve));
    await client.connect();
    await client.query('insert into items values (2)');
    await owner.request('reset');
    await ended;
    expect(await ids(stack)).toEqual([1]);
    expect((await stack.client().from('items').select()).data).toEqual([{ id: 1 }]);
    await owner.request('reset', { seed: false });
    expect(await ids(stack)).toEqual([]);
  });

  test('snapshots keep rows, users and files, and restoring one can be undone', async () => {
    await using reached = await reach();
    const { stack, owner } = reached;
    const admin = stack.client(stack.secretKey);
    await admin.storage.createBucket('files');
    await admin.storage.from('files').upload('a.txt', 'hello');
    await admin.auth.admin.createUser({ email: 'a@b.c', password: 'secret-1' });
    await owner.request('snapshot save', { name: 'full' });
    expect(await owner.request('snapshot list')).toMatchObject([
      { name: 'full', size: expect.any(Number) as number },
    ]);
    await owner.request('reset');
    expect((await admin.storage.from('files').download('a.txt')).error).not.toBeNull();
    await query(stack, 'insert into items values (9)');
    await owner.request('snapshot restore', { name: 'full' });
    expect(await ids(stack)).toEqual([1]);
    expect(await (await admin.storage.from('files').download('a.txt')).data?.text()).toBe('hello');
    expect((await admin.auth.admin.listUsers()).data.users).toHaveLength(1);
    await owner.request('snapshot restore', { name: 'previous' });
    expect(await ids(stack)).toEqual([1, 9]);
    await owner.request('snapshot delete', { name: 'full' });
    expect(await owner.request('snapshot list')).toMatchObject([{ name: 'previous' }]);
  });

  test('migrations are listed and applied', async () => {
    await using reached = await reach();
    const { stack, owner } = reached;
    await writeFile(join(stack.root, FILE), 'create table items (id int primary key, n int);');
    await writeFile(join(stack.root, 'supabase/migrations/2_more.sql'), 'create table more ();');
    expect(await owner.request('migration list')).toEqual([
      { version: '1', name: 'items', state: 'changed' },
      { version: '2', name: 'more', state: 'new' },
    ]);
    expect(await owner.request('sync')).toMatchObject({ rebuilt: { changed: ['1'] } });
    expect(await owner.request('migration list')).toMatchObject([{ state: 'applied' }, { state: 'applied' }]);
  });

  test('the record of migrations is repaired, and nothing else changes', async () => {
    await using reached = await reach();
    const { stack, owner } = reached;
    const states = async (): Promise<unknown> =>
      ((await owner.request('migration list')) as { version: string; state: string }[]).map(
        ({ version, state }) => `${version} ${state}`,
      );
    await query(stack, 'insert into items values (2)');
    await writeFile(join(stack.root, FILE), 'create table items (id int primary key, n int);');
    await writeFile(join(stack.root, 'supabase/migrations/2_more.sql'), 'create table more ();');
    await owner.request('migration repair', { versions: ['1', '2'], status: 'applied' });
    expect(await states()).toEqual(['1 applied', '2 applied']);
    expect(await owner.request('sync')).toEqual({ applied: [] });
    expect(await ids(stack)).toEqual([1, 2]);
    expect(await query(stack, "select to_regclass('more') as more")).toEqual([{ more: null }]);
    await owner.request('migration repair', { versions: ['2'], status: 'reverted' });
    expect(await states()).toEqual(['1 applied', '2 new']);
    // Of several, one is wrong: none is changed.
    for (const [status, versions] of [
      ['reverted', ['1', '2']],
      ['applied', ['2', '3']],
    ])
      await expect(owner.request('migration repair', { versions, status })).rejects.toMatchObject({
        code: 'USAGE',
      });
    expect(await states()).toEqual(['1 applied', '2 new']);
    expect(await owner.request('sync')).toEqual({ applied: ['2'] });
  });

  test('logs have what the stack prints, and requests with causes while somebody follows', async () => {
    await using reached = await reach();
    const { stack, owner } = reached;
    const first = (await owner.request('logs')) as LogPage;
    const waiting = owner.request('logs', { after: first.next, follow: true }) as Promise<LogPage>;
    const { error } = await stack.client('not-a-key').from('nothing').select();
    expect(error).not.toBeNull();
    let { lines, next } = await waiting;
    const texts = (): string => lines.map(({ service, text }) => `${service}: ${text}`).join('\n');
    while (!texts().includes('GET /rest/v1/nothing')) {
      const page = (await owner.request('logs', { after: next, follow: true })) as LogPage;
      [lines, next] = [[...lines, ...page.lines], page.next];
    }
    expect(texts()).toMatch(/^requests: .*GET \/rest\/v1\/nothing\S* (401|404) /m);
    const printed: string[] = [];
    const spy = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => printed.push(String(text)) > 0);
    await logs.run({ args: [], flags: { workdir: stack.root } });
    spy.mockRestore();
    expect(printed.join('')).toMatch(/^postgres  .*ready to accept connections$/m);
    expect(printed.join('')).toMatch(/^requests  \d{4}-\S+Z .*GET \/rest\/v1\/nothing/m);
  });

  test('buckets are seeded again with the files that are new', async () => {
    await using reached = await reach(BUCKETS);
    const { stack, owner } = reached;
    expect(await owner.request('seed buckets')).toEqual({ buckets: ['pictures'], stored: 0, problems: [] });
    await writeFile(join(stack.root, 'supabase/pictures/b.txt'), 'new');
    await writeFile(join(stack.root, 'supabase/pictures/big.txt'), 'x'.repeat(2000));
    expect(await owner.request('seed buckets')).toEqual({
      buckets: ['pictures'],
      stored: 1,
      problems: [expect.stringMatching(/big\.txt is not stored: .*1024/)],
    });
    const { data } = await stack.client(stack.secretKey).storage.from('pictures').download('b.txt');
    expect(await data?.text()).toBe('new');
  });

  test.each([
    ['an unknown command', 'destroy', {}, { code: 'USAGE' }],
    ['a snapshot that is not there', 'snapshot restore', { name: 'x' }, { code: 'SNAPSHOT_MISSING' }],
    ['a name that leaves the folder', 'snapshot save', { name: '../x' }, { code: 'USAGE' }],
    ['a name that is SQL', 'snapshot delete', { name: 'x"; drop database postgres' }, { code: 'USAGE' }],
    ['a name of the prototype', 'constructor', {}, { code: 'USAGE' }],
  ])('%s is refused as here', async (_, command, args, error) => {
    await using reached = await reach();
    await expect(reached.owner.request(command, args)).rejects.toMatchObject(error);
    expect(await ids(reached.stack)).toEqual([1]);
  });
});

test('a reset that fails leaves everything as it is', async () => {
  await using stack = await startTestStack(FILES);
  await query(stack, 'insert into items values (2)');
  await writeFile(join(stack.root, 'supabase/seed.sql'), 'insert into nowhere values (1)');
  await expect(stack.reset()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  expect(await ids(stack)).toEqual([1, 2]);
});

test('an open channel reconnects after a reset and receives changes of the new database', async () => {
  await using stack = await startTestStack({
    ...FILES,
    'supabase/migrations/2_live.sql': 'alter publication supabase_realtime add table items;',
  });
  const received: unknown[] = [];
  let joined = 0;
  stack
    .client(stack.secretKey)
    .channel('items')
    .on('system', {}, ({ status }: { status: string }) => (joined += status === 'ok' ? 1 : 0))
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'items' }, ({ new: row }) =>
      received.push(row),
    )
    .subscribe();
  await expect.poll(() => joined, { timeout: 10_000 }).toBe(1);
  await stack.reset();
  await expect.poll(() => joined, { timeout: 20_000 }).toBeGreaterThan(1);
  await query(stack, 'insert into items values (5)');
  await expect.poll(() => received, { timeout: 10_000 }).toEqual([{ id: 5 }]);
});
