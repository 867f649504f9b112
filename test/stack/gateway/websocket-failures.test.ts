import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import type { GatewayTarget, UrlUpstream, WebsocketRoute } from '../../../plugin/gateway/target.ts';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { createFixtureRealtime, type FixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { defer, listen, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { JWT_SECRET, KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

const PATH = '/realtime/v1/websocket?apikey=sb_publishable_test&vsn=2.0.0';

function targetAt(url: string): GatewayTarget {
  return { keys: KEYS, upstreams: { realtime: createDirectUpstream(new URL(url)) } };
}

async function open(base: string): Promise<WebSocket> {
  const socket = new WebSocket(base.replace('http', 'ws') + PATH);
  onTestEnd(() => socket.terminate());
  const { promise, resolve, reject } = defer<void>();
  socket.on('open', () => resolve());
  socket.on('error', reject);
  await promise;
  return socket;
}

function closing(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const { promise, resolve } = defer<{ code: number; reason: string }>();
  socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  return promise;
}

/** Realtime on a port, with the raw sockets of its accepted handshakes. */
async function startRealtime(
  accept?: (socket: Duplex) => void,
): Promise<{ url: string; port: number; server: Server; sockets: Set<Duplex>; realtime: FixtureRealtime }> {
  const sockets = new Set<Duplex>();
  const realtime = createFixtureRealtime({
    secret: JWT_SECRET,
    refusalDelay: 1,
    ...(accept && {
      accept: (req, socket) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptKey(req.headers['sec-websocket-key'] ?? '')}\r\n\r\n`,
        );
        accept(socket);
      },
    }),
  });
  realtime.server.on('upgrade', (_req, socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { url, port } = await listen(realtime.server);
  onTestEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url, port, server: realtime.server, sockets, realtime };
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

describe('before the handshake is answered', () => {
  test('a Realtime that is down gives 502 instead of a hanging socket', async () => {
    const { url, server } = await startRealtime();
    const closed = defer<void>();
    server.close(() => closed.resolve());
    await closed.promise;
    const gateway = await startGateway({ target: targetAt(url) });
    const answer = await upgrade(gateway.url, PATH);
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'UPSTREAM_DOWN' });
  });

  test('a Realtime that stays silent gives 504', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => {}));
    const listening = defer<void>();
    server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    onTestEnd(() => server.close());
    const { port } = server.address() as AddressInfo;
    const gateway = await startGateway({
      target: targetAt(`http://127.0.0.1:${port}`),
      timeouts: { handshake: 50 },
    });
    expect((await upgrade(gateway.url, PATH)).status).toBe(504);
  });

  test('a client that gives up does not leave a connection to Realtime behind', async () => {
    const upstreamClosed = defer<void>();
    const arrived = defer<void>();
    const { url } = await listen(
      createServer().on('upgrade', (_req, socket: Duplex) => {
        socket.on('error', () => {});
        socket.on('end', () => upstreamClosed.resolve());
        socket.resume();
        arrived.resolve();
      }),
    );
    const gateway = await startGateway({ target: targetAt(url) });
    const client = connect(gateway.port, '127.0.0.1', () =>
      client.write(
        `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      ),
    );
    await arrived.promise;
    client.resetAndDestroy();
    await expect(upstreamClosed.promise).resolves.toBeUndefined();
  });

  test('the next path is tried, and the failed one is reported', async () => {
    const { url, realtime } = await startRealtime();
    const dead: UrlUpstream = { ...createDirectUpstream(new URL(url)), url: new URL('http://127.0.0.1:1') };
    const alive = createDirectUpstream(new URL(url));
    const failed: unknown[] = [];
    const websocket: WebsocketRoute = {
      choose: () => [dead, alive],
      failed: (upstream) => failed.push(upstream),
    };
    const gateway = await startGateway({ target: { keys: KEYS, upstreams: {}, websocket } });
    expect((await upgrade(gateway.url, PATH)).status).toBe(101);
    expect(failed).toEqual([dead]);
    expect(realtime.accepted).toHaveLength(1);
  });
});

test('an API gateway that cannot reach Realtime is reported, so that another path is probed', async () => {
  const kong = createServer().on('upgrade', (_req, socket: Duplex) =>
    socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'),
  );
  const { url } = await listen(kong);
  const upstream: UrlUpstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' };
  const failed: unknown[] = [];
  const websocket: WebsocketRoute = { choose: () => [upstream], failed: (way) => failed.push(way) };
  const gateway = await startGateway({ target: { keys: KEYS, upstreams: {}, websocket } });
  expect((await upgrade(gateway.url, PATH)).status).toBe(503);
  await expect.poll(() => failed).toEqual([upstream]);
});

describe('an open WebSocket', () => {
  test('carries messages both ways, in order and of any size', async () => {
    const { url } = await startRealtime();
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = await open(gateway.url);
    const received: string[] = [];
    const done = defer<void>();
    const sent = ['a', 'b'.repeat(200), 'c'.repeat(70_000), 'd'.repeat(1_000_000), 'e'];
    socket.on('message', (data: Buffer) => {
      received.push(data.toString());
      if (received.length === sent.length) done.resolve();
    });
    for (const message of sent) socket.send(message);
    await done.promise;
    expect(received).toEqual(sent);
  });

  test.each(['ws', 'wss'])('carries every byte to a reader that pauses, over %s', async (scheme) => {
    const count = 200;
    const size = 100_000;
    const { url } = await startRealtime((socket) => {
      for (let i = 0; i < count; i++) {
        const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.writeUInt32BE(size, 6);
        socket.write(Buffer.concat([head, Buffer.alloc(size, i)]));
      }
    });
    const gateway = await startGateway({ target: targetAt(url) });
    let { port } = gateway;
    if (scheme === 'wss') {
      const secure = createSecureServer(CERTIFICATE);
      addUpgradeListener(secure, gateway.gateway);
      ({ port } = await listen(secure));
    }
    const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${PATH}`, { rejectUnauthorized: false });
    onTestEnd(() => socket.terminate());
    const intact: boolean[] = [];
    const done = defer<void>();
    socket.on('error', done.reject);
    socket.on('message', (data: Buffer) => {
      intact.push(data.length === size && data.equals(Buffer.alloc(size, intact.length)));
      if (intact.length === count) done.resolve();
      if (intact.length % 50 !== 1) return;
      socket.pause();
      setTimeout(() => socket.resume(), 30);
    });
    await done.promise;
    expect(intact).toEqual(Array.from({ length: count }, () => true));
  });

  test('ends with 1012 when Realtime resets it', async () => {
    const { url, sockets } = await startRealtime();
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = await open(gateway.url);
    const closed = closing(socket);
    for (const upstream of sockets) (upstream as Socket).resetAndDestroy();
    expect(await closed).toEqual({ code: 1012, reason: 'Realtime went away' });
  });

  test('ends with Realtime’s own code when it gives one', async () => {
    const { url } = await startRealtime((socket) => socket.end(Buffer.from([0x88, 2, 0x03, 0xf0])));
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = new WebSocket(gateway.url.replace('http', 'ws') + PATH);
    expect((await closing(socket)).code).toBe(1008);
  });

  test('ends without an inserted frame when Realtime is cut off within one', async () => {
    // A text frame of 100 bytes, of which 4 arrive.
    const { url } = await startRealtime((socket) => socket.end(Buffer.from([0x81, 100, 97, 98, 99, 100])));
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = new WebSocket(gateway.url.replace('http', 'ws') + PATH);
    socket.on('error', () => {});
    expect((await closing(socket)).code).toBe(1006);
  });

  test('ends at Realtime when the client disappears', async () => {
    const { url, sockets } = await startRealtime();
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = await open(gateway.url);
    expect(sockets.size).toBe(1);
    socket.terminate();
    await expect.poll(() => sockets.size).toBe(0);
  });

  test('ends with 1012 when the gateway closes, and close() waits for that', async () => {
    const { url, sockets } = await startRealtime();
    const gateway = await startGateway({ target: targetAt(url) });
    const socket = await open(gateway.url);
    const closed = closing(socket);
    await gateway.gateway.close();
    expect(await closed).toEqual({ code: 1012, reason: 'The dev server restarts' });
    await expect.poll(() => sockets.size).toBe(0);
  });
});

test('Realtime restarts under 200 open sockets: each gets 1012, nothing leaks, all reconnect', async () => {
  const first = await startRealtime();
  const gateway = await startGateway({ target: targetAt(first.url) });
  const sockets = await Promise.all(Array.from({ length: 200 }, () => open(gateway.url)));
  const codes = Promise.all(sockets.map(closing));
  const stopped = defer<void>();
  first.server.close(() => stopped.resolve());
  for (const upstream of first.sockets) upstream.destroy();
  expect(new Set((await codes).map(({ code }) => code))).toEqual(new Set([1012]));
  await stopped.promise;
  expect(first.sockets.size).toBe(0);
  const count = (): Promise<number> => {
    const { promise, resolve } = defer<number>();
    gateway.server.getConnections((_error, connections) => resolve(connections));
    return promise;
  };
  await expect.poll(count).toBe(0);

  const second = createFixtureRealtime({ secret: JWT_SECRET });
  const listening = defer<void>();
  second.server.listen(first.port, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  onTestEnd(() => {
    second.server.close();
    second.server.closeAllConnections();
  });
  await Promise.all(Array.from({ length: 200 }, () => open(gateway.url)));
  expect(second.accepted).toHaveLength(200);
});

test('an upgrade on a path for HTTP, or of another kind, is answered and closed', async () => {
  const { url } = await startRealtime();
  const gateway = await startGateway({ target: targetAt(url) });
  expect((await upgrade(gateway.url, '/rest/v1/items')).status).toBe(400);
  expect((await upgrade(gateway.url, '/realtime/v1/nothing')).status).toBe(404);
  expect((await upgrade(gateway.url, PATH, { Upgrade: 'h2c' })).status).toBe(426);
});
