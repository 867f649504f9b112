import { createServer, type Server } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget, UrlUpstream } from '../../../plugin/gateway/target.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { ask, listen, reflect } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, KEYS } from '../../helpers/gateway/tokens.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

// Random requests of both protocols and random frames. An uncaught error fails the run, and so does a line of a last net:
// it must not be needed. FUZZ_REQUESTS=100000 and FUZZ_SEED=2 for a long run by hand.

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 600);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

/** Pseudo-random numbers, the same for the same seed (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PATHS = [
  '/rest/v1/items',
  '/rest/v1/../x',
  '/auth/v1/dev/consent',
  '/storage/v1/s3/b/k?X-Amz-Signature=%',
  '/storage/v1/object',
  '/realtime/v1/websocket?apikey=sb_publishable_test&vsn=1.0.0',
  '/realtime/v1/websocket',
  '/realtime/v1/api/broadcast',
  '/functions/v1/f',
  '/__supabase/mail/',
  '/graphql/v1',
  '/realtime/v1/%',
  '/rest/v1/items?apikey=%E0%A4%A',
  '/rest/v1\\x',
  '*',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'];
const VALUES = [
  '',
  'x',
  'localhost',
  'close',
  'keep-alive',
  'upgrade',
  'websocket',
  'h2c',
  'chunked',
  '0',
  '-1',
  '5',
  '99999999999',
  'Bearer x',
  'Bearer',
  `Bearer ${KEYS.anonKey}`,
  '100-continue',
  'trailers',
  '\u00ff\u00fe',
  'a'.repeat(5_000),
  'http://evil.example',
  'null',
  '127.0.0.1, 6.6.6.6',
  'sb-127-auth-token=base64-%%%; sb-127-auth-token.0=x',
  'AWS4-HMAC-SHA256 Credential=',
  '13',
  'dGhlIHNhbXBsZSBub25jZQ==',
];
const NAMES = [
  'host',
  'connection',
  'upgrade',
  'transfer-encoding',
  'content-length',
  'expect',
  'te',
  'trailer',
  'authorization',
  'apikey',
  'cookie',
  'origin',
  'sec-fetch-site',
  'x-forwarded-for',
  'forwarded',
  'via',
  'x-api-key',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'x-supabase-gateway-secret',
  'x-supabase-allowed-roles',
  'content-type',
  'accept',
  'keep-alive',
  'http2-settings',
];

class Fuzzer {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = makeRandom(seed);
  }

  number(below: number): number {
    return Math.floor(this.#random() * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.number(list.length)] as T;
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.number(most) }, () => this.number(256)));
  }

  headers(): [string, string][] {
    return Array.from({ length: this.number(7) }, () => [this.pick(NAMES), this.pick(VALUES)]);
  }

  /** A request with a line break too few, a body too much, frames behind it, or just bytes. */
  http1(): Buffer {
    if (this.number(12) === 0) return this.bytes(400);
    const isUpgrade = this.number(3) === 0;
    const lines = [`${this.pick(METHODS)} ${this.pick(PATHS)} HTTP/1.1`];
    if (this.number(8) > 0) lines.push('Host: localhost');
    if (isUpgrade) {
      lines.push('Connection: upgrade', `Upgrade: ${this.pick(['websocket', 'h2c', 'x'])}`);
      lines.push('Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
    }
    for (const [name, value] of this.headers()) lines.push(`${name}: ${value}`);
    const head = Buffer.from(`${lines.join('\r\n')}\r\n${this.number(20) === 0 ? '' : '\r\n'}`, 'latin1');
    return Buffer.concat([head, this.bytes(this.pick([1, 20, 3_000]))]);
  }
}

/** An upstream that answers, resets, answers early, or sends something else. */
function makeUpstream(fuzzer: Fuzzer): Server {
  return createServer((req, res) => {
    const kind = fuzzer.number(8);
    if (kind === 0) req.socket.destroy();
    else if (kind === 1) req.socket.end('garbage');
    else if (kind === 2) res.writeHead(304, { 'content-length': '99' }).end();
    else if (kind === 3)
      res.writeHead(200, { trailer: 'x', 'transfer-encoding': 'chunked' }).end('x', () => {});
    else reflect(req, res);
  });
}

function sendRaw(port: number, bytes: Buffer, fuzzer: Fuzzer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(150, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('data', () => {
      if (fuzzer.number(3) === 0) socket.destroy();
    });
    socket.write(bytes);
    if (fuzzer.number(2) === 0) socket.end();
  });
}

test('no random request or frame ends the process or needs the last net', { timeout: 0 }, async () => {
  const fuzzer = new Fuzzer(SEED);
  const { url: http } = await listen(makeUpstream(fuzzer));
  const realtime = createFixtureRealtime({ secret: JWT_SECRET, refusalDelay: 1 });
  const { url: socketUrl } = await listen(realtime.server);
  const upstream = (url: string): UrlUpstream => ({
    kind: 'url',
    url: new URL(url),
    speaks: 'service',
    host: 'client',
  });
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: {
      rest: upstream(http),
      auth: upstream(http),
      functions: upstream(http),
      storage: { kind: 'handler', handle: reflect },
      realtime: upstream(socketUrl),
    },
  };
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const gateway = new Gateway({ target, logger: { info: log, warn: log, error: log } });
  onTestEnd(() => gateway.close());
  const plain = createServer((req, res) => {
    if (!gateway.handle(req, res)) res.end();
  });
  addUpgradeListener(plain, gateway);
  const { port, url } = await listen(plain);
  const secure = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (req, res) => {
    if (!gateway.handle(req, res)) res.end();
  });
  addUpgradeListener(secure, gateway);
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  onTestEnd(() => void secure.close());
  const session = connectHttp2(`https://localhost:${(secure.address() as AddressInfo).port}`, {
    rejectUnauthorized: false,
  });
  session.on('error', () => {});
  onTestEnd(() => session.destroy());

  const sendHttp2 = (): Promise<void> =>
    new Promise((resolve) => {
      const forbidden = new Set([
        'connection',
        'upgrade',
        'transfer-encoding',
        'keep-alive',
        'te',
        'http2-settings',
        'host',
      ]);
      const headers = Object.fromEntries(fuzzer.headers().filter(([name]) => !forbidden.has(name)));
      const stream = session.request({
        ...headers,
        ':path': fuzzer.pick(PATHS),
        ':method': fuzzer.pick(METHODS),
      });
      stream.on('error', () => {});
      stream.on('close', () => resolve());
      stream.setTimeout(150, () => stream.close());
      stream.resume().end(fuzzer.bytes(200));
    });

  for (let sent = 0; sent < REQUESTS; sent += 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 4 === 0 ? sendHttp2() : sendRaw(port, fuzzer.http1(), fuzzer),
      ),
    );
  }
  expect(lines.filter((line) => line.includes('The gateway failed'))).toEqual([]);
  expect((await ask(url, '/storage/v1/bucket')).status).toBe(200);
});
