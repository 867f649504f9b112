import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../databases/helpers.ts';
import { ReachableStack } from './helpers.ts';

const BY_HAND = `
  create type mood as enum ('sad');
  create domain positive as int check (value > 0);
  create table "By hand" (id int generated always as identity primary key, n positive, mood mood default 'sad', at timestamptz not null default now());
  comment on table "By hand" is 'it''s mine';
  create index "by hand at" on "By hand" (at desc) where mood = 'sad';
  alter table items add column owner uuid references auth.users on delete cascade, alter column name set not null, drop column old;
  alter table items enable row level security;
  create policy "own; items" on items for select to authenticated using (owner = auth.uid());
  create policy files on storage.objects for insert to authenticated with check (bucket_id = 'files');
  create function on_new_user() returns trigger language plpgsql security definer set search_path = '' as $$ begin return new; end $$;
  create trigger on_new_user after insert on auth.users for each row execute function on_new_user();
  create view mine with (security_invoker = true) as select * from items where owner = auth.uid();
  create materialized view counts as select count(*) from mine;
  create schema inner_things;
  create table inner_things.events (at date not null) partition by range (at);
  create table inner_things.events_1 partition of inner_things.events for values from ('2025-01-01') to ('2026-01-01');
  alter publication supabase_realtime add table items;
  grant select (id) on items to anon;
  revoke all on items from authenticated;
  create extension if not exists hstore with schema extensions;
  alter type kind add value 'new';
  insert into items (name) values ('a row is no schema')`;

let reached: ReachableStack;
beforeAll(async () => {
  reached = await ReachableStack.start({
    'supabase/migrations/1_items.sql':
      "create type kind as enum ('old'); create table items (id int generated always as identity primary key, name text, old int, kind kind);",
  });
});
afterAll(() => reached.stop());

const diff = async (name?: string): Promise<{ scripts: string[]; warnings: string[]; files: string[] }> =>
  (await reached.request('db diff', { name })) as never;

test('an unchanged schema has no difference', { timeout: 60_000 }, async () => {
  expect(await diff('nothing')).toEqual({ scripts: [], statements: [], warnings: [], files: [] });
});

test(
  'what was changed by hand becomes a migration that counts as applied, and makes the same of the files',
  { timeout: 120_000 },
  async () => {
    const { stack } = reached;
    await query(stack, BY_HAND);
    await expect(diff('../evil')).rejects.toMatchObject({ code: 'USAGE' });
    const { scripts, warnings, files } = await diff('by_hand');
    expect(warnings).toEqual([expect.stringMatching(/^it deletes data: ALTER TABLE .* DROP COLUMN "old"/)]);
    expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(scripts);
    expect(await readdir(join(stack.root, 'supabase/migrations'))).toHaveLength(1 + files.length);
    expect(await diff()).toMatchObject({ scripts: [] });
    expect(
      new Set(((await reached.request('migration list')) as { state: string }[]).map(({ state }) => state)),
    ).toEqual(new Set(['applied']));
    expect(await reached.request('sync')).toMatchObject({ applied: [] });
    await stack.reset();
    expect(
      await query(
        stack,
        `select to_regclass('mine')::text as mine, to_regclass('inner_things.events_1')::text as events,
      (select count(*)::int from pg_policies where schemaname = 'storage') as policies`,
      ),
    ).toEqual([{ mine: 'mine', events: 'inner_things.events_1', policies: 1 }]);
  },
);
