import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

// Paths as they are on the wire: fetch would tidy them.

let stack: FunctionsStack;

beforeAll(async () => {
  const name = `Deno.serve((req) => new Response('called ' + new URL(req.url).pathname));`;
  stack = await startFunctions(
    { hello: name },
    {
      'supabase/functions/_shared/index.ts': name,
      'supabase/functions/.hidden/index.ts': name,
      'supabase/functions/with space/index.ts': name,
      'supabase/functions/index.ts': name,
      'outside/index.ts': name,
    },
  );
});

afterAll(() => stack.stop());

async function send(path: string, method = 'GET'): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(stack.url);
  const req = request({ hostname, port, path, method }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode, body: await text(res) };
}

describe('no path leaves the list of functions', () => {
  test.each([
    '/functions/v1/../../outside',
    '/functions/v1/hello/../../../outside',
    '/functions/v1/..%2foutside',
    '/functions/v1/%2e%2e/outside',
    '/functions/v1/..\\outside',
    '/functions/v1/hello%2f..%2f..%2foutside',
    '/functions/v1//hello',
    '/functions/v1//etc/passwd',
    '/functions/v1/./hello',
    '/functions/v1/_shared',
    '/functions/v1/.hidden',
    '/functions/v1/with%20space',
    '/functions/v1/index.ts',
    '/functions/v1/hello/index.ts/..',
    '/functions/v1/hello%00',
    '/functions/v1/hello;x=1',
    '/functions/v1/hello:8000',
    '/functions/v1/HELLO',
    '/functions/v1/%68ello',
    '/functions/v1/toString',
    '/functions/v1/node_modules',
    `/functions/v1/${'a'.repeat(5_000)}`,
    '/functions/v1/?hello',
    '/functions/v1',
  ])('%s', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { status, body } = await send(path, method);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body).not.toContain('called');
    }
    expect(await send('/functions/v1/hello/a/b')).toEqual({ status: 200, body: 'called /hello/a/b' });
  });
});

test.each([
  'GET /functions/v1/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: \u0001\r\n\r\n',
  'GET /functions/v1/hel\tlo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET http://evil.example/functions/v1/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'POST /functions/v1/hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
])('a malformed request is refused, and the next one works: %j', async (raw) => {
  const { hostname, port } = new URL(stack.url);
  const socket = connect(Number(port), hostname);
  socket.end(raw);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect((await send('/functions/v1/hello')).status).toBe(200);
});
