import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions({
    upper: `Deno.serve((req) => new Response(req.body!
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TransformStream({ transform: (text, c) => c.enqueue(text.toUpperCase()) }))
      .pipeThrough(new TextEncoderStream())));`,
    events: `Deno.serve((req) => {
      let timer: number;
      const body = new ReadableStream({
        start(c) {
          let n = 0;
          timer = setInterval(() => c.enqueue(new TextEncoder().encode('data: ' + n++ + '\\n\\n')), 20);
        },
        cancel() { clearInterval(timer); console.log('events cancelled'); },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });`,
    slow: `Deno.serve(async (req) => {
      req.signal.addEventListener('abort', () => console.log('slow aborted'));
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      return new Response('late');
    });`,
    cut: `Deno.serve(() => new Response(new ReadableStream({
      start(c) { c.enqueue(new TextEncoder().encode('part')); setTimeout(() => c.error(new Error('cut off')), 50); },
    })));`,
    large: `Deno.serve((req) => {
      let left = Number(new URL(req.url).searchParams.get('mib'));
      return new Response(new ReadableStream({
        pull(c) { if (left-- > 0) c.enqueue(new Uint8Array(1024 * 1024)); else c.close(); },
      }));
    });`,
    socket: `Deno.serve((req) => {
      if (req.headers.get('upgrade') !== 'websocket') return new Response('no upgrade', { status: 426 });
      if (new URL(req.url).searchParams.has('refuse')) return new Response('refused', { status: 401 });
      const { socket, response } = Deno.upgradeWebSocket(req, { protocol: req.headers.get('sec-websocket-protocol') ?? '' });
      socket.onmessage = (e) => e.data === 'close' ? socket.close(4001, 'as asked') : socket.send(e.data);
      socket.onclose = () => console.log('socket closed');
      return response;
    });`,
  });
});

afterAll(() => stack.stop());

describe('a stream', () => {
  test('runs both ways at once', async () => {
    const req = request(`${stack.url}/functions/v1/upper`, { method: 'POST' });
    req.write('first');
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    const chunks: string[] = [];
    for await (const chunk of res) {
      chunks.push(String(chunk));
      if (chunks.length === 1) req.end('second');
    }
    expect(chunks).toEqual(['FIRST', 'SECOND']);
  });

  test('of events arrives event by event, and ends in the function when the client goes', async () => {
    const abort = new AbortController();
    const response = await stack.call('events', { signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    // On a busy machine the first two come together.
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^data: 0\n\n/);
    abort.abort();
    await stack.printed(/events cancelled/);
  });

  test('of 64 MiB arrives whole', async () => {
    const body = await (await stack.call('large?mib=64')).arrayBuffer();
    expect(body.byteLength).toBe(64 * 1024 * 1024);
  });

  test('that the function cuts off is not completed', async () => {
    const response = await stack.call('cut');
    await expect(response.text()).rejects.toThrow(/terminated|aborted/);
  });

  test('an abort before the answer reaches the function’s signal', async () => {
    const abort = new AbortController();
    const call = stack.call('slow', { signal: abort.signal }).catch(() => 'aborted');
    setTimeout(() => abort.abort(), 1_000);
    expect(await call).toBe('aborted');
    await stack.printed(/slow aborted/);
  });
});

describe('a WebSocket', () => {
  const open = (query = '', protocols: string[] = []): WebSocket =>
    new WebSocket(`${stack.url.replace('http', 'ws')}/functions/v1/socket${query}`, protocols);

  test('is answered by the function, with its protocol and close code', async () => {
    const socket = open('', ['chat']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('chat');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('hello');
    socket.send(Buffer.alloc(100_000, 7));
    expect(((await once(socket, 'message'))[0] as Buffer).length).toBe(100_000);
    socket.send('close');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([4001, 'as asked']);
  });

  test('that the client drops is closed in the function', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.terminate();
    expect(await stack.printed(/socket closed/)).toContain('[socket]');
  });

  test('may be refused by the function', async () => {
    const [, response] = await once(open('?refuse'), 'unexpected-response');
    expect(response.statusCode).toBe(401);
    response.destroy();
  });

  test.each([
    ['https://foreign.example', 403],
    ['null', 403],
    ['http://localhost:5999', 101],
  ])('from a page of %s is answered with %d', async (origin, status) => {
    const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/functions/v1/socket`, { origin });
    const answer = await new Promise<number | undefined>((resolve) => {
      socket.once('upgrade', (res) => resolve(res.statusCode));
      socket.once('unexpected-response', (_req, res) => resolve(res.statusCode));
    });
    socket.on('error', () => {}).terminate();
    expect(answer).toBe(status);
  });

  test('of a function that does not exist is refused', async () => {
    const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/functions/v1/nope`);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    response.destroy();
  });
});
