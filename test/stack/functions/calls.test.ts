import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions(
    {
      echo: `Deno.serve(async (req: Request) => Response.json({
        method: req.method,
        url: req.url,
        clone: new Request(req.clone()).url,
        body: [...new Uint8Array(await req.arrayBuffer())],
        headers: Object.fromEntries(req.headers),
        main: import.meta.main,
      }));`,
      exported: `export default {
        text: 'exported',
        fetch(req: Request) { return new Response(this.text + ' ' + new URL(req.url).pathname); },
      };`,
      // What serve() of deno.land/std 0.168 does.
      legacy: `const listener = Deno.listen({ port: 8000, hostname: '0.0.0.0', transport: 'tcp' });
        (async () => {
          for (;;) {
            const conn = await listener.accept();
            const http = (Deno as any).serveHttp(conn);
            (async () => {
              for (let e; (e = await http.nextRequest()) !== null; ) {
                e.respondWith(Promise.resolve(new Response('legacy ' + new URL(e.request.url).pathname)));
              }
            })();
          }
        })();`,
      cookies: `Deno.serve((req) => {
        const headers = new Headers({ 'x-cookie': req.headers.get('cookie') ?? '' });
        headers.append('set-cookie', 'a=1');
        headers.append('set-cookie', 'b=2');
        return new Response(null, { status: 204, headers });
      });`,
      wrong: `Deno.serve((req) => {
        if (req.method === 'POST') throw new Error('thrown in a handler');
        return 'no response' as never;
      });`,
    },
    {
      'supabase/functions/hello/index.ts': `Deno.serve(async (req) => Response.json({ message: 'Hello ' + (await req.json()).name }));`,
    },
  );
});

afterAll(() => stack.stop());

describe('a call', () => {
  test('by supabase.functions.invoke reaches a function that wants a JWT', async () => {
    const { data, error } = await stack.client().functions.invoke('hello', { body: { name: 'Ada' } });
    expect([data, error]).toEqual([{ message: 'Hello Ada' }, null]);
  });

  test('has the path with the function’s name, the client’s host, a binary body and its headers', async () => {
    const body = new Uint8Array([0, 255, 128, 10]);
    const response = await stack.call('echo/a%20b?c=1', { method: 'PUT', body, headers: { 'x-own': 'yes' } });
    const url = `${stack.url}/echo/a%20b?c=1`;
    expect(await response.json()).toMatchObject({
      method: 'PUT',
      url,
      clone: url,
      body: [...body],
      headers: { 'x-own': 'yes', host: new URL(stack.url).host },
      main: true,
    });
  });

  test.each(['exported', 'legacy'])('reaches a function that serves in another way: %s', async (name) => {
    const response = await stack.call(`${name}/x`);
    expect([response.status, await response.text()]).toEqual([200, `${name} /${name}/x`]);
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('may use %s', async (method) => {
    const response = await stack.call('echo', { method });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(method === 'HEAD' ? '' : `"method":"${method}"`);
  });

  test('passes the app’s cookies both ways, but no session cookie', async () => {
    const response = await stack.call('cookies', {
      headers: { cookie: 'theme=dark; sb-127-auth-token=secret' },
    });
    expect(response.headers.get('x-cookie')).toBe('theme=dark');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.status).toBe(204);
  });

  test('shows a function neither the gateway’s own headers nor this process’s environment', async () => {
    const headers = {
      'sb-api-key': 'x',
      'x-supabase-allowed-roles': 'service_role',
      'x-supabase-worker': 'y',
    };
    const seen = (await (await stack.call('echo', { headers })).json()) as {
      headers: Record<string, string>;
    };
    expect(Object.keys(seen.headers)).not.toContain('sb-api-key');
    expect(Object.keys(seen.headers)).not.toContain('x-supabase-allowed-roles');
    expect(Object.keys(seen.headers)).not.toContain('authorization');
  });

  test('whose handler throws or returns no response is answered as on the edge, and logged', async () => {
    const thrown = await stack.call('wrong', { method: 'POST' });
    expect([thrown.status, await thrown.text()]).toEqual([500, 'Internal Server Error']);
    const returned = await stack.call('wrong');
    expect([returned.status, await returned.text()]).toEqual([502, 'Bad Gateway']);
    expect(await stack.printed(/thrown in a handler/)).toContain('[wrong]');
  });
});

describe('no function', () => {
  test.each([
    '',
    'nope',
    '_shared',
    'constructor',
    '__proto__',
    'ECHO',
    'echo.ts',
    'echo%2f..',
    '..%2fecho',
    'echo%00',
    'C:',
    'hello\\..',
  ])('has the name "%s"', async (path) => {
    const response = await stack.call(path);
    expect(`${response.status} ${await response.text()}`).toMatch(/^404 Function not found$|"INVALID_PATH"/);
  });
});
