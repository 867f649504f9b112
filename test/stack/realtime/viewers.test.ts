import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const MIGRATION = `
create function public.helper() returns boolean language sql immutable as 'select true';
create domain public.checked as text check (public.helper());
create table public.probe (id int primary key, owner uuid, body text, created timestamptz default now());
alter table public.probe enable row level security;
insert into public.probe (id, owner) select i, user_id(i) from generate_series(1, 60) i;
`.replace('user_id(i)', "('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid");

let stack: TestStack;
let db: pg.Client;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_probe.sql': MIGRATION });
  db = new pg.Client(stack.dbUrl);
  await db.connect();
});

afterAll(async () => {
  await db.end();
  await stack.stop();
});

async function setPolicy(condition: string): Promise<void> {
  await db.query(
    `drop policy if exists p on probe; create policy p on probe for select using (${condition})`,
  );
}

describe('what policies read of the claims', () => {
  test.each([
    ['true', []],
    ["body ~ '{X}'", []],
    ['id > 0 and created <= now()', []],
    ['auth.uid() = owner', ['sub']],
    ['(select auth.uid()) = owner', ['sub']],
    ["auth.role() = 'anon' or auth.email() = body", ['email', 'role']],
    // Not understood: each viewer is asked about.
    ["(auth.jwt() ->> 'level') = '1'", null],
    ["current_setting('request.jwt.claims') is not null", null],
    ['exists (select from probe)', null],
    ['id in (select 1)', null],
    ["query_to_xml('select 1', true, true, '') is not null", null],
    ["current_user = 'anon'", null],
    ['public.helper()', null],
    ['body::checked is not null', null],
    ['random() > 2', null],
  ])('is known for %s', async (condition, expected) => {
    await setPolicy(condition);
    const { rows } = await db.query(`select _realtime.claims_read('probe'::regclass) as claims`);
    expect(rows).toEqual([{ claims: expected }]);
  });
});

describe('sixty viewers with claims of their own see', () => {
  const user = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
  const viewers = Array.from({ length: 60 }, (_, i) => ({
    role: i === 7 ? 'no_such_role' : i % 2 ? 'anon' : 'authenticated',
    claims: JSON.stringify({
      sub: user(i + 1),
      role: i % 2 ? 'anon' : 'authenticated',
      level: i % 3,
      exp: i,
    }),
  }));

  test.each<[string, (viewer: number) => number[]]>([
    ['true', () => [1, 2, 3]],
    ['auth.uid() = owner', (i) => [1, 2, 3].filter((id) => id === i + 1)],
    ["auth.role() = 'anon' and id < 3", (i) => (i % 2 ? [1, 2] : [])],
    ["(auth.jwt() ->> 'level')::int = id", (i) => [1, 2, 3].filter((id) => id === i % 3)],
    [
      "(auth.jwt() ->> 'exp')::int / (5 - (auth.jwt() ->> 'exp')::int) < 100",
      (i) => (i === 5 ? [] : [1, 2, 3]),
    ],
  ])('with the policy %s what each of them may', async (condition, expected) => {
    await setPolicy(condition);
    const job = { relation: 0, keys: ['id'], types: [23], rows: [['1'], ['2'], ['3']], viewers };
    const { rows } = await db.query(
      `select viewer, visible, failure from _realtime.check_changes(
         jsonb_build_array($1::jsonb || jsonb_build_object('relation', 'probe'::regclass::oid::int)), '{}', 'public')`,
      [JSON.stringify(job)],
    );
    const seen = new Map(rows.map((row) => [row.viewer, row.visible]));
    expect(seen.size).toBe(59);
    for (const i of seen.keys()) expect({ i, visible: seen.get(i) }).toEqual({ i, visible: expected(i) });
    expect(rows.filter(({ failure }) => failure).map(({ viewer }) => viewer)).toEqual(
      condition.includes('/') ? [5] : [],
    );
  });
});
