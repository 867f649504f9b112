import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestStack } from '../../helpers/stack.ts';
import { query } from '../databases/helpers.ts';
import { ReachableStack } from './helpers.ts';

const HOSTED = fileURLToPath(new URL('../../fixtures/dump/hosted.sql', import.meta.url));
const USER = '11111111-1111-4111-8111-111111111111';
let reached: ReachableStack;
let stack: TestStack;

beforeAll(async () => {
  reached = await ReachableStack.start({
    'supabase/migrations/1_items.sql':
      "create table items (id int primary key, name text); insert into items values (1, 'by migration');",
    'supabase/seed.sql': "insert into items values (2, 'by seed')",
  });
  stack = reached.stack;
});
afterAll(() => reached.stop());

async function write(name: string, content: string | Buffer): Promise<string> {
  const file = join(stack.root, name);
  await writeFile(file, content);
  return file;
}

const items = (): Promise<Record<string, unknown>[]> =>
  query(stack, 'select id, name from items order by id');

describe('a dump of a hosted project', { timeout: 90_000 }, () => {
  test('brings tables, users, rows of Storage, policies and history, and says what is left out', async () => {
    const result = (await reached.request('restore', { files: [HOSTED] })) as Record<string, string[]>;
    expect(result).toMatchObject({
      tables: ['auth.a_new_table', 'auth.schema_migrations', 'vault.secrets'],
      columns: expect.arrayContaining([
        '"auth"."users".a_future_column',
        '"storage"."buckets".a_future_flag',
      ]) as [],
    });
    expect(result.extensions).toContain('nowhere_known');
    expect(await query(stack, 'select name, tags, number from profiles order by number')).toEqual([
      { name: 'O\'Neill; \\. "x"\ttab\nline\\restrict', tags: ['a', null, 'b,c'], number: 1 },
      { name: null, tags: null, number: 2 },
      { name: '', tags: [], number: 3 },
    ]);
    const admin = stack.client(stack.secretKey);
    expect((await admin.auth.admin.getUserById(USER)).data.user?.email).toBe('a@example.com');
    expect((await admin.storage.getBucket('files')).data).toMatchObject({ public: true });
    // The user's trigger came after the rows, and acts on new ones.
    const { data } = await admin.auth.admin.createUser({ email: 'new@example.com', password: 'secret-1' });
    expect(await query(stack, `select name from profiles where id = '${data.user?.id}'`)).toEqual([
      { name: 'by trigger' },
    ]);
    expect(
      await query(
        stack,
        `select nextval('counter') as counter, (select prosrc ~ 'not ours' from pg_proc where oid = 'auth.uid'::regproc) as foreign,
          (select rolpassword is null from pg_roles where rolname = 'anon') as anon,
          (select count(*)::int from pg_policies where schemaname = 'storage') as policies,
          (select array_agg(version) from supabase_migrations.schema_migrations) as versions,
          (select count(*)::int from pg_publication_tables where tablename = 'profiles') as published,
          (select id from platform_owned) as unqualified,
          has_table_privilege('postgres', 'auth.users', 'select') as readable,
          has_table_privilege('app_worker', 'profiles', 'select') as granted`,
      ),
    ).toEqual([
      {
        counter: '18',
        foreign: false,
        anon: false,
        policies: 1,
        versions: expect.arrayContaining(['20250101000000']) as string[],
        published: 1,
        unqualified: 7,
        readable: true,
        granted: true,
      },
    ]);
  });

  test('the snapshot "previous" has what was before, and no start seeds the restored rows', async () => {
    await reached.request('snapshot restore', { name: 'previous' });
    expect(await items()).toEqual([
      { id: 1, name: 'by migration' },
      { id: 2, name: 'by seed' },
    ]);
  });
});

test(
  'rows alone come into the schema of the migrations, in place of their rows',
  { timeout: 60_000 },
  async () => {
    await query(
      stack,
      "update items set name = 'changed' where id = 1; insert into items values (3, 'mine')",
    );
    const file = await reached.dump('data.sql', { 'data-only': true });
    await query(stack, 'truncate items');
    await reached.restore(file);
    expect(await items()).toEqual([
      { id: 1, name: 'changed' },
      { id: 2, name: 'by seed' },
      { id: 3, name: 'mine' },
    ]);
  },
);

const BROKEN_COPY = 'create table t (id int);\n\nCOPY public.t (id) FROM stdin;\n1\n2\nx\n\\.\n';

describe('what cannot be restored is refused, and the database stays', { timeout: 60_000 }, () => {
  test.each([
    [
      'a failing statement',
      'create table a ();\n\ncreate table b (\n  id nothing\n);',
      'RESTORE_FAILED',
      /f\.sql:4:6: type "nothing" does not exist \(SQLSTATE 42704\)\nin the statement: create table b/,
    ],
    [
      'a failing row',
      BROKEN_COPY,
      'RESTORE_FAILED',
      /f\.sql:6:1: invalid input syntax for type integer: "x"/,
    ],
    [
      'a command of psql',
      'create table a ();\n\\i other.sql\n',
      'RESTORE_FAILED',
      /f\.sql:2:1: psql's command \\i/,
    ],
    ['a program', "create table a (); copy a from program 'id';", 'RESTORE_FAILED', /permission denied/],
    [
      'rows without their table',
      'insert into public.nowhere values (1);',
      'RESTORE_FAILED',
      /"public\.nowhere" does not exist/,
    ],
    [
      'a migration that does not fit',
      "create table items (other text); insert into supabase_migrations.schema_migrations (version) values ('0')",
      'MIGRATION_FAILED',
      /already exists/,
    ],
    [
      'a reserved role that is changed where nothing sees it',
      "create table a (); do $$ begin execute 'alter role authenticator nologin'; end $$;",
      'RESTORE_FAILED',
      /"authenticator" is a reserved role/,
    ],
    ['roles alone', 'create role nobody_needs;', 'DUMP_UNREADABLE', /neither tables nor rows/],
    ['the custom format', 'PGDMP\u0001\u000f', 'DUMP_UNREADABLE', /custom format/],
    ['an empty file', '\n', 'DUMP_UNREADABLE', /empty/],
    ['no text', Buffer.from([0xff, 0x00, 0x80]), 'DUMP_UNREADABLE', /UTF-8/],
    ['half of a .gz', gzipSync('create table a ()').subarray(0, 20), 'DUMP_UNREADABLE', /decompressed/],
  ])('%s', async (_, content, code, message) => {
    const before = await items();
    const file = await write('f.sql', content);
    await expect(reached.request('restore', { files: [file] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(await items()).toEqual(before);
  });

  test('a file that is not there', async () => {
    await expect(reached.restore(join(stack.root, 'missing.sql'))).rejects.toMatchObject({
      code: 'DUMP_UNREADABLE',
    });
  });
});
