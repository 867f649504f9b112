import { createHash } from 'node:crypto';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { ask, defer, listen, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

const MIB = 1024 * 1024;
// Enough to show that bodies are not held in memory; the bench sends a gibibyte.
const OBJECT_MIB = 256;

async function behind(handler: Parameters<typeof createServer>[1]): Promise<{ url: string; port: number }> {
  const { url } = await listen(createServer(handler));
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: { storage: upstream, functions: upstream, rest: upstream },
  };
  return startGateway({ target });
}

describe('a large object', () => {
  const chunk = Buffer.alloc(MIB, 'x');

  test('is uploaded with flat memory', async () => {
    const { port } = await behind((req, res) => {
      let bytes = 0;
      req.on('data', (data: Buffer) => (bytes += data.length));
      req.on('end', () => res.end(String(bytes)));
    });
    const before = process.memoryUsage().rss;
    let peak = before;
    const answer = defer<IncomingMessage>();
    const length = OBJECT_MIB * MIB;
    const upload = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/storage/v1/object/b/o',
      headers: { 'content-length': length },
    });
    upload.on('response', answer.resolve);
    upload.on('error', answer.reject);
    for (let i = 0; i < OBJECT_MIB; i++) {
      if (!upload.write(chunk)) {
        const drained = defer<void>();
        upload.once('drain', () => drained.resolve());
        await drained.promise;
      }
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    upload.end();
    expect(String(await (await answer.promise).setEncoding('utf8').toArray())).toBe(String(length));
    // Client, gateway and upstream are all in this process.
    expect(peak - before).toBeLessThan(OBJECT_MIB * MIB * 0.6);
  });

  test('is downloaded at the speed of the reader', async () => {
    let written = 0;
    const { port } = await behind((_, res) => {
      res.writeHead(200, { 'content-length': OBJECT_MIB * MIB });
      const write = (): void => {
        while (written < OBJECT_MIB) {
          written += 1;
          if (!res.write(chunk)) return;
        }
        res.end();
      };
      res.on('drain', write);
      write();
    });
    const response = defer<IncomingMessage>();
    request({ port, host: '127.0.0.1', path: '/storage/v1/object/b/o' }, response.resolve).end();
    const download = await response.promise;
    // The client does not read: the upstream must stop once the sockets' buffers are full.
    const quiet = async (): Promise<boolean> => {
      const then = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return written === then;
    };
    await expect.poll(quiet, { interval: 10 }).toBe(true);
    expect(written).toBeLessThan(OBJECT_MIB / 2);
    let bytes = 0;
    for await (const data of download) bytes += (data as Buffer).length;
    expect(bytes).toBe(OBJECT_MIB * MIB);
  });
});

test('a reader that pauses for longer than the idle timeout still gets everything', async () => {
  const { url } = await listen(createServer((_, res) => void res.end(Buffer.alloc(32 * MIB))));
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const idle = 50;
  const target: GatewayTarget = { keys: KEYS, upstreams: { storage: upstream } };
  const { port } = await startGateway({ target, timeouts: { idle } });
  const response = defer<IncomingMessage>();
  request({ port, host: '127.0.0.1', path: '/storage/v1/object/b/o' }, response.resolve).end();
  const download = await response.promise;
  await new Promise((resolve) => setTimeout(resolve, idle * 4));
  let bytes = 0;
  for await (const data of download) bytes += (data as Buffer).length;
  expect(bytes).toBe(32 * MIB);
});

test.each([
  ['GET', 5],
  ['POST', 0],
  ['POST', 1],
  ['PATCH', 65_536],
  ['PUT', 65_537],
  ['PUT', 1_000_000],
  ['DELETE', 100],
])('a %s with a body of %i bytes arrives whole, announced and in chunks', async (method, size) => {
  const { url } = await behind((req, res) => {
    const hash = createHash('md5');
    req.on('data', (data: Buffer) => hash.update(data));
    req.on('end', () => res.end(`${req.method} ${req.headers['content-length']} ${hash.digest('hex')}`));
  });
  const body = Buffer.alloc(size, 'abc');
  const digest = createHash('md5').update(body).digest('hex');
  const announced = await ask(url, '/storage/v1/object/b/o', {
    method,
    body,
    headers: { 'content-length': String(size) },
  });
  expect(announced.body).toBe(`${method} ${size} ${digest}`);
  const chunked = await ask(url, '/storage/v1/object/b/o', {
    method,
    body,
    headers: { 'transfer-encoding': 'chunked' },
  });
  expect(chunked.body).toBe(`${method} undefined ${digest}`);
});

test('a response that a function sends in pieces arrives in pieces', async () => {
  const next: (() => void)[] = [];
  const { port } = await behind((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: 1\n\n');
    next.push(
      () => res.write('data: 2\n\n'),
      () => res.end('data: 3\n\n'),
    );
  });
  const response = defer<IncomingMessage>();
  request({ port, host: '127.0.0.1', path: '/functions/v1/stream' }, response.resolve).end();
  const received: string[] = [];
  for await (const data of (await response.promise).setEncoding('utf8')) {
    received.push(data as string);
    next.shift()?.();
  }
  expect(received).toEqual(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
});

test('an upload arrives in pieces too', async () => {
  const pieces: string[] = [];
  const arrived: (() => void)[] = [];
  const { port } = await behind((req, res) => {
    req.setEncoding('utf8').on('data', (data: string) => {
      pieces.push(data);
      arrived.shift()?.();
    });
    req.on('end', () => res.end('done'));
  });
  const upload = request({ port, host: '127.0.0.1', method: 'POST', path: '/functions/v1/x' });
  const response = defer<IncomingMessage>();
  upload.on('response', response.resolve);
  for (const piece of ['a', 'b', 'c']) {
    const { promise, resolve } = defer<void>();
    arrived.push(resolve);
    upload.write(piece);
    await promise;
  }
  upload.end();
  expect(String(await (await response.promise).setEncoding('utf8').toArray())).toBe('done');
  expect(pieces).toEqual(['a', 'b', 'c']);
});

test('a client that sends Expect: 100-continue gets a 100', async () => {
  const { port } = await behind((req, res) => {
    req.setEncoding('utf8').on('data', (data: string) => res.end(`got ${data}`));
  });
  const upload = request({
    port,
    host: '127.0.0.1',
    method: 'PUT',
    path: '/storage/v1/object/b/o',
    headers: { expect: '100-continue', 'content-length': 4 },
  });
  const response = defer<IncomingMessage>();
  upload.on('continue', () => upload.end('body'));
  upload.on('response', response.resolve);
  upload.flushHeaders();
  expect(String(await (await response.promise).setEncoding('utf8').toArray())).toBe('got body');
});

describe('answers without a body', () => {
  test('HEAD keeps its Content-Length, and the connection stays usable', async () => {
    const { port } = await behind((_, res) =>
      res.writeHead(200, { 'content-length': 1000, 'content-range': '0-9/100' }).end(),
    );
    const { promise, resolve } = defer<string>();
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        'HEAD /rest/v1/items HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /rest/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      ),
    );
    onTestEnd(() => socket.destroy());
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('close', () => resolve(text));
    const answers = (await promise).match(/HTTP\/1\.1 200 OK/g);
    expect(answers).toHaveLength(2);
    expect(text).toContain('content-length: 1000');
    expect(text).toContain('content-range: 0-9/100');
  });

  test.each([204, 304])('%i', async (status) => {
    const { url } = await behind((_, res) => res.writeHead(status, { etag: '"x"' }).end());
    const answer = await ask(url, '/rest/v1/items', { method: 'GET' });
    expect(answer).toMatchObject({ status, body: '', headers: { etag: '"x"' } });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });
});

test('ranges, several Set-Cookie and the reason phrase are forwarded unchanged', async () => {
  const { url } = await behind((req, res) => {
    res.writeHead(206, 'Some Content', [
      'content-range',
      `${req.headers.range} seen`,
      'set-cookie',
      'a=1; Domain=supabase.co; Path=/',
      'set-cookie',
      'b=2',
    ]);
    res.end('x');
  });
  const answer = await ask(url, '/storage/v1/object/b/o', { headers: { range: 'bytes=0-0' } });
  expect(answer.status).toBe(206);
  expect(answer.headers['content-range']).toBe('bytes=0-0 seen');
  // The browser would drop a cookie for the upstream's domain.
  expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2']);
});

test('informational responses are dropped, and the final one is forwarded', async () => {
  const { url } = await behind((_, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    res.writeProcessing();
    res.end('answer');
  });
  expect(await ask(url, '/rest/v1/items')).toMatchObject({ status: 200, body: 'answer' });
});

test('bytes beyond ASCII in headers and reason are forwarded unchanged', async () => {
  const { url } = await behind((_, res) => {
    res.socket?.end(Buffer.from('HTTP/1.1 200 Grüße\r\nX-Name: Jürgen\r\n\r\nto the end', 'latin1'));
  });
  const { port } = new URL(url);
  const { promise, resolve } = defer<string>();
  let text = '';
  const socket = connect(Number(port), '127.0.0.1', () =>
    socket.write('GET /rest/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
  );
  onTestEnd(() => socket.destroy());
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  socket.on('close', () => resolve(text));
  expect(await promise).toMatch(/^HTTP\/1\.1 200 Gr.*e\r\n/);
  expect(text).toContain('X-Name: Jürgen\r\n');
  // Without a Content-Length, the end of the connection ends the body.
  expect(text).toContain('to the end');
});

test('headers that earlier middleware has set are kept', async () => {
  const { url: upstream } = await listen(
    createServer((_, res) =>
      res.writeHead(200, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'vary', 'Accept']).end(),
    ),
  );
  const way = { kind: 'url', url: new URL(upstream), speaks: 'gateway', host: 'client' } as const;
  const gateway = new Gateway({ target: { keys: KEYS, upstreams: { rest: way } }, logger: silentLogger });
  onTestEnd(() => gateway.close());
  const { url } = await listen(
    createServer((req, res) => {
      res.setHeader('vary', 'Origin');
      res.setHeader('access-control-allow-origin', 'http://localhost:1');
      gateway.handle(req, res);
    }),
  );
  const { headers } = await ask(url, '/rest/v1/items');
  expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(headers.vary).toBe('Origin, Accept');
  expect(headers['access-control-allow-origin']).toBe('*');
});

test('trailers are forwarded in both directions', async () => {
  const { port } = await behind((req, res) => {
    req.resume();
    req.on('end', () => {
      res.writeHead(200, { trailer: 'x-sum' });
      res.write('body');
      res.addTrailers({ 'x-sum': `${req.trailers['x-sum']}!` });
      res.end();
    });
  });
  const response = defer<IncomingMessage>();
  const upload = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/functions/v1/x',
    headers: { trailer: 'x-sum' },
  });
  upload.on('response', response.resolve);
  upload.write('data');
  upload.addTrailers({ 'x-sum': createHash('md5').update('data').digest('hex') });
  upload.end();
  const answer = await response.promise;
  await answer.toArray();
  expect(answer.trailers['x-sum']).toBe('8d777f385d3dfec8815d20f7496026dc!');
});

test('a redirect to the upstream leads to us; one to another server stays', async () => {
  let location = '';
  const { url: upstream } = await listen(createServer((_, res) => res.writeHead(302, { location }).end()));
  const way = { kind: 'url', url: new URL(upstream), speaks: 'gateway', host: 'client' } as const;
  const { url, port } = await startGateway({
    target: { keys: KEYS, upstreams: { storage: way, auth: way } },
  });
  location = `${upstream}/storage/v1/upload/resumable/1`;
  expect((await ask(url, '/storage/v1/upload/resumable')).headers.location).toBe(
    `http://127.0.0.1:${port}/storage/v1/upload/resumable/1`,
  );
  location = 'https://accounts.example/authorize';
  expect((await ask(url, '/auth/v1/authorize')).headers.location).toBe(location);
});
