import { createServer, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { ask, listen, startGateway } from '../../helpers/gateway/support.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

/** An upstream that answers OPTIONS with 404, as Realtime does, and everything else with its own CORS header. */
async function setUp(): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const { url } = await listen(
    createServer((req, res) => {
      requests.push(`${req.method} ${req.url}`);
      res.writeHead(req.method === 'OPTIONS' ? 404 : 200, { 'access-control-allow-origin': '*' }).end();
    }),
  );
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = { keys: KEYS, upstreams: { realtime: upstream, rest: upstream } };
  return { url: (await startGateway({ target })).url, requests };
}

const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'apikey,content-type',
};
const TRUSTED = 'http://localhost:3000';
const FOREIGN = 'https://evil.example';

describe('a page of another port', () => {
  test.each(['/realtime/v1/api/broadcast', '/rest/v1/items'])('may ask for %s', async (path) => {
    const { url, requests } = await setUp();
    const answer = await ask(url, path, { method: 'OPTIONS', headers: { origin: TRUSTED, ...PREFLIGHT } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'apikey,content-type',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
    });
    expect(requests).toEqual([]);
  });

  test('may read answers, also errors of the gateway', async () => {
    const { url } = await setUp();
    for (const path of ['/rest/v1/items', '/functions/v1/missing']) {
      const answer = await ask(url, path, { headers: { origin: TRUSTED } });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    }
  });
});

describe('a website', () => {
  test('is granted nothing by a preflight', async () => {
    const { url } = await setUp();
    const headers = { origin: FOREIGN, ...PREFLIGHT };
    const answer = await ask(url, '/rest/v1/items', { method: 'OPTIONS', headers });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['access-control-allow-headers']).toBeUndefined();
  });

  test('may not read answers, even if the upstream allows it', async () => {
    const { url } = await setUp();
    const answer = await ask(url, '/rest/v1/items', { headers: { origin: FOREIGN } });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

const GRANTS = {
  'Access-Control-Allow-Origin': FOREIGN,
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Headers': 'x-secret',
};
const OTHERS = { 'X-Kept': 'yes', 'Access-Control-Expose-Headers': 'X-Kept' };

/** The ways in which a service can set headers. */
const SERVICES: readonly (readonly [name: string, answer: (res: ServerResponse) => unknown])[] = [
  ['setHeader', (res) => res.setHeaders(new Map(Object.entries({ ...GRANTS, ...OTHERS }))).end('body')],
  ['writeHead', (res) => res.writeHead(200, { ...GRANTS, ...OTHERS }).end('body')],
  ['writeHead with a reason', (res) => res.writeHead(200, 'OK', { ...GRANTS, ...OTHERS }).end('body')],
  [
    'writeHead with a flat array',
    (res) => res.writeHead(200, Object.entries({ ...GRANTS, ...OTHERS }).flat()).end('body'),
  ],
  [
    'both',
    (res) => {
      res.setHeaders(new Map(Object.entries(GRANTS)));
      res.writeHead(200, { ...OTHERS, 'access-control-allow-origin': '*' }).end('body');
    },
  ],
  [
    'flushHeaders',
    (res) => {
      res.setHeaders(new Map(Object.entries({ ...GRANTS, ...OTHERS }))).flushHeaders();
      res.end('body');
    },
  ],
];

describe.each(SERVICES)('a service in this process that sets CORS headers with %s', (_name, answer) => {
  async function startService(): Promise<string> {
    const target: GatewayTarget = {
      keys: KEYS,
      upstreams: { rest: { kind: 'handler', handle: (_req, res) => answer(res) } },
    };
    return (await startGateway({ target })).url;
  }

  test('does not let a website read the answer', async () => {
    const { status, body, headers } = await ask(await startService(), '/rest/v1/items', {
      headers: { origin: FOREIGN },
    });
    expect([status, body, headers['x-kept']]).toEqual([200, 'body', 'yes']);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([
      'access-control-expose-headers',
    ]);
  });

  test('lets a page of this machine read it, by the grant of the gateway', async () => {
    const { headers } = await ask(await startService(), '/rest/v1/items', { headers: { origin: TRUSTED } });
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'X-Kept',
    });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('the embedded stack', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({
      'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
    });
    await stack.client().auth.signUp({ email: 'a@example.com', password: 'secret123' });
  });
  afterAll(() => stack?.stop());

  const session = JSON.stringify({ email: 'a@example.com', password: 'secret123' });
  // No preflight: pages of any site may send these.
  const text = { 'content-type': 'text/plain' };

  test.each([
    ['/auth/v1/token?grant_type=password', { method: 'POST', body: session, headers: text }, 200],
    ['/auth/v1/token?grant_type=password', { method: 'POST', body: '{', headers: text }, 400],
    ['/auth/v1/settings', {}, 200],
    ['/auth/v1/nothing', {}, 404],
    ['/rest/v1/items', {}, 200],
    ['/rest/v1/nothing', {}, 404],
    ['/storage/v1/bucket', {}, 200],
    ['/storage/v1/object/public/a/b', {}, 400],
    ['/realtime/v1/api/health', {}, 404],
    ['/functions/v1/hello', {}, 404],
  ] as const)('shows %s to pages of this machine only', async (path, request, status) => {
    for (const [origin, granted] of [
      [FOREIGN, undefined],
      ['null', undefined],
      [TRUSTED, '*'],
    ] as const) {
      const answer = await ask(stack.url, path, {
        ...request,
        headers: { ...('headers' in request && request.headers), apikey: stack.publishableKey, origin },
      });
      expect(answer.status).toBe(status);
      expect(answer.headers['access-control-allow-origin']).toBe(granted);
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });
});

test('an OPTIONS request that is not a preflight belongs to the service', async () => {
  const { url, requests } = await setUp();
  expect((await ask(url, '/rest/v1/items', { method: 'OPTIONS' })).status).toBe(404);
  expect(requests).toEqual(['OPTIONS /rest/v1/items']);
});
