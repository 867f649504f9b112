import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStack, type Stack } from '../../../plugin/start-stack.ts';
import { makeProject } from '../../helpers/project.ts';
import { query, start } from './helpers.ts';

const FILES = {
  'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
  'supabase/migrations/2_tags.sql':
    'create table tags (tag text); create function one() returns int return 1;',
};

/** Starts the project and returns what it has warned of until its end. */
async function startAndWarn(
  root: string,
  use: (stack: Stack) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const warnings: string[] = [];
  const logger = { info: () => {}, warn: (text: string) => void warnings.push(text), error: () => {} };
  const stack = await startStack({ root, dataDir: join(root, '.supabase'), port: 0, dbPort: 0, logger });
  await use(stack);
  await stack.stop();
  return warnings;
}

test('a start names changed and missing migrations, and what mends them', async () => {
  await using project = await makeProject(FILES);
  const { root } = project;
  expect(await startAndWarn(root)).toEqual([]);
  expect(await startAndWarn(root)).toEqual([]);
  await writeFile(
    join(root, 'supabase/migrations/1_items.sql'),
    'create table items (id int primary key, n int);',
  );
  await rm(join(root, 'supabase/migrations/2_tags.sql'));
  expect(await startAndWarn(root)).toEqual([
    expect.stringMatching(
      /changed since they were applied: 1; applied, but without a file: 2\..*migration up/,
    ),
  ]);
  expect(await startAndWarn(root, (stack) => stack.sync())).toHaveLength(1);
  expect(await startAndWarn(root)).toEqual([]);
});

test(
  'a start says that the schema was changed by hand, until it is built from its files',
  { timeout: 120_000 },
  async () => {
    await using project = await makeProject(FILES);
    expect(await startAndWarn(project.root, (stack) => query(stack, 'insert into items values (1)'))).toEqual(
      [],
    );
    for (const sql of [
      'create table by_hand (id int)',
      `create policy p on storage.objects for select using (bucket_id = 'x')`,
      'revoke select on tags from anon',
    ]) {
      // The comparison of this start may come after the change.
      await startAndWarn(project.root, (stack) => query(stack, sql));
      expect([sql, ...(await startAndWarn(project.root, (stack) => stack.reset()))]).toEqual([
        sql,
        expect.stringMatching(/changed without a migration.*db reset/),
      ]);
    }
  },
);

test(
  'a change by hand is never taken for the work of a migration, however soon it comes',
  { timeout: 240_000 },
  async () => {
    const stack = await start(FILES);
    let edits = 0;
    const write = (name: string, text: string): Promise<void> =>
      writeFile(join(stack.root, 'supabase/migrations', name), text);
    const edit = async (): Promise<boolean | undefined> => {
      edits += 1;
      await write('1_items.sql', `create table items (id int primary key, c${edits} int);`);
      return (await stack.sync()).rebuilt?.isChangedByHand;
    };
    const add = async (text: string): Promise<void> => {
      await write(`9${edits}_added.sql`, text);
      expect((await stack.sync()).applied).toEqual([`9${edits}`]);
    };
    for (const [name, act] of [
      ['a reset', () => stack.reset()],
      ['a rebuild', async () => {}],
      ['a new migration', () => add('create table added ();')],
    ] as const) {
      await act();
      await query(stack, 'create table by_hand ()');
      expect([name, await edit()]).toEqual([name, true]);
    }
    await query(stack, 'create table by_hand (id int)');
    await add('create table later ();');
    expect(await edit()).toBe(true);
    await query(stack, 'create table by_hand (id int)');
    await add('create table if not exists by_hand (id int);');
    expect(await edit()).toBe(false);
  },
);
