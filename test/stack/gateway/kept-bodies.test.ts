import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { Observations, type RequestObservation } from '../../../plugin/shared/observations.ts';
import { startGateway } from '../../helpers/gateway/support.ts';

const KEYS = {
  publishableKey: undefined,
  secretKey: undefined,
  anonKey: undefined,
  serviceRoleKey: undefined,
  jwtSecret: undefined,
  jwks: undefined,
};

/** Services read bodies in different ways. */
const READERS: Readonly<Record<string, (req: IncomingMessage) => Promise<number>>> = {
  events: async (req) => {
    let size = 0;
    req.on('data', (chunk: Buffer) => (size += chunk.length));
    await once(req, 'end');
    return size;
  },
  iteration: async (req) => {
    let size = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) size += chunk.length;
    return size;
  },
  text: async (req) => {
    let size = 0;
    req.setEncoding('utf8');
    for await (const chunk of req as AsyncIterable<string>) size += Buffer.byteLength(chunk);
    return size;
  },
};

const BODIES: readonly [name: string, body: Buffer, isChunked: boolean, isKept: boolean][] = [
  ['none', Buffer.alloc(0), false, true],
  ['text', Buffer.from('{"ä":1}'), false, true],
  ['chunked text', Buffer.from('{"ä":1}'), true, true],
  ['64 KiB', Buffer.alloc(65_536, 7), false, true],
  ['more', Buffer.alloc(65_537, 7), false, false],
  ['more, chunked', Buffer.alloc(200_000, 7), true, false],
];

for (const [how, read] of Object.entries(READERS)) {
  test.each(BODIES)(`a body read by ${how} is kept: %s`, async (_name, body, isChunked, isKept) => {
    if (how === 'text' && body.length > 100) return;
    const observations = new Observations();
    const stop = observations.record({ withBodies: true });
    const observed = new Promise<RequestObservation>((resolve) => {
      observations.listen((one) => one.kind === 'request' && resolve(one));
    });
    const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      res.end(String(await read(req)));
    };
    const { port } = await startGateway({
      target: { keys: KEYS, upstreams: { rest: { kind: 'handler', handle } } },
      observations: () => observations,
    });
    const headers = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length };
    const req = request({ port, path: '/rest/v1/t', method: 'POST', headers, agent: false });
    req.end(body);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    expect((await res.toArray()).join('')).toBe(String(body.length));
    expect((await observed).body?.equals(body) ?? false).toBe(isKept);
    stop();
    expect(observations.keepsBodies).toBe(false);
  });
}
