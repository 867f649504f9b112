import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpServer } from '../../../plugin/stack/database-jobs/http-server.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// The extension http, by the public behaviour of pramsey/pgsql-http.

let stack: TestStack;
let client: pg.Client;
let origin: string;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff, 0xfe]);

/** Answers with what it got, except on the paths of single tests. */
function respond(req: IncomingMessage, res: ServerResponse, body: string): void {
  const path = new URL(req.url ?? '/', origin).pathname;
  if (path === '/never') return;
  if (path === '/png') res.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
  else if (path === '/latin1')
    res.writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' }).end(Buffer.from([0xe9]));
  else if (path === '/gzip') res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'));
  else if (path === '/empty') res.writeHead(204).end();
  else if (path === '/close') res.destroy();
  else if (path === '/cookies') res.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end('x');
  else if (path.startsWith('/redirect'))
    res
      .writeHead(Number(path.slice(9, 12)), { location: `/echo${path.slice(12)}`, 'X-Hop': 'first' })
      .end('old');
  else if (path === '/loop') res.writeHead(302, { location: '/loop' }).end();
  else if (path === '/file') res.writeHead(302, { location: 'file:///etc/passwd' }).end();
  else
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }));
}

const server = createServer((req, res) => {
  let body = '';
  req.on('data', (chunk: Buffer) => (body += chunk.toString()));
  req.on('end', () => respond(req, res, body));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stack = await startTestStack({
    // At the time of the migrations, too.
    'supabase/migrations/1_a.sql': `
      create extension http with schema extensions;
      create table public.fetched as select status from http_get('${origin}/echo');
      create function public.fetch(url text) returns int language sql as $$ select status from extensions.http_get(url) $$;`,
  });
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
  server.closeAllConnections();
  server.close();
});

type Row = Record<string, unknown>;

async function rows(sql: string): Promise<Row[]> {
  return (await client.query<Row>(sql.replaceAll('ORIGIN', origin))).rows;
}

/** What the server got by a request. */
async function echo(call: string): Promise<Row> {
  const [row] = await rows(`select content::json as echo from ${call}`);
  return row?.echo as Row;
}

describe('http', () => {
  test('works in a migration', async () => {
    expect(await rows('select * from public.fetched')).toEqual([{ status: 200 }]);
  });

  test.each([
    [`http_get('ORIGIN/echo?a=b')`, { method: 'GET', url: '/echo?a=b', body: '' }],
    [`http_get('ORIGIN/echo', '{"q":"a b&c","n":1,"x":null,"deep":{}}')`, { url: '/echo?n=1&q=a+b%26c&x=' }],
    [`http_post('ORIGIN/echo', 'päylöad', 'text/plain')`, { method: 'POST', body: 'päylöad' }],
    [`http_post('ORIGIN/echo', '{"a":"1"}'::jsonb)`, { method: 'POST', body: 'a=1' }],
    [`http_put('ORIGIN/echo', 'x', 'text/plain')`, { method: 'PUT', body: 'x' }],
    [`http_patch('ORIGIN/echo', 'x', 'text/plain')`, { method: 'PATCH', body: 'x' }],
    [`http_delete('ORIGIN/echo')`, { method: 'DELETE', body: '' }],
    [`http_delete('ORIGIN/echo', 'x', 'text/plain')`, { method: 'DELETE', body: 'x' }],
    [
      `http(('get', 'ORIGIN/echo', null, 'application/json', '{}')::http_request)`,
      { method: 'GET', body: '{}' },
    ],
    [`http(('OPTIONS', 'ORIGIN/echo', null, null, null)::http_request)`, { method: 'OPTIONS' }],
    [`http_get(replace('ORIGIN', 'http://', '') || '/echo')`, { url: '/echo' }],
    [`http_get('ORIGIN/redirect302/next')`, { url: '/echo/next' }],
    [`http_post('ORIGIN/redirect302', 'x', 'text/plain')`, { method: 'GET', body: '' }],
    [`http_post('ORIGIN/redirect307', 'x', 'text/plain')`, { method: 'POST', body: 'x' }],
    [`http_put('ORIGIN/redirect303', 'x', 'text/plain')`, { method: 'GET', body: '' }],
  ])('%s', async (call, expected) => {
    expect(await echo(call)).toMatchObject(expected);
  });

  test('request headers', async () => {
    const { headers } = await echo(
      `http(('POST', 'ORIGIN/echo', array[http_header('Authorization', 'Bearer t'), http_header('X-A', '1'),
        http_header('Content-Type', 'ignored/here'), http_header('Accept', 'text/csv')], 'application/json', '{}')::http_request)`,
    );
    expect(headers).toMatchObject({
      authorization: 'Bearer t',
      'x-a': '1',
      accept: 'text/csv',
      'content-type': 'application/json',
      'content-length': '2',
      connection: 'close',
      'user-agent': expect.stringMatching(/^PostgreSQL 17/),
    });
    const many = await echo(
      `http(('GET', 'ORIGIN/echo', http_headers('X-A', '1', 'X-B', '2'), null, null)::http_request)`,
    );
    expect(many.headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
  });

  test('the response: status, type, headers as they were sent, content', async () => {
    expect(
      await rows(
        `select status, content_type, content is null as empty from http_head('ORIGIN/redirect302')`,
      ),
    ).toEqual([{ status: 302, content_type: null, empty: true }]);
    expect(await rows(`select status, content from http_get('ORIGIN/empty')`)).toEqual([
      { status: 204, content: null },
    ]);
    expect(await rows(`select content from http_get('ORIGIN/gzip')`)).toEqual([{ content: 'unpacked' }]);
    expect(await rows(`select content from http_get('ORIGIN/latin1')`)).toEqual([{ content: 'é' }]);
    expect(await rows(`select (unnest(headers)).* from http_get('ORIGIN/cookies') limit 2`)).toEqual([
      { field: 'Set-Cookie', value: 'a=1' },
      { field: 'Set-Cookie', value: 'b=2' },
    ]);
    expect(
      await rows(
        `select count(*)::int as n from (select (unnest(headers)).* from http_get('ORIGIN/redirect301')) h where field = 'X-Hop'`,
      ),
    ).toEqual([{ n: 1 }]);
  });

  test('binary contents arrive byte by byte', async () => {
    const [row] = await rows(
      `select content_type, textsend(content) as sent, text_to_bytea(content) as bytes from http_get('ORIGIN/png')`,
    );
    expect(row).toEqual({ content_type: 'image/png', sent: PNG, bytes: PNG });
  });

  test.each([
    [
      `http_get('http://127.0.0.1:9/x')`,
      /^Failed to connect to 127\.0\.0\.1 port 9 after \d+ ms: Could not connect to server$/,
    ],
    [`http_get('http://nothing.invalid/')`, /^Could not resolve host: nothing\.invalid$/],
    [`http_get('ftp://127.0.0.1/x')`, /^Protocol "ftp" not supported/],
    [`http_get('file:///etc/passwd')`, /^Protocol "file" not supported/],
    [`http_get('ORIGIN/file')`, /^Protocol "file" not supported/],
    [`http_get('http://[')`, /^URL rejected/],
    [`http_get('ORIGIN/loop')`, /^Maximum \(5\) redirects followed$/],
    [`http_get('ORIGIN/close')`, /^Empty reply from server$/],
    [`http_get(null)`, /^http_request\.uri is NULL$/],
    [`http((null, 'x', null, null, null)::http_request)`, /^http_request\.method is NULL$/],
    [`http_post('ORIGIN/echo', null, 'text/plain')`, /^http_request\.content is NULL$/],
    [`http_post('ORIGIN/echo', 'x', null)`, /^http_request\.content_type is NULL$/],
    [
      `http(('GET', 'ORIGIN/echo', array[http_header('bad name', 'x')], null, null)::http_request)`,
      /bad name/,
    ],
    [
      `http(('GET', 'ORIGIN/echo', array[http_header('x', E'a\\r\\nb: c')], null, null)::http_request)`,
      /Invalid character/,
    ],
    [`http(('G ET', 'ORIGIN/echo', null, null, null)::http_request)`, /Method must be a valid HTTP token/],
  ])('%s fails', async (call, message) => {
    await expect(rows(`select * from ${call}`)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      code: 'XX000',
    });
  });

  test('an error can be caught, and the transaction goes on', async () => {
    await rows(`begin; do $$ begin
      perform http_get('http://127.0.0.1:9/');
    exception when internal_error then set my.note = 'caught'; end $$`);
    expect(await rows(`select current_setting('my.note') as note`)).toEqual([{ note: 'caught' }]);
    await rows('commit');
  });

  test('options of a session: timeout, user agent, list, reset', async () => {
    await rows(
      `select http_set_curlopt('CURLOPT_TIMEOUT_MS', '200'), http_set_curlopt('curlopt_useragent', 'me/1')`,
    );
    expect(await rows('select * from http_list_curlopt()')).toEqual([
      { curlopt: 'CURLOPT_TIMEOUT_MS', value: '200' },
      { curlopt: 'CURLOPT_USERAGENT', value: 'me/1' },
    ]);
    expect((await echo(`http_get('ORIGIN/echo')`)).headers).toMatchObject({ 'user-agent': 'me/1' });
    await expect(rows(`select http_get('ORIGIN/never')`)).rejects.toThrow(
      /^Operation timed out after \d+ milliseconds with 0 bytes received$/,
    );
    await rows(`select http_reset_curlopt()`);
    expect(await rows('select * from http_list_curlopt()')).toEqual([]);
    await rows(`set http.timeout_msec = 150`);
    await expect(rows(`select http_get('ORIGIN/never')`)).rejects.toThrow(/^Operation timed out/);
    await rows(`reset http.timeout_msec`);
    await expect(rows(`select http_set_curlopt('CURLOPT_PROXY', 'x')`)).rejects.toThrow(
      "curl option 'CURLOPT_PROXY' is not available for run-time configuration",
    );
  });

  test('a statement that is cancelled meanwhile ends with its request', async () => {
    await rows(`set statement_timeout = 100; select http_set_curlopt('CURLOPT_TIMEOUT_MS', '500')`);
    await expect(rows(`select http_get('ORIGIN/never')`)).rejects.toMatchObject({ code: '57014' });
    await rows('reset statement_timeout; select http_reset_curlopt()');
  });

  test('urlencode', async () => {
    expect(
      await rows(
        `select urlencode('my special string''s & things?') as a, urlencode('ü~-._') as b, urlencode('\\x00ff'::bytea) as c,
          urlencode('{"a":1.50,"b":true,"c":"x y","d":[1],"":"z"}'::jsonb) as d, urlencode('{}'::jsonb) as e`,
      ),
    ).toEqual([
      {
        a: 'my+special+string%27s+%26+things%3F',
        b: '%C3%BC~-._',
        c: '%00%FF',
        d: 'a=1.50&b=true&c=x+y',
        e: null,
      },
    ]);
    await expect(rows(`select urlencode('[1]'::jsonb)`)).rejects.toThrow(
      'cannot call urlencode_jsonb on a non-object',
    );
  });

  test('reaches the stack by the names that it has in the containers of the CLI, and from a function called by RPC', async () => {
    expect(await rows(`select status from http_get('http://kong:8000/auth/v1/health')`)).toEqual([
      { status: 200 },
    ]);
    const { data, error } = await stack.client().rpc('fetch', { url: 'http://kong:8000/auth/v1/health' });
    expect([data, error]).toEqual([200, null]);
  });

  test('many at once', async () => {
    const clients = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const other = new pg.Client(stack.dbUrl);
        await other.connect();
        // Not for the speed of this machine.
        await other.query('set http.curlopt_connecttimeout = 20; set http.curlopt_timeout = 25');
        return other;
      }),
    );
    const results = await Promise.all(
      clients.map((other) =>
        other.query(`select content from http_post('${origin}/echo', repeat('x', 3000000), 'text/plain')`),
      ),
    );
    expect(
      results.map(({ rows: [row] }) => (row as { content: string }).content.length > 3_000_000),
    ).not.toContain(false);
    await Promise.all(clients.map((other) => other.end()));
  });
});

test('what a project defines beside the functions is not run by them as the superuser', async () => {
  await rows(`
    create function extensions.text_to_bytea(data varchar) returns bytea language sql as $$ select convert_to(current_user, 'utf8') $$;
    create function extensions.bytea_to_text(data anyelement) returns text language sql as $$ select current_user::text $$;
    create function extensions._ask(a varchar, b varchar) returns setof record language sql as $$ select current_user::text $$`);
  expect(await echo(`http_post('ORIGIN/echo', 'mine', 'text/plain')`)).toMatchObject({ body: 'mine' });
  // Role postgres may create dblink, too, which asks everybody but superusers for a password.
  const ask = `select * from extensions._ask('host=127.0.0.1'::text, 'x'::text) as t (a text)`;
  await expect(rows(ask)).rejects.toMatchObject({ code: '2F003' });
  await expect(rows(`set local role anon; ${ask}`)).rejects.toMatchObject({ code: '42501' });
});

describe('the server answers', () => {
  const STARTUP = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
  let http: HttpServer;
  beforeAll(async () => (http = await HttpServer.listen({ apiUrl: 'http://127.0.0.1:1', apiPort: 1 })));
  afterAll(() => http.close());

  const ask = async (password: string, query: string): Promise<unknown> => {
    const asking = new pg.Client({
      host: '127.0.0.1',
      port: http.port,
      password,
      user: 'http',
      database: 'http',
    });
    await asking.connect();
    try {
      return (await asking.query<{ answer: string }>(query)).rows[0]?.answer;
    } finally {
      await asking.end();
    }
  };

  test('who knows its secret', async () => {
    await expect(ask(http.secret, '{}')).resolves.toMatch(/^\{"error":/);
    await expect(ask(http.secret, 'no JSON')).resolves.toMatch(/^\{"error":/);
    await expect(ask(`${http.secret.slice(1)}x`, '{}')).rejects.toMatchObject({ code: '28P01' });
  });

  test.each([
    ['a query without a password', [STARTUP, Buffer.from('Q\0\0\0\x07{}\0', 'latin1')]],
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    ['a cancel request', [Buffer.from([0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 1])]],
    ['a negative length', [STARTUP, Buffer.from([0x70, 0xff, 0xff, 0xff, 0xff])]],
    ['an empty packet', [Buffer.from([0, 0, 0, 4])]],
    ['a flood', [Buffer.alloc(100_000, 1)]],
  ])('and not %s', async (_title, messages) => {
    const socket = connect(http.port, '127.0.0.1');
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    for (const message of messages) socket.write(message);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).not.toContain('answer');
    await expect(ask(http.secret, '{}')).resolves.toMatch(/error/);
  });
});
