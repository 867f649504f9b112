import { createServer as createHttpServer, type Server } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer, type InlineConfig, type Plugin } from 'vite';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import supabase from '../../../plugin/index.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { ask, listen, reflect } from '../../helpers/gateway/support.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

// The whole plugin in a Vite server, as a project has it. Vite's own checks are skipped for our paths, so the gateway's
// must be at least as strict.

interface Started {
  readonly url: string;
  readonly port: number;
  /** The names of the middleware in their order. */
  readonly order: readonly string[];
}

/** A Supabase that answers with the request as it arrived, and accepts every WebSocket. */
async function startSupabase(): Promise<string> {
  const server = createHttpServer(reflect);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.send('supabase'));
  return (await listen(server)).url;
}

async function startVite(server: InlineConfig['server'] = {}, others: Plugin[] = []): Promise<Started> {
  const project = await makeProject({ 'package.json': '{}' });
  onTestEnd(() => project.remove());
  const vite = await createServer({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    plugins: [...others, supabase({ backend: 'remote', url: await startSupabase() })],
    server: { host: '127.0.0.1', port: 0, watch: null, ...server },
  });
  onTestEnd(() => vite.close());
  await vite.listen();
  const { port } = (vite.httpServer as Server).address() as AddressInfo;
  const order = vite.middlewares.stack.map(({ handle }) => (typeof handle === 'function' ? handle.name : ''));
  return { url: `http://127.0.0.1:${port}`, port, order };
}

const preflight = (origin: string): object => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'POST' },
});

describe('before Vite’s checks', () => {
  test('the gateway is first, and makes them itself', async () => {
    const { url, order } = await startVite({ allowedHosts: ['dev.example'] });
    expect(order[0]).toBe('supabaseGateway');
    expect((await ask(url, '/rest/v1/items')).status).toBe(200);
    expect((await ask(url, '/rest/v1/items', { headers: { host: 'dev.example' } })).status).toBe(200);
    const refused = await ask(url, '/rest/v1/items', { headers: { host: 'evil.example' } });
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('HOST_NOT_ALLOWED')]);
    const invalid = await ask(url, '/rest/v1/items#x');
    expect([invalid.status, invalid.body]).toEqual([400, expect.stringContaining('INVALID_PATH')]);
  });

  test.each([
    ['this machine', 'http://localhost:1', '*'],
    ['its network', 'http://192.168.7.7:5173', '*'],
    ['server.allowedHosts', 'https://dev.example', '*'],
    ['a foreign site', 'https://evil.example', undefined],
    ['a public address', 'http://93.184.216.34', undefined],
    ['a sandboxed frame', 'null', undefined],
  ])('a page of %s: preflight and answer', async (_, origin, granted) => {
    const { url } = await startVite({ allowedHosts: ['dev.example'] });
    for (const request of [preflight(origin), { headers: { origin } }]) {
      const answer = await ask(url, '/rest/v1/items', request);
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, granted]);
    }
  });

  test('allowedHosts: true answers for every host, and lets no other site read or open a WebSocket', async () => {
    const { url } = await startVite({ allowedHosts: true });
    const origin = 'https://evil.example';
    expect((await ask(url, '/rest/v1/items', { headers: { host: 'any.example' } })).status).toBe(200);
    const answer = await ask(url, '/rest/v1/items', { headers: { origin } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const socket = '/realtime/v1/websocket?apikey=sb_publishable_test';
    expect((await upgrade(url, socket, { origin })).status).toBe(403);
    expect((await upgrade(url, socket, { host: 'any.example', origin: 'https://any.example' })).status).toBe(
      101,
    );
  });
});

test('Vite’s own paths keep its checks', async () => {
  const { url } = await startVite();
  expect((await ask(url, '/x.js', { headers: { host: 'evil.example' } })).status).toBe(403);
  const answer = await ask(url, '/x.js', preflight('http://localhost:1'));
  expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:1');
});

test('origins that server.cors allows may use the API too', async () => {
  const origin = 'https://my.example';
  const { url } = await startVite({ cors: { origin } });
  for (const request of [preflight(origin), { headers: { origin } }]) {
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  }
});

test('the middleware of an earlier plugin, such as a password check, still comes first', async () => {
  const guard: Plugin = {
    name: 'guard',
    enforce: 'pre',
    configureServer({ middlewares }) {
      middlewares.use((req, res, next) => {
        if (req.headers['x-password'] === 'x') next();
        else res.writeHead(401).end();
      });
    },
  };
  const { url } = await startVite({}, [guard]);
  expect((await ask(url, '/rest/v1/items')).status).toBe(401);
  const headers = { 'x-password': 'x' };
  expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(200);
});

describe('beside server.proxy', () => {
  const proxied = (target: string): [string, NonNullable<NonNullable<InlineConfig['server']>['proxy']>][] => [
    ['"/" with ws', { '/': { target, ws: true } }],
    ['a catch-all pattern', { '^/.*': { target, ws: true } }],
    ['a left-over /realtime', { '/realtime': { target, ws: true, changeOrigin: true } }],
    ['the exact path', { '/realtime/v1/websocket': { target, ws: true } }],
    ['a ws:// target', { '/realtime': { target: target.replace('http', 'ws') } }],
    ['a target that is down', { '/': { target: 'http://127.0.0.1:9', ws: true } }],
  ];

  test.each(proxied('http://127.0.0.1:9').map(([name], index) => [name, index] as const))(
    '%s: our paths are ours, ten times',
    async (_name, index) => {
      const other = createHttpServer((_req, res) => void res.end('other'));
      const sockets = new WebSocketServer({ server: other });
      sockets.on('connection', (socket) => socket.send('other'));
      const target = (await listen(other)).url;
      const { url } = await startVite({ proxy: proxied(target)[index]?.[1] ?? {} });
      for (let time = 0; time < 10; time += 1) {
        expect(await firstMessage(`${url}/realtime/v1/websocket?apikey=sb_publishable_test`)).toBe(
          'supabase',
        );
      }
      expect((await ask(url, '/rest/v1/items')).body).toContain('"url":"/rest/v1/items"');
    },
  );

  test('a path of the other server still reaches it', async () => {
    const other = createHttpServer();
    const sockets = new WebSocketServer({ server: other });
    sockets.on('connection', (socket) => socket.send('other'));
    const { url: target } = await listen(other);
    const { url } = await startVite({ proxy: { '/live': { target, ws: true } } });
    expect(await firstMessage(`${url}/live`)).toBe('other');
  });
});

async function firstMessage(url: string): Promise<string> {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(url.replace('http', 'ws'));
  onTestEnd(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(data.toString()));
    socket.once('error', reject);
  });
}

describe('with server.https, over HTTP/2', () => {
  async function startSecure(): Promise<{ session: ClientHttp2Session; port: number }> {
    const { port } = await startVite({ https: CERTIFICATE });
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on('error', () => {});
    onTestEnd(() => session.destroy());
    return { session, port };
  }

  const status = (session: ClientHttp2Session, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers);
      stream.on('response', (received) => resolve(Number(received[':status'])));
      stream.on('error', reject).resume();
    });

  test.each<[string, Record<string, string>, number]>([
    ['the path of the WebSocket', { ':path': '/realtime/v1/websocket' }, 426],
    ['the same with HEAD', { ':path': '/realtime/v1/websocket?x=1', ':method': 'HEAD' }, 426],
    ['the same with a body', { ':path': '/realtime/v1/websocket', ':method': 'POST' }, 426],
    ['an unknown path of Realtime', { ':path': '/realtime/v1/x' }, 404],
    ['dot segments', { ':path': '/rest/v1/../x' }, 400],
    ['another host', { ':path': '/rest/v1/items', ':authority': 'evil.example' }, 403],
    [
      'a privileged key of a foreign page',
      { ':path': '/rest/v1/items', origin: 'https://e.example', apikey: 'sb_secret_x' },
      401,
    ],
    ['a service that the backend does not have', { ':path': '/__supabase/mail/' }, 501],
    [
      'a preflight',
      {
        ':path': '/rest/v1/items',
        ':method': 'OPTIONS',
        origin: 'https://e.example',
        'access-control-request-method': 'PUT',
      },
      200,
    ],
  ])('%s is answered, and the server lives', async (_, headers, expected) => {
    const { session } = await startSecure();
    expect(await status(session, headers)).toBe(expected);
    expect(await status(session, { ':path': '/rest/v1/items' })).toBe(200);
  });
});
