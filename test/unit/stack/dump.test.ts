import { describe, expect, test } from 'vitest';
import { ReplyBoundary } from '../../../plugin/stack/postgres/dump/reply-boundary.ts';
import { adaptSchema } from '../../../plugin/stack/postgres/dump/schema-script.ts';
import { rowsTarget, targetSchema } from '../../../plugin/stack/postgres/dump/statement-target.ts';
import { isLeftOut, mayFail } from '../../../plugin/stack/postgres/restore/platform.ts';
import { splitStatements } from '../../../plugin/stack/postgres/sql-script.ts';

describe('rows after copy … from stdin', () => {
  const rows = (script: string): unknown[] => splitStatements(script, true).map((each) => each.rows);

  test.each([
    [
      'quotes and semicolons',
      "copy t from stdin;\nit's; $$ /*\n\\.\nselect 1;",
      ["it's; $$ /*\n", undefined],
    ],
    ['none', 'COPY "t" ("a") FROM stdin;\n\\.\n\nselect 1', ['', undefined]],
    ['an escaped end', 'copy t from stdin;\n\\\\.\na\\.\n\\.\n', ['\\\\.\na\\.\n']],
    ['line ends of Windows', 'copy t from stdin;\r\na\r\n\\.\r\nselect 1', ['a\r\n', undefined]],
    ['no end', 'copy t from stdin;\na\nb\n', ['a\nb\n']],
    ['another source', "copy t from '/file'; copy t to stdout;", [undefined, undefined]],
  ])('%s', (_, script, expected) => {
    expect(rows(script)).toEqual(expected);
  });

  test('only as psql reads a script', () => {
    expect(splitStatements('copy t from stdin;\n1\n\\.\n')).toHaveLength(2);
  });
});

describe('adaptSchema', () => {
  const adapt = (script: string): string => adaptSchema(script, { keepComments: false });

  test.each([
    ['CREATE SCHEMA "a";', 'CREATE SCHEMA IF NOT EXISTS "a";\n'],
    ['CREATE TABLE "a"."b" ();', 'CREATE TABLE IF NOT EXISTS "a"."b" ();\n'],
    ['CREATE VIEW "a"."b" AS SELECT 1;', 'CREATE OR REPLACE VIEW "a"."b" AS SELECT 1;\n'],
    ['CREATE EXTENSION IF NOT EXISTS "pgmq" WITH SCHEMA "pgmq";', 'CREATE EXTENSION IF NOT EXISTS "pgmq";\n'],
    [
      'CREATE EXTENSION IF NOT EXISTS "hstore" WITH SCHEMA "extensions";',
      'CREATE EXTENSION IF NOT EXISTS "hstore" WITH SCHEMA "extensions";\n',
    ],
    ['SET transaction_timeout = 0;', '\n'],
    ['CREATE EVENT TRIGGER "a" ON ddl_command_end\n   EXECUTE FUNCTION "b"."c"();', '\n'],
    ['CREATE PUBLICATION "supabase_realtime" WITH (publish = \'insert\');', '\n'],
    ['GRANT ALL ON FUNCTION "extensions"."armor"("bytea") TO "postgres" WITH GRANT OPTION;', '\n'],
    ['GRANT USAGE ON SCHEMA "auth" TO "anon";', '\n'],
    [
      'GRANT SELECT ON TABLE "public"."auth" TO "anon";',
      'GRANT SELECT ON TABLE "public"."auth" TO "anon";\n',
    ],
    ['COMMENT ON EXTENSION "a" IS \'b\';', '\n'],
  ])('%s', (statement, expected) => {
    expect(adapt(statement)).toBe(expected);
  });

  test('a function keeps its lines, whatever they look like', () => {
    const body =
      'CREATE OR REPLACE FUNCTION "a"."b"() RETURNS "text" AS $$\n-- a comment\nCREATE TABLE "c" ();\n$$;';
    expect(adapt(`--\n-- Name: b; Type: FUNCTION\n--\n\n${body}\n\n\n-- the end\n`)).toBe(`${body}\n`);
  });

  test('comments stay where they are wanted, those of what is left out, too', () => {
    expect(
      adaptSchema('-- one\nSELECT 1;\n\n-- two\nCREATE EVENT TRIGGER a\n  x;\n', { keepComments: true }),
    ).toBe('-- one\nSELECT 1;\n\n-- two\n-- CREATE EVENT TRIGGER a\n--   x;\n');
  });
});

describe('targetSchema', () => {
  test.each([
    ['CREATE TABLE auth.users (id int)', 'auth'],
    ['create unlogged table if not exists "Au""th".x ()', 'Au"th'],
    ['CREATE OR REPLACE FUNCTION public.f() RETURNS trigger AS $$ insert into auth.users $$', 'public'],
    ['CREATE INDEX i ON ONLY storage.objects USING btree (a)', 'storage'],
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON public.t (x)', 'public'],
    ['CREATE POLICY "on auth.users" ON public.t USING (auth.uid() = id)', 'public'],
    [
      'CREATE TRIGGER t AFTER INSERT OR UPDATE OF a ON auth.users FOR EACH ROW EXECUTE FUNCTION public.f()',
      'auth',
    ],
    ['ALTER TABLE ONLY auth.users ADD CONSTRAINT c PRIMARY KEY (id)', 'auth'],
    ['ALTER TABLE ONLY public.t ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES auth.users(id)', 'public'],
    ["COMMENT ON COLUMN auth.users.id IS 'x'", 'auth'],
    ['COMMENT ON POLICY p ON storage.objects IS NULL', 'storage'],
    ['CREATE SCHEMA IF NOT EXISTS graphql', 'graphql'],
    ['GRANT USAGE ON SCHEMA auth TO anon', 'auth'],
    ['GRANT SELECT(a),UPDATE(b) ON TABLE public.t TO anon', 'public'],
    ['REVOKE ALL ON FUNCTION auth.uid() FROM PUBLIC', 'auth'],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA storage GRANT ALL ON TABLES TO anon', 'storage'],
    ["SELECT pg_catalog.setval('auth.refresh_tokens_id_seq', 1, false)", 'auth'],
    ['SELECT pg_catalog.setval(\'"auth"."x"\', 1)', 'auth'],
    ['REFRESH MATERIALIZED VIEW public.m', 'public'],
    ['CREATE TABLE plain (a auth.factor_type)', undefined],
    ['SET search_path = auth', undefined],
  ])('%s', (statement, schema) => {
    expect(targetSchema(statement)).toBe(schema);
  });
});

test.each([
  ['INSERT INTO "a b"."c""d" ("x,y", z) VALUES (1)', { schema: 'a b', name: 'c"d', columns: ['x,y', 'z'] }],
  ['COPY public.t (a, "B") FROM stdin', { schema: 'public', name: 't', columns: ['a', 'B'] }],
  ['insert into public.t default values', { schema: 'public', name: 't', columns: [] }],
  ['insert into t values (1)', undefined],
  ['select 1', undefined],
])('the table that gets rows: %s', (statement, target) => {
  expect(rowsTarget(statement)).toEqual(target);
});

describe('what is Supabase’s own in a dump', () => {
  test.each([
    ['CREATE TABLE auth.users ()', 'left out'],
    ['CREATE POLICY p ON storage.objects USING (true)', 'tried'],
    ['CREATE TRIGGER t AFTER INSERT ON auth.users EXECUTE FUNCTION public.f()', 'tried'],
    ['REVOKE ALL ON TABLE auth.users FROM postgres', 'left out'],
    ['ALTER ROLE "authenticator" WITH LOGIN', 'left out'],
    ['ALTER ROLE "anon" SET "statement_timeout" TO \'3s\'', 'run'],
    ['ALTER ROLE anon SET search_path TO public', 'left out'],
    ['ALTER ROLE mine SET search_path TO public', 'run'],
    ['CREATE ROLE supabase_etl_admin', 'left out'],
    ['GRANT mine TO authenticator', 'left out'],
    ['GRANT anon TO mine', 'run'],
    ['GRANT SELECT ON TABLE public.t TO anon', 'run'],
    ['CREATE TABLE public.t ()', 'run'],
    ['CREATE EXTENSION IF NOT EXISTS x', 'tried'],
    ['ALTER TABLE public.t OWNER TO supabase_admin', 'tried'],
    ['ALTER TABLE public.t OWNER TO mine', 'run'],
    ['ALTER TABLE public.t DISABLE TRIGGER ALL', 'left out'],
    ['BEGIN', 'left out'],
  ])('%s is %s', (statement, expected) => {
    const isTried = mayFail(statement);
    expect(isLeftOut(statement) ? 'left out' : isTried ? 'tried' : 'run').toBe(expected);
  });
});

test('ReplyBoundary knows when the server has said all, however the bytes are cut', () => {
  const message = (type: string, ...body: number[]): number[] => [
    ...Buffer.from(type),
    0,
    0,
    0,
    body.length + 4,
    ...body,
  ];
  const startup = [0, 0, 0, 8, 0, 3, 0, 0];
  const conversation: [client: number[], server: number[]][] = [
    [startup, message('R', 0, 0, 0, 10, 83, 0)],
    [message('p', 1), message('R', 0, 0, 0, 11, 1)],
    [
      message('p', 2),
      [
        ...message('R', 0, 0, 0, 12, 1),
        ...message('R', 0, 0, 0, 0),
        ...message('S', 90),
        ...message('Z', 73),
      ],
    ],
    [
      [...message('Q', 90, 0), ...message('Q', 90, 0)],
      [...message('D', 90), ...message('Z', 73), ...message('C', 1), ...message('Z', 73)],
    ],
  ];
  const boundary = new ReplyBoundary();
  for (const [client, server] of conversation) {
    for (const byte of client) boundary.sent(Uint8Array.of(byte));
    expect(boundary.isComplete).toBe(false);
    for (const byte of server.slice(0, -1)) {
      boundary.received(Uint8Array.of(byte));
      expect(boundary.isComplete).toBe(false);
    }
    boundary.received(Uint8Array.of(...server.slice(-1)));
    expect(boundary.isComplete).toBe(true);
  }
  boundary.sent(Uint8Array.from(message('X')));
  expect(boundary.isComplete).toBe(true);
});
