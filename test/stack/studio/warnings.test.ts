import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStudioServer, type StudioServer } from './studio-server.ts';

let studio: StudioServer;

beforeAll(async () => {
  studio = await startStudioServer({
    'supabase/migrations/1_one.sql': 'create table one (id int); create table "Two" (id int);',
    'supabase/migrations/2_two.sql': 'alter publication supabase_realtime add table one;',
  });
});

afterAll(async () => {
  await studio[Symbol.asyncDispose]();
});

test('migrations that were changed or removed after they were applied', async () => {
  expect(await studio.read('warnings')).toEqual([]);
  const folder = join(studio.stack.root, 'supabase/migrations');
  await writeFile(
    join(folder, '1_one.sql'),
    '-- A comment.\ncreate table one (id int);\ncreate table "Two" (id int);',
  );
  expect(await studio.read('warnings')).toEqual([]);
  await writeFile(join(folder, '1_one.sql'), 'create table one (id bigint); create table "Two" (id int);');
  await rm(join(folder, '2_two.sql'));
  expect(await studio.read('warnings')).toMatchObject([
    {
      cause: expect.stringMatching(
        /changed since they were applied: 1; applied, but without a file: 2/,
      ) as unknown,
    },
  ]);
});

test('tables to which somebody is subscribed, and which are not in the publication', async () => {
  const subscription = (table: string) => ({
    event: 'INSERT',
    schema: 'public',
    table,
    filter: undefined,
    error: undefined,
  });
  const subscriptions = [subscription('one'), subscription('Two'), subscription('Two'), subscription('*')];
  const caller = { role: 'anon', claims: {} };
  const channel = { topic: 'room', isPrivate: false, caller, expiresAt: 0, presences: 0, subscriptions };
  const hide = studio.observations.exposeRealtime(() => ({
    sockets: [{ protocol: '2.0.0', channels: [channel] }],
  }));
  const warnings = (await studio.read('warnings')) as { kind: string; code: string }[];
  hide();
  expect(warnings.filter(({ kind }) => kind === 'subscribed-unpublished').map(({ code }) => code)).toEqual([
    'alter publication supabase_realtime add table public."Two";',
  ]);
});
