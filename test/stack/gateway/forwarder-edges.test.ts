import { createServer, request, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { ask, defer, listen, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

// What HTTP allows and few servers do. Each through both clients: undici for small bodies, Node's for uploads.

async function startBefore(url: string): Promise<string> {
  const upstream = { kind: 'url', url: new URL(url), speaks: 'service', host: 'client' } as const;
  const target: GatewayTarget = { keys: KEYS, upstreams: { rest: upstream } };
  return (await startGateway({ target })).url;
}

const startWith = async (listener: RequestListener): Promise<string> =>
  startBefore((await listen(createServer(listener))).url);

async function sendParts(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, 'latin1', resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An upstream that answers with exactly these bytes, in parts, once the headers of a request have arrived. */
async function startRaw(...parts: string[]): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => void sendParts(socket, parts));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestEnd(() => void server.close());
  return startBefore(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const UPLOAD = { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x' };
const WAYS: [string, object][] = [
  ['without a body', {}],
  ['with a small one', { method: 'POST', body: '{}' }],
  ['with an upload', UPLOAD],
];

describe.each(WAYS)('a request %s', (_, options) => {
  test.each([20_000, 60_000, 150_000])('response headers of %d bytes are passed on', async (size) => {
    const location = `/${'x'.repeat(size)}`;
    const url = await startWith((_req, res) => res.writeHead(303, { location }).end());
    // The test's own client has Node's limit.
    const answer = await askWithLargeHeaders(url, options);
    expect(answer).toEqual([303, location.length]);
  });

  test('headers beyond that are named, and not blamed on HTTP', async () => {
    const url = await startWith((_req, res) => res.writeHead(200, { 'x-a': 'x'.repeat(200_000) }).end());
    const { status, body } = await ask(url, '/rest/v1/x', options);
    expect([status, body]).toEqual([502, expect.stringContaining('UPSTREAM_HEADERS')]);
    expect(body).not.toContain('not HTTP');
  });

  test('304 keeps the length of the entity, 204 has none', async () => {
    const notModified = await startWith((_req, res) =>
      res.writeHead(304, { 'content-length': '1234', etag: '"x"' }).end(),
    );
    for (let time = 0; time < 3; time += 1) {
      const answer = await ask(notModified, '/rest/v1/x', options);
      expect([answer.status, answer.headers['content-length'], answer.headers.etag]).toEqual([
        304,
        '1234',
        '"x"',
      ]);
    }
    const empty = await startRaw('HTTP/1.1 204 No Content\r\nContent-Length: 7\r\netag: "y"\r\n\r\n');
    const answer = await ask(empty, '/rest/v1/x', options);
    expect([answer.status, answer.headers['content-length'], answer.body]).toEqual([204, undefined, '']);
  });

  test.each([
    ['100 Continue', ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']],
    ['100 in one packet', ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']],
    [
      '100 in pieces',
      ['HTT', 'P/1.1 10', '0 Continue\r\nx: y\r', '\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ],
    [
      '100 twice, 103 between',
      [
        'HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ],
    ],
  ])('%s that nobody asked for is skipped', async (_title, parts) => {
    const url = await startRaw(...parts);
    expect(await ask(url, '/rest/v1/x', options)).toMatchObject({ status: 200, body: 'ok' });
  });

  test('a body that looks like 100 Continue stays', async () => {
    const text = 'HTTP/1.1 100 Continue\r\n\r\n';
    const url = await startRaw(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`, text);
    expect((await ask(url, '/rest/v1/x', options)).body).toBe(text);
  });

  test('a status that cannot be passed on is named', async () => {
    const url = await startRaw('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n');
    expect((await ask(url, '/rest/v1/x', options)).status).toBe(502);
  });
});

function askWithLargeHeaders(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string },
): Promise<[number, number]> {
  const { promise, resolve, reject } = defer<[number, number]>();
  const { hostname, port } = new URL(url);
  const options = {
    hostname,
    port,
    path: '/rest/v1/x',
    method,
    headers: { ...headers },
    maxHeaderSize: 400_000,
    agent: false,
  } as const;
  const req = request(options, (res) => {
    res.resume();
    resolve([res.statusCode ?? 0, res.headers.location?.length ?? 0]);
  });
  req.on('error', reject);
  req.end(body);
  return promise;
}

describe('headers arrive when the service sends them', () => {
  test.each(WAYS)('for a request %s', async (_, options) => {
    const finish = defer<void>();
    const url = await startWith((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      void finish.promise.then(() => res.end('data: 1\n\n'));
    });
    const init = options as { method?: string; body?: string };
    const response = await fetch(`${url}/rest/v1/x`, {
      method: init.method ?? 'GET',
      ...(init.body !== undefined && { body: init.body }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    finish.resolve();
    expect(await response.text()).toBe('data: 1\n\n');
  });
});

describe('an answer before the upload is over', () => {
  test.each([300_000, 3_000_000, 30_000_000])(
    '413 and close after %d bytes reaches the client',
    async (size) => {
      const url = await startWith((_req, res) => {
        res.writeHead(413, { connection: 'close' }).end('too large', () => res.socket?.destroySoon());
      });
      for (let time = 0; time < 5; time += 1) {
        const { promise, resolve, reject } = defer<number>();
        const { hostname, port } = new URL(url);
        const req = request(
          {
            hostname,
            port,
            path: '/rest/v1/x',
            method: 'POST',
            agent: false,
            headers: { 'content-length': size },
          },
          (res) => {
            res.resume();
            resolve(res.statusCode ?? 0);
          },
        );
        req.on('error', reject);
        req.end(Buffer.alloc(size));
        expect(await promise).toBe(413);
        req.destroy();
      }
    },
  );
});
