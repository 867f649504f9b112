import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Gateway, type GatewayOptions } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget, HandlerUpstream } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { ask, defer, listen, startGateway, type Ask } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

function targetAt(url: string): GatewayTarget {
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  return { keys: KEYS, upstreams: { rest: upstream, realtime: upstream } };
}

/** Collects the lines of the terminal. */
function recordLog(): { lines: string[]; logger: GatewayOptions['logger'] } {
  const lines: string[] = [];
  const push = (line: string): void => void lines.push(line);
  return { lines, logger: { info: push, warn: push, error: push } };
}

/** A TCP server that calls `onConnection` for every connection, and the set of open ones. */
async function listenTcp(
  onConnection: (socket: Socket) => void,
): Promise<{ url: string; open: Set<Socket> }> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    // A paused socket does not report that the other side has closed.
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    onConnection(socket);
  });
  const listening = defer<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  onTestEnd(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}

async function takeFreePort(): Promise<number> {
  const server = createTcpServer();
  const listening = defer<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const closed = defer<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}

const CHUNKED = { 'transfer-encoding': 'chunked' };

const code = (body: string): unknown => (JSON.parse(body) as { code?: unknown }).code;

describe('an upstream that', () => {
  test('is down gives 502 at once, one line in the terminal, and another one when it is back', async () => {
    const port = await takeFreePort();
    const { lines, logger } = recordLog();
    const { url } = await startGateway({ target: targetAt(`http://127.0.0.1:${port}`), logger });
    for (let i = 0; i < 5; i++) {
      const answer = await ask(url, '/rest/v1/items');
      expect(answer.status).toBe(502);
      expect(code(answer.body)).toBe('UPSTREAM_DOWN');
    }
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`rest at http://127.0.0.1:${port}`);

    const server = createServer((_, res) => void res.end('back'));
    const listening = defer<void>();
    server.listen(port, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    onTestEnd(() => server.close());
    expect((await ask(url, '/rest/v1/items')).body).toBe('back');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('answers again');
  });

  test('answers an upload before reading all of it has its answer forwarded', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig'),
      ),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    const answer = await ask(url, '/rest/v1/items', { method: 'POST', body: Buffer.alloc(200_000) });
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 413, body: 'big' });
  });

  test('closed an idle connection does not fail the next request', async () => {
    let connections = 0;
    const { url: upstream } = await listenTcp((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        // The second request on a connection finds it closed, as when a server restarts at that moment.
        if (requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { url } = await startGateway({ target: targetAt(upstream) });
    expect((await ask(url, '/rest/v1/items')).body).toBe('ok');
    expect((await ask(url, '/rest/v1/items')).body).toBe('ok');
    expect(connections).toBe(2);
  });
});

// Requests with no body or a small one are forwarded differently from uploads (see forward/http.ts).
describe.each<{ title: string; request: Ask }>([
  { title: 'without a body', request: {} },
  { title: 'with a small body', request: { method: 'POST', body: 'x' } },
  { title: 'with a body of unknown length', request: { method: 'POST', body: 'x', headers: CHUNKED } },
])('to a request $title an upstream that', ({ request }) => {
  test('hangs before its headers gives 504, and its connection is closed', async () => {
    const { url: upstream, open } = await listenTcp(() => {});
    const { url } = await startGateway({ target: targetAt(upstream), timeouts: { idle: 50 } });
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.status).toBe(504);
    expect(code(answer.body)).toBe('UPSTREAM_TIMEOUT');
    await expect.poll(() => open.size).toBe(0);
  });

  test('hangs in the middle of a body cuts the client off, which can tell that the answer is incomplete', async () => {
    const { url: upstream, open } = await listenTcp((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')),
    );
    const { url } = await startGateway({ target: targetAt(upstream), timeouts: { idle: 50 } });
    await expect(ask(url, '/rest/v1/items', request)).rejects.toThrow(/aborted|hang up/);
    await expect.poll(() => open.size).toBe(0);
  });

  test('resets before an answer gives 502', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.status).toBe(502);
    expect(code(answer.body)).toBe('UPSTREAM_RESET');
  });

  test('resets in the middle of a body cuts the client off', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', () =>
          socket.resetAndDestroy(),
        );
      }),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    await expect(ask(url, '/rest/v1/items', request)).rejects.toThrow(/aborted|hang up|RESET/);
  });

  test('closes before an answer gives 502', async () => {
    const { url: upstream } = await listenTcp((socket) => socket.once('data', () => socket.end()));
    const { url } = await startGateway({ target: targetAt(upstream) });
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.status).toBe(502);
  });

  test('sends garbage gives 502', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n\r\n')),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.status).toBe(502);
    expect(code(answer.body)).toBe('UPSTREAM_GARBAGE');
  });

  test('closes in the middle of a body cuts the client off', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    await expect(ask(url, '/rest/v1/items', request)).rejects.toThrow(/aborted|hang up|RESET/);
  });

  test('sends headers above Kong’s limit gives 502', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(200_000)}\r\n\r\n`)),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.status).toBe(502);
    expect(code(answer.body)).toBe('UPSTREAM_HEADERS');
  });

  test.each([
    ['an invalid status', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['an invalid length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n'],
    ['a NUL in a header', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'],
  ])('answers with %s gives an error, and the server goes on', async (_title, bytes) => {
    const { url: upstream } = await listenTcp((socket) => socket.once('data', () => socket.write(bytes)));
    const { url } = await startGateway({ target: targetAt(upstream), timeouts: { idle: 100 } });
    expect((await ask(url, '/rest/v1/items', request)).status).toBeGreaterThanOrEqual(502);
    expect((await ask(url, '/rest/v1/items', request)).status).toBeGreaterThanOrEqual(502);
  });

  test('sends a control character in its reason has the response forwarded without it', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 O\x01K\r\nContent-Length: 4\r\n\r\nbody')),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    expect(await ask(url, '/rest/v1/items', request)).toMatchObject({ status: 200, body: 'body' });
  });

  test('switches protocols without being asked to gives 502', async () => {
    const { url: upstream } = await listenTcp((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      ),
    );
    const { url } = await startGateway({ target: targetAt(upstream) });
    expect((await ask(url, '/rest/v1/items', request)).status).toBe(502);
  });
});

test('a target that leads back to the gateway itself is detected on the first round', async () => {
  let requests = 0;
  const port = await takeFreePort();
  const gateway = new Gateway({ target: targetAt(`http://127.0.0.1:${port}`), logger: silentLogger });
  onTestEnd(() => gateway.close());
  const server = createServer((req, res) => {
    requests += 1;
    gateway.handle(req, res);
  });
  const listening = defer<void>();
  server.listen(port, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const answer = await ask(`http://127.0.0.1:${port}`, '/rest/v1/items');
  expect(answer.status).toBe(508);
  expect(code(answer.body)).toBe('LOOP');
  expect(requests).toBe(2);
});

describe('a service in this process', () => {
  const broken = (): never => {
    throw new Error('broken');
  };

  async function startService(
    service: Pick<HandlerUpstream, 'handle' | 'upgrade'>,
  ): Promise<{ url: string; lines: string[] }> {
    const upstream: HandlerUpstream = { kind: 'handler', ...service };
    const { lines, logger } = recordLog();
    const target: GatewayTarget = { keys: KEYS, upstreams: { rest: upstream, realtime: upstream } };
    return { url: (await startGateway({ target, logger })).url, lines };
  }

  test.each([
    ['throws', broken],
    ['rejects', async () => broken()],
  ])('that %s answers 500, and the server goes on', async (_, handle) => {
    const { url, lines } = await startService({ handle });
    for (let i = 0; i < 2; i++) {
      const answer = await ask(url, '/rest/v1/items');
      expect(answer.status).toBe(500);
      expect(code(answer.body)).toBe('SERVICE_FAILED');
    }
    expect(lines[0]).toContain('broken');
  });

  test('that rejects after the response has begun cuts it off', async () => {
    const { url } = await startService({
      async handle(_req, res) {
        res.writeHead(200, { 'content-length': 100 }).write('part');
        await new Promise(setImmediate);
        broken();
      },
    });
    await expect(ask(url, '/rest/v1/items')).rejects.toThrow(/aborted|hang up|RESET/);
  });

  test.each([
    ['throws', broken],
    ['rejects', async () => broken()],
  ])('that %s on an upgrade answers 500', async (_, upgradeService) => {
    const { url, lines } = await startService({ handle: broken, upgrade: upgradeService });
    const answer = await upgrade(url, `/realtime/v1/websocket?apikey=${KEYS.publishableKey}`);
    expect([answer.status, code(answer.body)]).toEqual([500, 'SERVICE_FAILED']);
    expect(lines[0]).toContain('broken');
  });

  test('that rejects after its handshake closes the socket', async () => {
    const { url } = await startService({
      handle: broken,
      async upgrade(_req, socket) {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        await new Promise(setImmediate);
        broken();
      },
    });
    const { promise, resolve } = defer<void>();
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
      socket.write(
        `GET /realtime/v1/websocket?apikey=${KEYS.publishableKey} HTTP/1.1\r\nHost: localhost\r\n` +
          'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      ),
    );
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('close', () => resolve());
    await promise;
    expect(received).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
  });
});

describe('a client that disconnects', () => {
  test('before the answer ends the request at the upstream', async () => {
    const arrived = defer<IncomingMessage>();
    const gone = defer<void>();
    const { url: upstream } = await listen(
      createServer((req, res) => {
        arrived.resolve(req);
        res.on('close', () => gone.resolve());
      }),
    );
    const { port } = await startGateway({ target: targetAt(upstream) });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /rest/v1/items HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    await arrived.promise;
    socket.resetAndDestroy();
    await expect(gone.promise).resolves.toBeUndefined();
  });

  test('in the middle of an upload aborts it at the upstream', async () => {
    const aborted = defer<void>();
    const started = defer<void>();
    const { url: upstream } = await listen(
      createServer((req) => {
        req.once('data', () => started.resolve());
        req.on('error', () => aborted.resolve());
      }),
    );
    const { port } = await startGateway({ target: targetAt(upstream) });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST /rest/v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\npart'),
    );
    socket.on('error', () => {});
    await started.promise;
    socket.destroy();
    await expect(aborted.promise).resolves.toBeUndefined();
  });

  test('in the middle of a small body leaves the upstream alone', async () => {
    const seen: string[] = [];
    const { url: upstream } = await listen(
      createServer((req, res) => {
        seen.push(req.method ?? '');
        res.end('ok');
      }),
    );
    const { port, url, server } = await startGateway({ target: targetAt(upstream) });
    const closed = defer<void>();
    server.once('connection', (connection: Socket) => connection.once('close', () => closed.resolve()));
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST /rest/v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart', () =>
        socket.destroy(),
      ),
    );
    await closed.promise;
    expect((await ask(url, '/rest/v1/items')).body).toBe('ok');
    expect(seen).toEqual(['GET']);
  });

  test('in the middle of a download ends it at the upstream', async () => {
    const gone = defer<void>();
    const { url: upstream } = await listen(
      createServer((_req: IncomingMessage, res: ServerResponse) => {
        res.write('event');
        res.on('close', () => gone.resolve());
      }),
    );
    const { port } = await startGateway({ target: targetAt(upstream) });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /rest/v1/items HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    socket.once('data', () => socket.destroy());
    await expect(gone.promise).resolves.toBeUndefined();
  });
});

test('an upstream that hangs on one request does not delay others', async () => {
  const { url: upstream } = await listen(
    createServer((req, res) => {
      if (req.url?.includes('hang') === false) res.end('ok');
    }),
  );
  const { url, gateway } = await startGateway({ target: targetAt(upstream) });
  expect((await ask(url, '/rest/v1/items')).body).toBe('ok');
  const hanging = Array.from({ length: 20 }, () => ask(url, '/rest/v1/hang'));
  for (let i = 0; i < 3; i++) expect((await ask(url, '/rest/v1/items')).body).toBe('ok');
  // The waiting request gets its error.
  await gateway.close();
  for (const answer of await Promise.all(hanging)) expect(answer.status).toBe(502);
});

test('after all of that no connection to the upstream is left once the gateway is closed', async () => {
  const server = createServer((_, res) => void res.end('ok'));
  const { url: upstream } = await listen(server);
  const { url, gateway } = await startGateway({ target: targetAt(upstream) });
  await Promise.all(Array.from({ length: 20 }, () => ask(url, '/rest/v1/items')));
  const count = (): Promise<number> => {
    const { promise, resolve, reject } = defer<number>();
    server.getConnections((error, connections) => (error ? reject(error) : resolve(connections)));
    return promise;
  };
  expect(await count()).toBeGreaterThan(0);
  await gateway.close();
  await expect.poll(count).toBe(0);
});
