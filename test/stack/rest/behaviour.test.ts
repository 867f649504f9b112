import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestEngine, type TestEngine } from './engine-helper.ts';

const MIGRATION = `
create schema api;
grant usage on schema api to anon, authenticated;
create table public.items (id int primary key, name text);
create table api.things (id int primary key);
insert into public.items select i, 'item ' || i from generate_series(1, 12) i;
grant all on api.things to anon, authenticated;
create function public.settings() returns json language sql stable as $$
  select json_build_object('role', current_user, 'claims', current_setting('request.jwt.claims')::json, 'method', current_setting('request.method'),
    'path', current_setting('request.path'), 'agent', current_setting('request.headers')::json ->> 'x-agent',
    'cookie', current_setting('request.cookies')::json ->> 'a', 'timeout', current_setting('statement_timeout')) $$;
create function public.slow() returns void language sql set statement_timeout = '50ms' as 'select pg_sleep(5)';
create function public.greet() returns text language plpgsql as $$ begin
  perform set_config('response.headers', '[{"X-Greeting": "hi"}, {"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', true);
  perform set_config('response.status', '202', true);
  return 'hello'; end $$;
create function public.check_request() returns void language plpgsql as $$ begin
  if current_setting('request.headers')::json ->> 'x-refuse' is not null then raise sqlstate 'PT403' using message = 'Refused'; end if; end $$;
create domain public."text/html" as text;
create function public.page() returns "text/html" language sql as $$ select '<h1>é</h1>' $$;
create domain public."application/octet-stream" as bytea;
create function public.bytes() returns "application/octet-stream" language sql as $$ select '\\x00ff80'::bytea $$;
`;

let rest: TestEngine;
beforeAll(async () => {
  rest = await startTestEngine(MIGRATION, { schemas: ['public', 'api'], maxRows: 10 });
});
afterAll(() => rest.stop());

function sign(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(rest.stack.jwtSecret));
}

describe('a request', () => {
  test('runs as the role of its token and finds its details in settings', async () => {
    const token = await sign({ role: 'authenticated', sub: 'me' });
    const headers = { authorization: `Bearer ${token}`, 'x-agent': 'test', cookie: 'a=1; b=2' };
    const { body } = await rest.send('GET', '/rpc/settings', headers);
    expect(JSON.parse(body)).toEqual({
      role: 'authenticated',
      claims: { role: 'authenticated', sub: 'me' },
      method: 'GET',
      path: '/rpc/settings',
      agent: 'test',
      cookie: '1',
      timeout: '8s',
    });
  });

  test('is rejected when its token has expired or is not valid yet', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const [claims, message] of [
      [{ exp: now - 31 }, 'JWT expired'],
      [{ nbf: now + 40 }, 'JWT not yet valid'],
      [{ exp: 'soon' }, "The JWT 'exp' claim must be a number"],
    ] as const) {
      const answer = await rest.send('GET', '/items', { authorization: `Bearer ${await sign(claims)}` });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'PGRST303', message });
      expect(answer.headers['www-authenticate']).toContain(JSON.stringify(message));
    }
  });

  test('is aborted by the statement timeout of its function', async () => {
    const answer = await rest.send('POST', '/rpc/slow');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: '57014' });
  });

  test('is explained before it runs: transaction, SQL, parameters, role and claims', async () => {
    rest.explanations.length = 0;
    const token = await sign({ role: 'authenticated', sub: 'me' });
    await rest.send('GET', "/items?id=eq.1'", { authorization: `Bearer ${token}` });
    const [explanation, ...others] = rest.explanations;
    expect(others).toEqual([]);
    expect(explanation).toMatchObject({
      method: 'GET',
      url: "/items?id=eq.1'",
      role: 'authenticated',
      claims: { sub: 'me' },
      isolationLevel: 'read committed',
      readOnly: true,
      end: 'commit',
    });
    expect(explanation?.before[0]?.text).toMatch(/^SELECT set_config\(/);
    expect(explanation?.before[0]?.params).toContain('authenticated');
    expect(explanation?.statements[0]?.text).toContain(
      'FROM "public"."items" WHERE "public"."items"."id" = $1',
    );
    expect(explanation?.statements[0]?.params[0]).toBe("1'");
  });

  test('is not explained when it never reaches the database', async () => {
    rest.explanations.length = 0;
    expect((await rest.send('GET', '/nothing')).status).toBe(404);
    expect(rest.explanations).toEqual([]);
  });

  test('is refused when its body is too large', async () => {
    const body = Buffer.alloc(50 * 1024 * 1024 + 1, ' ');
    const response = await rest.send('POST', '/items', { 'content-type': 'application/json' }, body);
    expect(response.status).toBe(413);
    expect(response.headers.connection).toBe('close');
  });
});

describe('a response', () => {
  test('has the headers and the status that a function sets', async () => {
    const answer = await rest.send('POST', '/rpc/greet');
    expect(answer).toMatchObject({ status: 202, body: '"hello"' });
    expect(answer.headers).toMatchObject({ 'x-greeting': 'hi', 'set-cookie': ['a=1', 'b=2'] });
  });

  test('has the media type that a function returns', async () => {
    const page = await rest.send('GET', '/rpc/page', { accept: 'text/html' });
    expect(page).toMatchObject({ status: 200, body: '<h1>é</h1>' });
    expect(page.headers['content-type']).toBe('text/html');
    const bytes = await rest.send('GET', '/rpc/bytes', { accept: 'application/octet-stream' });
    expect(bytes.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '3',
    });
  });

  test('holds at most max_rows rows and counts all of them', async () => {
    const answer = await rest.send('GET', '/items?select=id', { prefer: 'count=exact' });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe('0-9/12');
  });

  test('comes from the schema that a profile header names', async () => {
    const answer = await rest.send('GET', '/things', { 'accept-profile': 'api' });
    expect(answer).toMatchObject({ status: 200, body: '[]' });
    expect(answer.headers['content-profile']).toBe('api');
    expect((await rest.send('GET', '/things', { 'accept-profile': 'auth' })).status).toBe(406);
  });

  test('exposes the count to pages, and leaves the allowed origins to the gateway', async () => {
    const { headers } = await rest.send('GET', '/items', { origin: 'http://elsewhere.example' });
    expect(headers['access-control-expose-headers']).toContain('Content-Range');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the in-database configuration', () => {
  test('is read again after NOTIFY pgrst', async () => {
    expect((await rest.send('GET', '/items?select=count()')).status).toBe(400);
    await rest.admin.query(`alter role test_authenticator set pgrst.db_aggregates_enabled = 'true'`);
    await rest.admin.query(`alter role test_authenticator set pgrst.db_pre_request = 'public.check_request'`);
    await rest.admin.query(`notify pgrst, 'reload config'`);
    await expect
      .poll(async () => (await rest.send('GET', '/items?select=count()')).body, { timeout: 5000 })
      .toBe('[{"count":12}]');
    const refused = await rest.send('GET', '/items', { 'x-refuse': '1' });
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({ message: 'Refused' });
  });
});

describe('a change of the schema', () => {
  test('does not break statements that were prepared earlier', async () => {
    await rest.admin.query(
      'create table public.changing (id int primary key); insert into changing values (1)',
    );
    await rest.engine.reload();
    const read = async (): Promise<string> => (await rest.send('GET', '/changing')).body;
    for (let i = 0; i < 30; i += 1) expect(await read()).toBe('[{"id":1}]');
    await rest.admin.query("alter table public.changing add name text default 'x'");
    await expect.poll(read, { timeout: 5000 }).toBe('[{"id":1,"name":"x"}]');
    const answers = await Promise.all(Array.from({ length: 30 }, read));
    expect(new Set(answers)).toEqual(new Set(['[{"id":1,"name":"x"}]']));
  });
});
