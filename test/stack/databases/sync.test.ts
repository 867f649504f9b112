import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestStack } from '../../helpers/stack.ts';
import { query, start } from './helpers.ts';

const ITEMS = 'supabase/migrations/1_items.sql';
const TAGS = 'supabase/migrations/2_tags.sql';

const save = (stack: TestStack, file: string, text: string): Promise<void> =>
  writeFile(join(stack.root, file), text);

describe('an edited migration that was applied', () => {
  test('changes the schema and keeps the rows, users and files', async () => {
    const stack = await start({
      [ITEMS]: 'create table items (id int generated always as identity primary key, name text);',
      [TAGS]: 'create table tags (item int references items on delete cascade, tag text);',
      'supabase/seed.sql': `insert into items (name) values ('seed'); insert into tags values (1, 'a')`,
    });
    const admin = stack.client(stack.secretKey);
    const user = await admin.auth.admin.createUser({
      email: 'a@b.c',
      password: 'secret-1',
      email_confirm: true,
    });
    await admin.storage.createBucket('files');
    await admin.storage.from('files').upload('a.txt', 'hello');
    await admin.from('items').insert({ name: 'mine' });
    await save(
      stack,
      ITEMS,
      'create table items (id int generated always as identity primary key, name text, done boolean not null default false);',
    );
    expect(await stack.sync()).toEqual({
      applied: [],
      rebuilt: {
        changed: ['1'],
        gone: [],
        misfits: [],
        dropped: [],
        isChangedByHand: false,
        snapshot: undefined,
      },
    });
    expect((await admin.from('items').select().order('id')).data).toEqual([
      { id: 1, name: 'seed', done: false },
      { id: 2, name: 'mine', done: false },
    ]);
    expect((await admin.from('items').insert({ name: 'next' }).select('id')).data).toEqual([{ id: 3 }]);
    expect((await admin.from('tags').select()).data).toEqual([{ item: 1, tag: 'a' }]);
    expect(
      (await stack.client().auth.signInWithPassword({ email: 'a@b.c', password: 'secret-1' })).data.user?.id,
    ).toBe(user.data.user?.id);
    expect(await (await admin.storage.from('files').download('a.txt')).data?.text()).toBe('hello');
    expect(await stack.sync()).toEqual({ applied: [] });
  });

  test('leaves the snapshot "previous" with the files that its rows name', async () => {
    const stack = await start({ [ITEMS]: 'create table items (id int);' });
    const { storage } = stack.client(stack.secretKey);
    await storage.createBucket('files');
    await storage.from('files').upload('a.txt', 'hello');
    await save(stack, ITEMS, 'create table items (id int, n int);');
    expect((await stack.sync()).rebuilt?.snapshot).toBeUndefined();
    await storage.from('files').remove(['a.txt']);
    await stack.restore('previous');
    expect(await (await storage.from('files').download('a.txt')).data?.text()).toBe('hello');
  });

  test.each([
    ['a syntax error', 'create table items (id int', 'syntax error'],
    ['an unknown type', 'create table items (id nonsense);', 'type "nonsense" does not exist'],
    ['a file that breaks a later one', 'create table others ();', 'relation "items" does not exist'],
  ])('leaves everything as it is after %s', async (_, text, message) => {
    const stack = await start({
      [ITEMS]: 'create table items (id int primary key);',
      [TAGS]: 'create table tags (item int references items);',
      'supabase/seed.sql': 'insert into items values (1)',
    });
    await save(stack, ITEMS, text);
    await expect(stack.sync()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining(message),
      location: { file: expect.stringContaining(join('supabase', 'migrations')) },
    });
    expect(await query(stack, 'select * from items')).toEqual([{ id: 1 }]);
    expect(await query(stack, `select datname from pg_database where datname like '%build%'`)).toEqual([]);
    await save(stack, ITEMS, 'create table items (id int primary key, -- a comment\n n int);');
    expect((await stack.sync()).rebuilt?.changed).toEqual(['1']);
    expect(await query(stack, 'select * from items')).toEqual([{ id: 1, n: null }]);
  });

  test.each([
    ['a comment', 'create table items (id int); -- new'],
    ['an empty line', '\n\ncreate table items (id int);\n'],
  ])('changes nothing when the change is %s', async (_, text) => {
    const stack = await start({ [ITEMS]: 'create table items (id int);' });
    await save(stack, ITEMS, text);
    expect(await stack.sync()).toEqual({ applied: [] });
  });
});

describe('a migration that is gone', () => {
  test('takes its tables along, and reports them', async () => {
    const stack = await start({
      [ITEMS]: 'create table items (id int primary key);',
      [TAGS]: `create table tags (tag text); insert into tags values ('a'); alter table items add column more int;`,
    });
    await query(stack, 'insert into items values (1, 2)');
    await rm(join(stack.root, TAGS));
    expect((await stack.sync()).rebuilt).toEqual({
      changed: [],
      gone: ['2'],
      misfits: [],
      dropped: ['public.items.more', 'public.tags'],
      isChangedByHand: false,
      snapshot: expect.stringMatching(/^before-/) as string,
    });
    expect(await query(stack, 'select * from items')).toEqual([{ id: 1 }]);
    expect(await query(stack, `select to_regclass('tags') as tags`)).toEqual([{ tags: null }]);
  });
});

describe('rows that do not fit any more', () => {
  test.each<[string, string, string, string, unknown[]]>([
    [
      'null in a column that may not be',
      'id int primary key, n int not null',
      'null value',
      '(1, 1), (2, null)',
      [1],
    ],
    ['a failed check', 'id int primary key, n int check (n > 5)', 'violates check', '(1, 1), (2, 7)', [2]],
    ['another type', 'id int primary key, n date', 'invalid input syntax', '(1, 1)', []],
    ['a smaller type', 'id int primary key, n smallint', 'out of range', '(1, 70000), (2, 3)', [2]],
    ['a double', 'id int, n int primary key', '', '(1, 1), (2, 1)', [2]],
  ])('are left out one by one: %s', async (_, columns, reason, rows, kept) => {
    const stack = await start({ [ITEMS]: 'create table items (id int, n int);' });
    await query(stack, `insert into items values ${rows}`);
    await save(stack, ITEMS, `create table items (${columns});`);
    const { rebuilt } = await stack.sync();
    const expected: unknown = expect.stringContaining(reason);
    const reasons = reason === '' ? [] : [{ table: 'public.items', reason: expected }];
    expect(rebuilt?.misfits).toMatchObject(reasons);
    expect((await query(stack, 'select id from items order by id')).map((row) => row.id)).toEqual(kept);
  });

  test('take along the rows that refer to them', async () => {
    const stack = await start({
      [ITEMS]:
        'create table items (id int primary key, n int); create table tags (item int references items);',
    });
    await query(
      stack,
      'insert into items values (1, 1), (2, null); insert into tags values (1), (2), (null)',
    );
    await save(
      stack,
      ITEMS,
      'create table items (id int primary key, n int not null); create table tags (item int references items);',
    );
    expect((await stack.sync()).rebuilt?.misfits).toMatchObject([
      { table: 'public.items', rows: 1 },
      { table: 'public.tags', rows: 1, reason: 'their row in public.items is missing' },
    ]);
    expect(await query(stack, 'select * from tags order by item')).toEqual([{ item: 1 }, { item: null }]);
  });
});

test(
  'statements about the server are meant for the database that is built',
  { timeout: 120_000 },
  async () => {
    const text = `create role painter; create role "Drawer" login password 'x'; alter database postgres set timezone to 'Europe/Paris'; alter role painter with nologin;
    create table items (id int); grant painter to postgres; create extension pg_cron;
    select cron.schedule('nightly', '0 0 * * *', 'select 1');`;
    const stack = await start({ [ITEMS]: text });
    await save(stack, ITEMS, `${text} alter table items add column n int;`);
    await stack.sync();
    expect(
      await query(stack, `select current_setting('timezone') as zone, current_database() as name`),
    ).toEqual([{ zone: 'Europe/Paris', name: 'postgres' }]);
    const jobsOf = (of: { readonly dbUrl: string }): Promise<unknown> =>
      query(of, 'select database, current_database() as name from cron.job');
    const own = [{ database: 'postgres', name: 'postgres' }];
    expect(await jobsOf(stack)).toEqual(own);
    await stack.snapshot('with-a-job');
    await stack.restore('with-a-job');
    expect(await jobsOf(stack)).toEqual(own);
    await stack.reset();
    expect(await jobsOf(stack)).toEqual(own);
    await using fork = await stack.fork();
    const name = new URL(fork.dbUrl).pathname.slice(1);
    expect(await jobsOf(fork)).toEqual([{ database: name, name }]);
  },
);

test('clients that write meanwhile lose no committed row', { timeout: 120_000 }, async () => {
  const stack = await start({ [ITEMS]: 'create table items (id int primary key, n int);' });
  const committed: number[] = [];
  const done = new AbortController();
  const admin = stack.client(stack.secretKey);
  const write = async (first: number): Promise<void> => {
    for (let id = first; !done.signal.aborted && id < 5_000; id += 2) {
      const { error } = await admin.from('items').insert({ id });
      if (!error) committed.push(id);
    }
  };
  const writing = [write(1), write(2)];
  for (const column of ['a', 'b', 'c']) {
    await save(stack, ITEMS, `create table items (id int primary key, n int, ${column} text);`);
    expect((await stack.sync()).rebuilt?.misfits).toEqual([]);
  }
  done.abort();
  await Promise.all(writing);
  const rows = (await query(stack, 'select id from items order by id')).map((row) => Number(row.id));
  expect(rows).toEqual(expect.arrayContaining(committed));
  expect(committed.length).toBeGreaterThan(3);
});
