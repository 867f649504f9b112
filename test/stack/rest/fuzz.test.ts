import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../helpers/random.ts';
import { startTestEngine, type TestAnswer, type TestEngine } from './engine-helper.ts';
import { randomRequest } from './random-requests.ts';

// FUZZ_COUNT=100000 for the long run; FUZZ_SEED to repeat one.
const COUNT = Number(process.env.FUZZ_COUNT ?? 3000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PARALLEL = 16;

/** A value in rows that the anonymous role must not read. */
const SECRET = 'top-secret-5f1c';

const MIGRATION = `
create type public.mood as enum ('sad', 'ok');
create domain public.email as text check (value like '%@%');
create table public.people (id int primary key, name text, info jsonb, tags text[], mood mood, mail email, born date, span int4range, doc tsvector);
create table public.tasks (id int primary key, person_id int references people, title text not null default 'none', done bool default false);
create table public.labels (id int primary key, name text);
create table public.task_labels (task_id int references tasks, label_id int references labels, primary key (task_id, label_id));
create table public.secrets (id int primary key, person_id int references people, value text);
alter table public.secrets enable row level security;
create view public.open_tasks as select * from tasks where not done;
create function public.echo(a text, b int default 1) returns text language sql immutable as 'select a || b';
create function public.people_named(n text) returns setof people language sql stable as 'select * from people where name = n';
create function public.raw(json) returns json language sql immutable as 'select $1';
create function public.total(variadic v int[]) returns bigint language sql immutable as 'select sum(x) from unnest(v) x';
create function public.boss(people) returns setof people rows 1 language sql stable as 'select * from people where id = 1';
insert into people select i, 'p' || i, '{"a": {"b": [1, 2]}}', '{x,y}', 'ok', 'a@b', '2000-01-01', '[1,5)', 'cat dog' from generate_series(1, 5) i;
insert into tasks select i, 1 + i % 5, 't' || i, i % 2 = 0 from generate_series(1, 20) i;
insert into labels values (1, 'red'), (2, 'blue');
insert into task_labels values (1, 1), (1, 2), (2, 1);
insert into secrets select i, i, '${SECRET}' from generate_series(1, 5) i;
`;

/** PostgreSQL's own failures are 500 with their SQLSTATE; a fault of the engine is PGRSTX00. */
function findFault({ status, body }: TestAnswer): string | undefined {
  if (body.includes(SECRET)) return 'returns a row that the role must not read';
  if (status < 500 || body === '') return undefined;
  const { code } = JSON.parse(body) as { code?: string };
  return /^[0-9A-Z]{5}$/.test(code ?? '') ? undefined : 'fails without an SQLSTATE';
}

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine(MIGRATION, { aggregatesEnabled: true, planEnabled: true });
});
afterAll(() => engine.stop());

test(
  `survives ${COUNT} random and hostile requests`,
  async () => {
    const random = createRandom(SEED);
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < COUNT) {
        sent += 1;
        const request = randomRequest(random);
        const { method, path, headers, body } = request;
        const answer = await engine.send(method, path, headers, body).catch((error: unknown) => {
          throw new Error(`no answer to ${JSON.stringify(request)}`, { cause: error });
        });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const fault = findFault(answer);
        if (fault !== undefined)
          faults.push(`${fault}: ${JSON.stringify(request)} → ${answer.status} ${answer.body.slice(0, 500)}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    expect(faults).toEqual([]);
    // The requests must reach the database: not all of them may be rejected.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(COUNT / 20);

    const states = await Promise.all(
      Array.from({ length: 10 }, () =>
        engine.pool.query({
          text: `select current_user, session_user, current_setting('role'), current_setting('search_path'),
            coalesce(current_setting('request.jwt.claims', true), ''), coalesce(current_setting('request.headers', true), ''),
            current_setting('timezone') = (select reset_val from pg_settings where name = 'TimeZone'), txid_current_if_assigned()`,
          rowMode: 'array',
        }),
      ),
    );
    for (const { rows } of states)
      expect(rows).toEqual([
        ['test_authenticator', 'test_authenticator', 'none', '"$user", public', '', '', 't', null],
      ]);
  },
  Math.max(30_000, COUNT * 20),
);
