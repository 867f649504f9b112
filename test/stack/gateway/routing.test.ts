import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { GatewayTarget, HandlerUpstream, UpstreamName } from '../../../plugin/gateway/target.ts';
import { ask, defer, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

/** Services in this process that answer with their name and the request that they received. */
function services(...names: UpstreamName[]): GatewayTarget {
  const service = (name: string): HandlerUpstream => ({
    kind: 'handler',
    handle(req, res) {
      res.setHeader('x-service', name);
      reflect(req, res);
    },
  });
  return { keys: KEYS, upstreams: Object.fromEntries(names.map((name) => [name, service(name)])) };
}

const ALL: UpstreamName[] = ['auth', 'rest', 'realtime', 'storage', 'functions', 'mail'];

describe('to services in this process', () => {
  test.each([
    ['/auth/v1/token?grant_type=password', 'auth', '/token?grant_type=password'],
    ['/.well-known/oauth-authorization-server', 'auth', '/.well-known/oauth-authorization-server'],
    ['/rest/v1/items?id=eq.1', 'rest', '/items?id=eq.1'],
    ['/rest/v1/', 'rest', '/'],
    ['/rest/v1', 'rest', '/'],
    ['/rest/v1?select=a', 'rest', '/?select=a'],
    ['/graphql/v1', 'rest', '/rpc/graphql'],
    ['/realtime/v1/api/broadcast', 'realtime', '/api/broadcast'],
    ['/storage/v1/object/a%2Fb/c.png', 'storage', '/object/a%2Fb/c.png'],
    ['/storage/v1/s3/bucket/key', 'storage', '/s3/bucket/key'],
    ['/functions/v1/hello', 'functions', '/hello'],
    ['/__supabase/mail/', 'mail', '/'],
  ])('%s goes to %s as %s', async (path, service, expected) => {
    const { url } = await startGateway({ target: services(...ALL) });
    const answer = await ask(url, path);
    expect(answer.headers['x-service']).toBe(service);
    expect(seenIn(answer).url).toBe(expected);
  });

  test.each(['/', '/src/main.tsx', '/rest/v2/items', '/rest/v1x', '/authors', '/@vite/client', '/storage'])(
    '%s is left to Vite',
    async (path) => {
      const { url } = await startGateway({ target: services(...ALL) });
      expect((await ask(url, path)).status).toBe(299);
    },
  );

  test('a service gets the same headers in both forms, and the origin that the client used', async () => {
    const { url, port } = await startGateway({ target: services('rest') });
    const headers = { apikey: KEYS.publishableKey ?? '', cookie: 'a=b', 'X-Forwarded-Host': 'evil.example' };
    const seen = seenIn(await ask(url, '/rest/v1/items', { headers }));
    expect(seen.headers).toMatchObject({
      authorization: `Bearer ${KEYS.anonKey}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-port': String(port),
      'x-forwarded-prefix': '/rest/v1',
      'x-forwarded-proto': 'http',
    });
    expect(seen.headers.cookie).toBeUndefined();
    const raw = Object.fromEntries(
      seen.rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, seen.rawHeaders[i + 1]]] : [])),
    );
    expect(raw).toEqual(seen.headers);
  });

  test('the answer names a service that the backend does not have', async () => {
    const { url } = await startGateway({ target: services('rest') });
    const answer = await ask(url, '/functions/v1/hello');
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('a WebSocket path answers plain HTTP with 426', async () => {
    const { url } = await startGateway({ target: services(...ALL) });
    expect((await ask(url, '/realtime/v1/websocket')).status).toBe(426);
  });

  test('requests wait for a backend that is starting, and get the reason if it fails', async () => {
    const { promise, resolve } = defer<GatewayTarget>();
    const { url } = await startGateway({ target: promise });
    const waiting = ask(url, '/rest/v1/items', { method: 'POST', body: 'data' });
    resolve(services('rest'));
    expect(seenIn(await waiting).body).toBe('data');

    const failed = await startGateway({ target: Promise.reject(new Error('disk full')) });
    const answer = await ask(failed.url, '/rest/v1/items');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('disk full');
  });
});

describe('cookies of the app', () => {
  test('reach functions without the session, and no other service', async () => {
    const { url } = await startGateway({ target: services(...ALL) });
    const headers = {
      cookie: 'theme=dark; sb-127-auth-token.0=x; sb-127-auth-token-code-verifier=y; cart=1',
    };
    expect(seenIn(await ask(url, '/functions/v1/hello', { headers })).headers.cookie).toBe(
      'theme=dark; cart=1',
    );
    for (const path of ['/auth/v1/user', '/rest/v1/items', '/storage/v1/object/b/o']) {
      expect(seenIn(await ask(url, path, { headers })).headers.cookie).toBeUndefined();
    }
  });
});

describe('a request without key and token', () => {
  test('reaches services with an empty Authorization, as from Kong, and signed paths without the header', async () => {
    const { url } = await startGateway({ target: services(...ALL) });
    for (const path of ['/auth/v1/user', '/rest/v1/items', '/storage/v1/object/b/o', '/functions/v1/hello']) {
      expect(seenIn(await ask(url, path)).headers.authorization).toBe('');
    }
    expect(seenIn(await ask(url, '/storage/v1/s3/b')).headers.authorization).toBeUndefined();
  });

  test('reaches another API gateway unchanged', async () => {
    const { url: upstream } = await listen(createServer(reflect));
    const kong = { kind: 'url', url: new URL(upstream), speaks: 'gateway', host: 'client' } as const;
    const { url } = await startGateway({ target: { keys: KEYS, upstreams: { rest: kong } } });
    expect(seenIn(await ask(url, '/rest/v1/items')).headers.authorization).toBeUndefined();
  });
});

describe('the inbox', () => {
  test.each<[string, Record<string, string>, number]>([
    ['a person at this machine', { host: 'localhost' }, 200],
    [
      'a page of this origin',
      { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' },
      200,
    ],
    ['a page of another port', { host: 'localhost', origin: 'http://localhost:1' }, 403],
    ['a website', { host: 'localhost', 'sec-fetch-site': 'cross-site' }, 403],
    ['another machine in the network', { host: '192.168.1.5' }, 403],
  ])('answers %s accordingly', async (_, headers, status) => {
    const { url } = await startGateway({ target: services(...ALL) });
    expect((await ask(url, '/__supabase/mail/', { headers })).status).toBe(status);
  });
});
