import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { settingsOfCaller } from '../../../plugin/explain/facts/caller.ts';
import { ExplainDatabase } from '../../../plugin/explain/facts/explain-database.ts';
import { readRelation, type Privilege } from '../../../plugin/explain/facts/relations.ts';
import { judgeRow } from '../../../plugin/explain/facts/rows.ts';
import { below, createRandom, pick, type Random } from '../../helpers/random.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// A stranger's policies: for each set of them, what is explained about every row must be what PostgreSQL does.
// By hand: EXPLAIN_COUNT=1000 EXPLAIN_SEED=7 npx vitest run test/stack/explain/random-policies.test.ts
const COUNT = Number(process.env.EXPLAIN_COUNT ?? 50);
const SEED = Number(process.env.EXPLAIN_SEED ?? 1);

const ANNA = '00000000-0000-4000-8000-000000000001';
const SCHEMA = `
create table teams (id int primary key, owner uuid);
create table members (team int references teams, member uuid, role text);
alter table members enable row level security;
create policy "own memberships" on members for select using (member = auth.uid());
insert into teams values (1, '${ANNA}'), (2, null);
insert into members values (1, '${ANNA}', 'admin'), (2, '00000000-0000-4000-8000-000000000002', 'user');
create function is_admin(t int) returns boolean language sql stable security definer set search_path = ''
  as $$ select exists (select from public.members where team = t and member = auth.uid() and role = 'admin') $$;
create table "My Docs" (id int primary key, team int, owner uuid, title text, "isPublic" boolean, tags text[], meta jsonb, at timestamptz);
create function whole(d "My Docs") returns boolean language sql stable as $$ select d."isPublic" or d.team = 2 $$;
insert into "My Docs" values
  (1, 1, '${ANNA}', 'plain', true, '{a,b}', '{"level": 1}', '2026-01-01'),
  (2, 2, null, 'it''s "quoted", (odd)', false, '{}', '{"level": "x"}', null),
  (3, null, '00000000-0000-4000-8000-000000000002', null, null, null, null, '2030-01-01'),
  (4, 1, '${ANNA}', '', false, '{"c,d",NULL}', '{}', '2020-01-01');
alter table "My Docs" enable row level security;
grant all on all tables in schema public to anon, authenticated;
`;

const ATOMS = [
  'true',
  'false',
  'null::boolean',
  'owner = auth.uid()',
  '(select auth.uid()) = owner',
  'owner is null',
  '"isPublic"',
  'not "isPublic"',
  'team = 1',
  'team in (select id from teams where teams.owner = "My Docs".owner)',
  'exists (select 1 from members m where m.team = "My Docs".team and m.member = auth.uid())',
  'exists (select 1 from members where member = owner)',
  'is_admin(team)',
  'whole("My Docs")',
  "title ilike '%quoted%'",
  'length(title) > 0',
  "'a' = any (tags)",
  "(meta ->> 'level')::int = 1",
  '1 / (id - 2) > 0',
  'at < now()',
  "auth.role() = 'authenticated'",
  "(auth.jwt() -> 'app_metadata' ->> 'plan') = 'pro'",
  "coalesce(current_setting('request.jwt.claims', true), '') <> ''",
];
const COMMANDS = ['all', 'select', 'insert', 'update', 'delete'];
const CALLERS = [
  { role: 'anon', claims: { role: 'anon' } },
  { role: 'authenticated', claims: { role: 'authenticated', sub: ANNA, app_metadata: { plan: 'pro' } } },
  { role: 'authenticated', claims: { role: 'authenticated', sub: '00000000-0000-4000-8000-000000000003' } },
];

let stack: TestStack;
let admin: pg.Client;
let database: ExplainDatabase;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_docs.sql': SCHEMA });
  admin = new pg.Client({ connectionString: stack.dbUrl });
  await admin.connect();
  database = new ExplainDatabase(() => stack.dbUrl);
});

afterAll(async () => {
  await database.close();
  await admin.end();
  await stack.stop();
});

function expression(random: Random, depth = 2): string {
  if (depth === 0 || random() < 0.5) return pick(random, ATOMS);
  const operator = pick(random, ['and', 'or']);
  const both = `(${expression(random, depth - 1)}) ${operator} (${expression(random, depth - 1)})`;
  return random() < 0.2 ? `not (${both})` : both;
}

function policies(random: Random): string[] {
  return Array.from({ length: below(random, 5) }, (_, i) => {
    const command = pick(random, COMMANDS);
    const kind = random() < 0.25 ? 'restrictive' : 'permissive';
    const to = pick(random, ['public', 'anon', 'authenticated', 'anon, authenticated']);
    const using = command === 'insert' ? '' : ` using (${expression(random)})`;
    const hasCheck = command === 'insert' || (command !== 'select' && command !== 'delete' && random() < 0.4);
    const check = hasCheck ? ` with check (${expression(random)})` : '';
    return `create policy "p ${i}" on "My Docs" as ${kind} for ${command} to ${to}${using}${check}`;
  });
}

/** What PostgreSQL does for one row: whether the command touches it, or the error. */
async function really(
  caller: (typeof CALLERS)[number],
  command: Privilege,
  id: number,
): Promise<boolean | 'error'> {
  const statements = {
    select: `select 1 from "My Docs" where id = ${id}`,
    update: `update "My Docs" set id = id where id = ${id}`,
    delete: `delete from "My Docs" where id = ${id}`,
    insert: `insert into "My Docs" select * from copy where id = ${id}`,
  };
  await admin.query('begin');
  try {
    // Alone, because an expression that fails for another row makes the statement fail.
    await admin.query('delete from "My Docs" where id <> $1', [id]);
    if (command === 'insert') {
      await admin.query(
        'create temp table copy on commit drop as select * from public."My Docs"; grant select on copy to public',
      );
      await admin.query('truncate "My Docs"');
    }
    for (const [name, value] of settingsOfCaller(caller))
      await admin.query('select set_config($1, $2, true)', [name, value]);
    return (await admin.query(statements[command])).rowCount === 1;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return error.code === '42501' ? false : 'error';
  } finally {
    await admin.query('rollback');
  }
}

/** What is explained. */
async function explained(
  caller: (typeof CALLERS)[number],
  command: Privilege,
  id: number,
): Promise<boolean | undefined> {
  const settings = settingsOfCaller(caller);
  return database.read(async (session) => {
    const relation = await readRelation(session, 'public', 'My Docs', caller.role);
    const [row] = await session.rows<{ row: string }>(
      `select (d.*)::text as row from public."My Docs" d where id = ${id}`,
    );
    if (!relation || !row) throw new Error('no row');
    const ask = async (asked: Privilege, phase: 'using' | 'check') =>
      (
        await judgeRow(session, relation, {
          command: asked,
          phase,
          row: row.row,
          role: caller.role,
          settings,
        })
      ).verdict.isAllowed;
    if (command === 'insert') return ask('insert', 'check');
    const verdicts = [await ask('select', 'using')];
    if (command !== 'select') verdicts.push(await ask(command, 'using'));
    if (command === 'update') verdicts.push(await ask('update', 'check'));
    if (verdicts.includes(false)) return verdicts.includes(undefined) ? undefined : false;
    return verdicts.includes(undefined) ? undefined : true;
  });
}

test(
  `${COUNT} random sets of policies are explained as PostgreSQL decides (seed ${SEED})`,
  { timeout: 60_000 + COUNT * 2_000 },
  async () => {
    const random = createRandom(SEED);
    let decided = 0;
    for (let i = 0; i < COUNT; i += 1) {
      const created = policies(random);
      await admin.query(`do $$ declare p text; begin for p in select polname from pg_policy where polrelid = '"My Docs"'::regclass loop
      execute format('drop policy %I on "My Docs"', p); end loop; end $$`);
      for (const sql of created) await admin.query(sql);
      const caller = pick(random, CALLERS);
      for (const command of ['select', 'insert', 'update', 'delete'] as const) {
        const id = 1 + below(random, 4);
        const [verdict, truth] = [await explained(caller, command, id), await really(caller, command, id)];
        // Whether an expression that fails is evaluated, PostgreSQL does not promise: it may reorder `and` and `or`.
        if (verdict === undefined || truth === 'error') continue;
        decided += 1;
        expect({ created, caller, command, id, verdict }).toEqual({
          created,
          caller,
          command,
          id,
          verdict: truth,
        });
      }
    }
    expect(decided).toBeGreaterThan(COUNT * 2);
  },
);
