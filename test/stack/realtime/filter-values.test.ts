import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

/** Columns to filter: values of their rows, and other spellings that a client may write. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['t', 'f', 'true', 'yes', 'off', '0'],
  smallint: ['5', '-1', '05', '+5', '0x5'],
  integer: ['5', '-1', '0', '-0', '0x5', '1_000'],
  bigint: ['9223372036854775807', '5', '005'],
  real: ['0.1', '0.10', '1e10', 'NaN', 'Infinity', '-0', '0.3333333333'],
  'double precision': ['0.1', '0.30000000000000004', '0.3', '1e-7', '0.0000001', 'inf', '-0', '0'],
  numeric: ['1.5', '1.50', 'NaN', '1e20', '0.00'],
  'numeric(6,2)': ['1.5', '1.50', '1.499'],
  text: ['a', 'A', 'a ', '', 'ä', 'a_b', '100%', 'a\\b', 'true', 'null'],
  'varchar(5)': ['a', 'a ', 'abc'],
  'char(3)': ['a', 'ab ', 'abc', ' a'],
  '"char"': ['a', 'b'],
  name: ['a', 'b'],
  uuid: [
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    '{a0eebc999c0b4ef8bb6d6bb9bd380a11}',
  ],
  date: ['2026-02-01', '01.02.2026', '02/01/2026', 'infinity', '0044-03-15 BC', 'February 1, 2026'],
  timestamp: [
    '2026-02-01 12:00',
    '2026-02-01T12:00:00.000',
    '01.02.2026 12:00',
    '-infinity',
    '2026-02-01 12:00:00.000001',
  ],
  timestamptz: [
    '2026-02-01 12:00',
    '2026-02-01 12:00Z',
    '2026-02-01T14:00:00+02',
    '2026-07-01 12:00',
    'infinity',
  ],
  time: ['12:00', '12:00:00.0', '24:00'],
  timetz: ['12:00Z', '13:00+01', '12:00'],
  interval: ['1 day', '24:00:00', '-1 day +02:03', '-1 day -02:03', '1-2', 'P1Y2M', '1 month', '30 days'],
  json: ['{"a":1}', '[]'],
  jsonb: ['{"a":1,"b":2}', '{"b":2, "a":1.0}', '[1]', '"x"', 'null'],
  'integer[]': ['{1,2}', '{1, 2}', '{}', '{NULL}', '[0:1]={1,2}'],
  'text[]': ['{a,b}', '{"a","b"}', '{"a,b"}'],
  'timestamptz[]': ['{2026-02-01 12:00Z}', '{2026-02-01 13:00+01}'],
  'public.mood': ['sad', 'happy'],
  'public.positive': ['5', '05'],
  'public.flag': ['t', 'yes', 'f'],
  'public.day': ['2026-02-01', '01.02.2026'],
  'public.pair': ['(1,2)', '( 1 ,2)', '(1,)', '(,)'],
  'extensions.citext': ['a', 'A', 'b'],
  int4range: ['[1,5)', '[1,4]', 'empty'],
  tstzrange: ['[2026-02-01 12:00Z,)', '[2026-02-01 13:00+01,infinity)'],
  int4multirange: ['{[1,5)}', '{[1,3),[3,5)}'],
  bytea: ['\\x00ff', '\\000\\377', 'abc', '\\x616263'],
  inet: ['10.0.0.1', '10.0.0.1/32', '10.0.0.1/24', '::1'],
  cidr: ['10.0.0.0/8', '10/8'],
  macaddr: ['08:00:2b:01:02:03', '08-00-2b-01-02-03'],
  'bit(3)': ['101', 'x5', '111'],
  'bit varying': ['101', '1', ''],
  money: ['1.00', '$1.00', '1234.5'],
  point: ['(1,2)'],
};

/** How the comparison is written in SQL, for a literal. */
const OPS: Readonly<Record<string, (literal: string) => string>> = {
  eq: (it) => `v = ${it}`,
  neq: (it) => `v <> ${it}`,
  lt: (it) => `v < ${it}`,
  lte: (it) => `v <= ${it}`,
  gt: (it) => `v > ${it}`,
  gte: (it) => `v >= ${it}`,
  isdistinct: (it) => `v is distinct from ${it}`,
  like: (it) => `v like ${it}`,
  ilike: (it) => `v ilike ${it}`,
  match: (it) => `v ~ ${it}`,
  imatch: (it) => `v ~* ${it}`,
};

/** Types whose text depends on settings, or contains one that does. */
const DEPENDENT = /^boolean|real|double|date|time|interval|bytea|money|day|range|jsonb/;

const SETTINGS = [
  { name: 'the default settings', sql: '', types: /./ },
  {
    name: 'German settings of the database',
    types: DEPENDENT,
    sql: `alter database postgres set datestyle = 'German, DMY';
      alter database postgres set timezone = 'Europe/Berlin';
      alter database postgres set intervalstyle = 'sql_standard';
      alter database postgres set extra_float_digits = 0;
      alter database postgres set bytea_output = 'escape'`,
  },
  {
    name: 'other settings of the role',
    types: DEPENDENT,
    sql: `alter role postgres set datestyle = 'SQL, DMY';
      alter role postgres set timezone = 'Asia/Kolkata';
      alter role postgres set intervalstyle = 'iso_8601';
      alter role postgres set extra_float_digits = -5`,
  },
];

const MIGRATION = `
create type public.mood as enum ('sad', 'happy');
create domain public.positive as integer check (value > 0);
create domain public.flag as boolean;
create domain public.day as date;
create type public.pair as (a int, b int);
create extension citext with schema extensions;
create function public.holds(conditions text[], name text, row_id int) returns boolean[] language plpgsql as $$
declare
  condition text;
  result boolean;
  results boolean[] := '{}';
begin
  foreach condition in array conditions loop
    begin
      execute format('select %s from %I where id = %s', condition, name, row_id) into result;
    exception when others then
      result := false;
    end;
    results := results || coalesce(result, false);
  end loop;
  return results;
end $$;
${Object.keys(TYPES)
  .map(
    (type, i) =>
      `create table public.t${i} (id serial primary key, v ${type}); alter publication supabase_realtime add table public.t${i};`,
  )
  .join('\n')}
`;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_types.sql': MIGRATION });
});

afterAll(() => stack.stop());

interface Filter {
  readonly filter: string;
  /** The same condition on column `v`. */
  readonly sql: string;
}

async function run<T>(work: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client(stack.dbUrl);
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}

/** The filters that a subscription may have: PostgreSQL can read the literal, and Realtime allows the operator. */
async function makeFilters(db: pg.Client, type: string, texts: readonly string[]): Promise<Filter[]> {
  const isReadable = await Promise.all(
    texts.map((text) =>
      db.query(`select ${pg.escapeLiteral(text)}::${type}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  const readable = texts.filter((_, i) => isReadable[i]);
  const patterns = await db.query<{ like: boolean; match: boolean }>(
    `select exists (select from pg_operator where oprleft = t and oprname = '~~') as like,
       exists (select from pg_operator where oprleft = t and oprright = t and oprname = '~' and oprresult = 'boolean'::regtype) as match
     from (select $1::regtype as t) types`,
    [type],
  );
  const isAllowed = (op: string): boolean => {
    if (op === 'like' || op === 'ilike') return patterns.rows[0]?.like === true;
    return (op !== 'match' && op !== 'imatch') || (patterns.rows[0]?.match === true && type !== '"char"');
  };
  const filters: Filter[] = [
    { filter: 'v=is.null', sql: 'v is null' },
    { filter: 'v=not.is.null', sql: 'not (v is null)' },
  ];
  if (type === 'boolean') {
    for (const value of ['true', 'false', 'unknown']) {
      filters.push({ filter: `v=is.${value}`, sql: `v is ${value}` });
      filters.push({ filter: `v=not.is.${value}`, sql: `not (v is ${value})` });
    }
  }
  for (const [op, toSql] of Object.entries(OPS)) {
    if (!isAllowed(op)) continue;
    for (const text of readable) {
      // PostgreSQL reads no untyped literal as a row.
      const literal = pg.escapeLiteral(text) + (type === 'public.pair' ? '::public.pair' : '');
      const sql = toSql(literal);
      const quoted = `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      filters.push(
        { filter: `v=${op}.${quoted}`, sql },
        { filter: `v=not.${op}.${quoted}`, sql: `not (${sql})` },
      );
    }
  }
  if (!type.endsWith('[]')) {
    const list = readable.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
    for (const items of [list, list.slice(1), ['NULL', ...list.slice(1)], []]) {
      const sql = `v = any (${pg.escapeLiteral(`{${items.join()}}`)}::${type
        .replace(/\(.*\)/, '')
        .replace(/^char$/, 'bpchar')
        .replace(/^bit$/, 'varbit')}[])`;
      filters.push(
        { filter: `v=in.(${items.join()})`, sql },
        { filter: `v=not.in.(${items.join()})`, sql: `not (${sql})` },
      );
    }
  }
  return filters;
}

/** Subscribes to all rows and with each filter; `next` is the filters that the next row has passed. */
async function watch(
  table: string,
  filters: readonly Filter[],
): Promise<{ next(): Promise<string[]>; close(): void }> {
  const socket = new WebSocket(
    `${stack.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${stack.serviceRoleKey}`,
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const names = new Map<number, string>();
  const rows: string[][] = [];
  const waiting: ((row: string[]) => void)[] = [];
  const bindings = ['', ...filters.map(({ filter }) => filter)].map((filter) => ({
    event: 'INSERT',
    schema: 'public',
    table,
    ...(filter !== '' && { filter }),
  }));
  const ready = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const [, , , event, payload] = JSON.parse(data.toString());
      if (event === 'phx_reply') {
        for (const { id, filter } of payload.response.postgres_changes) names.set(id, filter ?? '');
      } else if (event === 'system') {
        if (payload.status === 'ok') resolve();
        else reject(new Error(payload.message));
      } else if (event === 'postgres_changes') {
        const row = payload.ids.map((id: number) => names.get(id)).filter(Boolean);
        const next = waiting.shift();
        if (next) next(row);
        else rows.push(row);
      }
    });
  });
  socket.send(
    JSON.stringify(['1', '1', 'realtime:t', 'phx_join', { config: { postgres_changes: bindings } }]),
  );
  await ready;
  return {
    next: async () => rows.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    close: () => socket.terminate(),
  };
}

describe.each(SETTINGS)('with $name', ({ sql, types }) => {
  beforeAll(async () => {
    if (sql !== '') await run((db) => db.query(sql));
  });

  test.each(Object.keys(TYPES).filter((type) => types.test(type)))(
    'a filter on %s compares as PostgreSQL does',
    async (type) => {
      const table = `t${Object.keys(TYPES).indexOf(type)}`;
      const texts = TYPES[type] ?? [];
      await run(async (db) => {
        const filters = await makeFilters(db, type, texts);
        const changes = await watch(table, filters);
        for (const text of [null, ...texts]) {
          const insert = db.query(
            `insert into ${table} (v) values (${text === null ? 'null' : pg.escapeLiteral(text)}) returning id`,
          );
          const id = await insert.then(
            ({ rows }) => rows[0].id as number,
            () => undefined,
          );
          if (id === undefined) continue;
          const { rows } = await db.query<{ holds: boolean[] }>('select public.holds($1, $2, $3) as holds', [
            filters.map((filter) => filter.sql),
            table,
            id,
          ]);
          // A null matches only `is` and `isdistinct`; PostgreSQL's `not in` of an empty list is true for it.
          const expected = filters
            .filter(({ filter }, i) => rows[0]?.holds[i] && (text !== null || /is\.|isdistinct/.test(filter)))
            .map(({ filter }) => filter);
          expect({ text, passed: (await changes.next()).toSorted() }).toEqual({
            text,
            passed: expected.toSorted(),
          });
        }
        changes.close();
      });
    },
  );
});
