import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const MIGRATION = `
create function public.answer(headers text default null, status text default null) returns text language plpgsql as $$ begin
  if headers is not null then perform set_config('response.headers', headers, true); end if;
  if status is not null then perform set_config('response.status', status, true); end if;
  return 'hello'; end $$;
create function public.fail(code text) returns text language plpgsql as $$ begin
  raise exception using errcode = code, message = 'raised'; end $$;
create function public.respond(detail text) returns text language plpgsql as $$ begin
  raise sqlstate 'PGRST' using message = '{"code":"C","message":"m"}', detail = detail; end $$;
`;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_functions.sql': MIGRATION });
});

afterAll(() => stack.stop());

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Two requests on one connection: an answer that lies about its length or its status breaks the second one. */
async function call(name: string, args: Record<string, string>): Promise<Answer> {
  const { hostname, port } = new URL(stack.url);
  const body = JSON.stringify(args);
  const socket = connect(Number(port), hostname);
  const head = (method: string, path: string, more = ''): string =>
    `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\napikey: ${stack.publishableKey}\r\n${more}`;
  socket.write(
    `${head('POST', `/rest/v1/rpc/${name}`)}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.write(head('GET', '/realtime/v1/api/ping', 'Connection: close\r\n\r\n'));
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const [first = ''] = text.split(
    /(?=HTTP\/1\.1 200 OK\r\n(?:(?!\r\n\r\n)[^])*\r\n\r\n\{"message":"Success"\})/,
  );
  expect(text.slice(first.length)).toContain('{"message":"Success"}');
  const end = first.indexOf('\r\n\r\n');
  return {
    status: Number(first.split(' ')[1]),
    head: first.slice(0, end).toLowerCase(),
    body: first.slice(end + 4),
  };
}

describe('response.headers', () => {
  test.each([
    ['Content-Length', '1'],
    ['content-length', '100000'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'upgrade'],
    ['Keep-Alive', 'timeout=0'],
    ['Proxy-Connection', 'close'],
    ['Upgrade', 'websocket'],
    ['Trailer', 'x'],
    ['TE', 'trailers'],
  ])('cannot set %s', async (name, value) => {
    const answer = await call('answer', {
      headers: JSON.stringify([{ [name]: value }, { 'X-Kept': 'yes' }]),
    });
    expect(answer).toMatchObject({ status: 200, body: '"hello"' });
    expect(answer.head).toContain('x-kept: yes');
    expect(answer.head).toContain('content-length: 7');
    expect(answer.head).not.toContain(`${name.toLowerCase()}: ${value}\r\n`);
  });

  test.each(['Content-Type', 'content-type', 'CONTENT-TYPE'])('refuse %s as Supabase does', async (name) => {
    const answer = await call('answer', { headers: JSON.stringify([{ [name]: 'text/html' }]) });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: '22023',
      message: 'The placeholder contains the "content-type" disallowed value',
    });
  });

  test('set cookies and replace the response’s own headers', async () => {
    const headers = JSON.stringify([
      { 'Set-Cookie': 'a=1' },
      { 'set-cookie': 'b=2' },
      { 'Content-Range': '7-8/9' },
    ]);
    const { head } = await call('answer', { headers });
    expect(head).toContain('set-cookie: a=1\r\nset-cookie: b=2');
    expect(head.match(/content-range: .*/g)).toEqual(['content-range: 7-8/9']);
  });

  test.each(['[{"a b":"c"}]', String.raw`[{"a":"b\r\nc: d"}]`, '[{"":"x"}]', '{"a":"b"}', '[1]', 'x'])(
    'that are malformed are PGRST111: %s',
    async (headers) => {
      const answer = await call('answer', { headers });
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'PGRST111' });
    },
  );
});

describe('a status from the database', () => {
  test.each(['100', '101', '199', '0', '99', '600', '1000', '-1', 'x'])('%s is PGRST112', async (status) => {
    const answer = await call('answer', { status });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'PGRST112' });
  });

  test.each(['200', '202', '418', '599', '404 Not Found'])('%s is sent', async (status) => {
    expect((await call('answer', { status })).status).toBe(Number.parseInt(status, 10));
  });

  test.each(['PT100', 'PT101', 'PT199', 'PT000', 'PT099', 'PT600', 'PT999', 'PT40A'])(
    '%s is 500',
    async (code) => {
      const answer = await call('fail', { code });
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toMatchObject({ code, message: 'raised' });
    },
  );

  test.each(['PT200', 'PT402', 'PT599'])('%s is sent', async (code) => {
    expect((await call('fail', { code })).status).toBe(Number(code.slice(2)));
  });
});

describe("RAISE SQLSTATE 'PGRST'", () => {
  const detail = (status: unknown, headers: object): string => JSON.stringify({ status, headers });

  test.each([
    detail(101, {}),
    detail(99, {}),
    detail(1000, {}),
    detail(200.5, {}),
    detail(400, { 'a b': 'c' }),
    detail(400, { a: 'b\r\nc: d' }),
  ])('is PGRST121 with %s', async (text) => {
    const answer = await call('respond', { detail: text });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'PGRST121' });
  });

  test('cannot set the type or the framing of the response', async () => {
    const headers = { 'Content-Type': 'text/html', 'Content-Length': '1', Upgrade: 'h2c', 'X-Kept': 'yes' };
    const answer = await call('respond', { detail: detail(409, headers) });
    expect(answer.status).toBe(409);
    expect(answer.head).toContain('x-kept: yes');
    expect(answer.head).not.toMatch(/text\/html|upgrade|content-length: 1\r/);
  });
});
