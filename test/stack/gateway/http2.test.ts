import { createServer, type Server, type ServerResponse } from 'node:http';
import {
  connect as connectHttp2,
  createSecureServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { defer, listen, reflect, type Seen } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { JWT_SECRET, KEYS, sessionCookie, USER_TOKEN } from '../../helpers/gateway/tokens.ts';

// With server.https Vite uses HTTP/2 for browsers, and HTTP/1.1 for their WebSockets.

async function start(
  handler: Parameters<typeof createServer>[1],
): Promise<{ session: ClientHttp2Session; port: number; accepted: string[] }> {
  const { url } = await listen(createServer(handler));
  const realtime = createFixtureRealtime({ secret: JWT_SECRET, refusalDelay: 1 });
  const { url: realtimeUrl } = await listen(realtime.server);
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: { rest: upstream, storage: upstream, realtime: createDirectUpstream(new URL(realtimeUrl)) },
  };
  const gateway = new Gateway({ target, logger: silentLogger });
  onTestEnd(() => gateway.close());
  const server = createSecureServer(
    { ...CERTIFICATE, allowHTTP1: true },
    (req, res) => void gateway.handle(req, res),
  );
  addUpgradeListener(server, gateway);
  const listening = defer<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  onTestEnd(() => server.close());
  const { port } = server.address() as { port: number };
  const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
  onTestEnd(() => session.destroy());
  return { session, port, accepted: realtime.accepted };
}

interface Http2Answer {
  readonly headers: IncomingHttpHeaders & { ':status'?: number };
  readonly body: string;
}

function send(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<Http2Answer> {
  const { promise, resolve, reject } = defer<Http2Answer>();
  const stream = session.request(headers, { endStream: body === undefined });
  let answer: Http2Answer['headers'] = {};
  let text = '';
  stream.on('response', (received) => (answer = received));
  stream.setEncoding('utf8').on('data', (data: string) => (text += data));
  stream.on('end', () => resolve({ headers: answer, body: text }));
  stream.on('error', reject);
  if (body !== undefined) stream.end(body);
  return promise;
}

describe('over HTTP/2', () => {
  test('a request with a body and no length is forwarded whole, with Host and session', async () => {
    const { session, port } = await start(reflect);
    const host = `localhost:${port}`;
    const { body } = await send(
      session,
      {
        ':method': 'POST',
        ':path': '/rest/v1/items',
        origin: `https://${host}`,
        'sec-fetch-site': 'same-origin',
        cookie: sessionCookie(USER_TOKEN, 'localhost', 'p'.repeat(4_000)),
        apikey: 'sb_publishable_test',
      },
      '{"a":1}',
    );
    const seen = JSON.parse(body) as Seen;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/rest/v1/items',
      body: '{"a":1}',
      headers: {
        host,
        authorization: `Bearer ${USER_TOKEN}`,
        'x-forwarded-proto': 'https',
        'x-forwarded-host': host,
      },
    });
    expect(seen.headers.cookie).toBeUndefined();
  });

  test('connection headers are dropped, several Set-Cookie are kept', async () => {
    const { session } = await start((_, res) => {
      res.writeHead(201, 'Made', [
        'connection',
        'keep-alive',
        'keep-alive',
        'timeout=5',
        'set-cookie',
        'a=1',
        'set-cookie',
        'b=2',
      ]);
      res.end('x');
    });
    const { headers, body } = await send(session, { ':path': '/rest/v1/items' });
    expect(headers[':status']).toBe(201);
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(body).toBe('x');
  });

  test.each<[string, (res: ServerResponse) => void]>([
    ['setHeader', (res) => res.setHeader('upgrade', 'x').setHeader('keep-alive', 'timeout=5').end('x')],
    [
      'writeHead with an object',
      (res) => res.writeHead(200, { 'Transfer-Encoding': 'chunked', TE: 'x' }).end('x'),
    ],
    ['writeHead with an array', (res) => res.writeHead(200, ['Proxy-Connection', 'x', 'etag', 'y']).end('x')],
    ['the first byte', (res) => void res.setHeader('connection', 'close').write('x', () => res.end())],
    [
      'an error',
      (res) => {
        res.setHeader('upgrade', 'x');
        throw new Error('failed');
      },
    ],
  ])('connection headers that a service in this process sets by %s are dropped', async (_, handle) => {
    const target: GatewayTarget = {
      keys: KEYS,
      upstreams: { rest: { kind: 'handler', handle: (_req, res) => handle(res) } },
    };
    const gateway = new Gateway({ target, logger: silentLogger });
    const server = createSecureServer(CERTIFICATE, (req, res) => void gateway.handle(req, res));
    const { port } = await listen(server as unknown as Server);
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    onTestEnd(() => session.destroy());
    const { headers } = await send(session, { ':path': '/rest/v1/items' });
    expect([200, 500]).toContain(headers[':status']);
    for (const name of [
      'upgrade',
      'keep-alive',
      'transfer-encoding',
      'te',
      'proxy-connection',
      'connection',
    ]) {
      expect(headers[name]).toBeUndefined();
    }
  });

  test('HEAD and 204 have no body', async () => {
    const { session } = await start(
      (req, res) => void res.writeHead(req.method === 'HEAD' ? 200 : 204, { etag: '"x"' }).end(),
    );
    for (const [method, status] of [
      ['HEAD', 200],
      ['DELETE', 204],
    ] as const) {
      const { headers, body } = await send(session, { ':method': method, ':path': '/rest/v1/items' });
      expect([headers[':status'], headers.etag, body]).toEqual([status, '"x"', '']);
    }
  });

  test('an upstream that aborts ends the stream with an error, not as a complete one', async () => {
    const { session } = await start((_, res) => {
      res.writeHead(200, { 'content-length': 100 });
      res.write('part', () => res.destroy());
    });
    const stream = session.request({ ':path': '/rest/v1/items' });
    const { promise, resolve } = defer<number | undefined>();
    stream.on('error', () => {});
    stream.resume().on('close', () => resolve(stream.rstCode));
    expect(await promise).not.toBe(0);
  });

  test('a status that HTTP/2 does not allow becomes an error, and the session continues', async () => {
    const { session } = await start((_, res) => void res.writeHead(700).end());
    for (const body of [undefined, 'x']) {
      const { headers } = await send(session, { ':method': 'POST', ':path': '/rest/v1/items' }, body);
      expect(headers[':status']).toBe(502);
    }
  });

  test('a client that cancels reaches the upstream', async () => {
    const gone = defer<void>();
    const { session } = await start((_, res) => {
      res.write('x');
      res.on('close', () => gone.resolve());
    });
    const stream = session.request({ ':path': '/rest/v1/items' });
    stream.on('error', () => {});
    stream.once('data', () => stream.close(8));
    await expect(gone.promise).resolves.toBeUndefined();
  });
});

test('a WebSocket over TLS is upgraded with the session of its page', async () => {
  const { port, accepted } = await start(reflect);
  const { promise, resolve, reject } = defer<string>();
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
    socket.write(
      `GET /realtime/v1/websocket?apikey=sb_publishable_test HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: https://localhost:${port}\r\n` +
        `Cookie: ${sessionCookie(USER_TOKEN, 'localhost')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ),
  );
  onTestEnd(() => socket.destroy());
  socket.on('error', reject);
  socket.once('data', (data: Buffer) => resolve(data.toString()));
  expect(await promise).toMatch(/^HTTP\/1\.1 101 /);
  expect(accepted).toEqual([USER_TOKEN]);
});
