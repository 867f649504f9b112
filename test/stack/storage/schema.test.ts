import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { applyBootstrap } from '../../../plugin/stack/postgres/bootstrap.ts';
import { startServices, type Services } from '../../../plugin/stack/services.ts';
import { NO_API } from '../../helpers/api.ts';

const SCHEMA = fileURLToPath(new URL('../../../plugin/stack/storage/schema', import.meta.url));

let root: string;
let stack: Services;
let postgres: pg.Client;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-schema-'));
  stack = await startServices({
    config: await loadConfig(root),
    dataDir: join(root, '.supabase'),
    dbPort: { exact: 0 },
    ephemeral: true,
    binDir: undefined,
    apiUrl: NO_API.apiUrl,
    logger: silentLogger,
  });
  postgres = new pg.Client(stack.database.connection('postgres'));
  await postgres.connect();
});

afterAll(async () => {
  await postgres.end();
  await stack.stop();
  await rm(root, { recursive: true, force: true });
});

test('role postgres creates and drops policies and triggers on storage.objects', async () => {
  await postgres.query(`
    create policy mine on storage.objects for select to authenticated
      using (bucket_id = 'a' and (storage.foldername(name))[1] = current_user::text);
    alter policy mine on storage.objects using (true);
    drop policy mine on storage.objects;
    create function public.noted() returns trigger language plpgsql as 'begin return new; end';
    create trigger noted after insert on storage.objects for each row execute function public.noted();
    drop trigger noted on storage.objects;`);
  const { rows } = await postgres.query(`select from pg_policies where schemaname = 'storage'`);
  expect(rows).toEqual([]);
});

test.each([
  ['alter table storage.objects disable row level security', 'must be owner of table objects'],
  ['drop table storage.objects cascade', 'must be owner of table objects'],
  ['create index on storage.objects (owner)', 'must be owner of'],
  ['create table storage.mine ()', 'permission denied for schema storage'],
  ['drop function storage.foldername(text)', 'must be owner of function foldername'],
  [
    'delete from storage.objects',
    'Direct deletion from storage tables is not allowed. Use the Storage API instead.',
  ],
])('role postgres may not: %s', async (sql, message) => {
  await expect(postgres.query(sql)).rejects.toMatchObject({
    code: '42501',
    message: expect.stringContaining(message),
  });
});

test('a data directory with the older store_object is upgraded', async () => {
  const admin = new pg.Client(stack.database.connection('supabase_admin'));
  await admin.connect();
  onTestFinished(() => admin.end());
  const signatures = async (): Promise<string[]> => {
    const { rows } = await admin.query<{ arguments: string }>(
      `select pg_get_function_identity_arguments(oid) as arguments from pg_proc where proname = 'store_object'`,
    );
    return rows.map((row) => row.arguments);
  };
  await admin.query('drop function _stack.store_object');
  await admin.query(await readFile(join(SCHEMA, '0005_store_object.sql'), 'utf8'));
  await admin.query(`delete from _stack.applied where script = 'storage/0006_store_object_json.sql'`);
  expect(await signatures()).toEqual([expect.stringContaining('caller_role text, caller_jwt text')]);
  await applyBootstrap(admin, [SCHEMA], '');
  expect(await signatures()).toEqual(['scope jsonb, draft jsonb']);
});

test('a migration can create a bucket in SQL', async () => {
  await postgres.query(`insert into storage.buckets (id, name, public) values ('sql', 'sql', true)`);
  const { rows } = await postgres.query(`select public, type from storage.buckets where id = 'sql'`);
  expect(rows).toEqual([{ public: true, type: 'STANDARD' }]);
});

test('path functions split names', async () => {
  const { rows } = await postgres.query(
    `select storage.foldername('a/b/c.tar.gz') folder, storage.filename('a/b/c.tar.gz') file,
       storage.extension('a/b/c.tar.gz') extension, storage.foldername('c') no_folder, storage.extension('c') none`,
  );
  expect(rows[0]).toEqual({
    folder: ['a', 'b'],
    file: 'c.tar.gz',
    extension: 'gz',
    no_folder: [],
    none: 'c',
  });
});

test('listings in both directions miss no folder', async () => {
  await postgres.query(`insert into storage.buckets (id, name) values ('walk', 'walk')`);
  const names = ['a!', 'a', 'a/1', 'a/2', 'B/x/y', 'b', 'B', 'c/1', 'd', 'é/1'];
  await postgres.query(`insert into storage.objects (bucket_id, name) select 'walk', unnest($1::text[])`, [
    names,
  ]);
  const v1 = async (order: string): Promise<string[]> => {
    const sql = `select name, id is null folder from storage.search('', 'walk', 100, 1, 0, '', 'name', $1)`;
    return named((await postgres.query(sql, [order])).rows);
  };
  const v2 = async (order: string, after = ''): Promise<string[]> => {
    const sql = `select name, id is null folder from storage.search_v2('', 'walk', 100, 1, $2, $1)`;
    return named((await postgres.query(sql, [order, after])).rows);
  };
  const ascending = ['a', 'a!', 'a/', 'B', 'b', 'B/', 'c/', 'd', 'é/'];
  expect(await v1('asc')).toEqual(ascending);
  expect(await v1('desc')).toEqual(ascending.toReversed());
  const bytewise = ['B', 'B/', 'a', 'a!', 'a/', 'b', 'c/', 'd', 'é/'];
  expect(await v2('asc')).toEqual(bytewise);
  expect(await v2('desc')).toEqual(bytewise.toReversed());
  for (const [index, name] of bytewise.entries()) {
    expect(await v2('asc', name)).toEqual(bytewise.slice(index + 1));
    expect(await v2('desc', name)).toEqual(bytewise.slice(0, index).toReversed());
  }
});

test('listings of random names match a simple model', async () => {
  await postgres.query(`insert into storage.buckets (id, name) values ('model', 'model')`);
  const letters = ['a', 'b', 'B', '!', '/', '0'];
  // A fixed pseudo-random sequence, so that a failure is reproducible.
  let state = 7;
  const next = (below: number): number => (state = (state * 16_807) % 2_147_483_647) % below;
  const word = (): string => Array.from({ length: 1 + next(5) }, () => letters[next(6)]).join('');
  const names = [...new Set(Array.from({ length: 600 }, word))].filter((name) => !/^\/|\/\/|\/$/.test(name));
  await postgres.query(`insert into storage.objects (bucket_id, name) select 'model', unnest($1::text[])`, [
    names,
  ]);
  const sql = `select name, id is null folder from storage.search_v2($1, 'model', 1500, 1, '', $2)`;
  for (const prefix of ['', 'a', 'a/', 'b!', 'B/a'])
    for (const order of ['asc', 'desc']) {
      const items = names.flatMap((name) => {
        if (!name.startsWith(prefix)) return [];
        const slash = name.indexOf('/', prefix.length);
        return [slash < 0 ? name : name.slice(0, slash + 1)];
      });
      const expected = [...new Set(items)].toSorted((a, b) => (a < b ? -1 : 1));
      const found = named((await postgres.query(sql, [prefix, order])).rows);
      expect(found).toEqual(order === 'asc' ? expected : expected.toReversed());
    }
});

function named(rows: { name: string; folder: boolean }[]): string[] {
  return rows.map((row) => (row.folder ? `${row.name}/` : row.name));
}
