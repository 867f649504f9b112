import { expect, test } from 'vitest';
import { below, createRandom, pick, type Random } from '../../helpers/random.ts';
import { fuzz, FUZZ_RUNS, FUZZ_SEED, FUZZ_TIMEOUT_MS, startFuzzServer } from './fuzz-server.ts';
import { FRAME, Http2Connection } from './http2-connection.ts';
import { randomHttp } from './random-http.ts';

/** A request as RFC 9113 has it, but for headers of HTTP/1 and methods and paths that it forbids. */
function sendRequest(connection: Http2Connection, random: Random, stream: number, apikey: string): void {
  const { method, path, headers, body } = randomHttp(random, apikey);
  const fields: [string, string][] = [
    [':method', method],
    [':scheme', 'https'],
    [':authority', pick(random, ['localhost', 'localhost', '127.0.0.1', 'evil.example', ''])],
    [':path', random() < 0.95 ? path : pick(random, ['*', '', 'x', '//'])],
  ];
  for (const [name, value] of headers) {
    // A connection header makes the whole request malformed, so few have one.
    if (!/^(connection|upgrade|transfer-encoding)$/i.test(name) || random() < 0.1)
      fields.push([name.toLowerCase(), value]);
  }
  connection.request(stream, fields, body === '' ? undefined : body);
}

/** Frames that a parser accepts, for a stream that may be open, closed or not begun. */
const VALID_FRAMES: ((connection: Http2Connection, random: Random, stream: number) => void)[] = [
  (connection, random, stream) =>
    connection.send(FRAME.DATA, below(random, 2), stream, randomBytes(random, 3000)),
  (connection, random, stream) => connection.send(FRAME.RST_STREAM, 0, stream, uint32(below(random, 14))),
  (connection, random) => connection.send(FRAME.SETTINGS, 0, 0, randomSettings(random)),
  (connection, random) => connection.send(FRAME.PING, below(random, 2), 0, Buffer.alloc(8)),
  (connection, random, stream) =>
    connection.send(
      FRAME.WINDOW_UPDATE,
      0,
      pick(random, [0, stream]),
      uint32(pick(random, [1, 2 ** 31 - 1])),
    ),
  (connection, random) =>
    connection.send(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(below(random, 9)), uint32(below(random, 14))])),
];

/** Requests, with other frames between some of them. */
async function converse(port: number, random: Random, apikey: string): Promise<void> {
  const connection = new Http2Connection(port);
  connection.send(FRAME.SETTINGS, 0, 0, random() < 0.5 ? undefined : randomSettings(random));
  const isPlain = random() < 0.6;
  let stream = 1;
  for (let count = 1 + below(random, 8); count > 0; count--) {
    sendRequest(connection, random, stream, apikey);
    if (!isPlain) pick(random, VALID_FRAMES)(connection, random, pick(random, [1, stream, stream + 2]));
    stream += 2;
  }
  if (random() < 0.1) connection.destroy();
  else connection.end();
  await connection.closed;
}

/** Frames of random bytes. */
async function babble(port: number, random: Random): Promise<void> {
  const connection = new Http2Connection(port);
  connection.send(FRAME.SETTINGS, 0, 0);
  for (let count = below(random, 20); count > 0; count--) {
    const stream = pick(random, [0, 1, 3, 2 ** 31 - 1]);
    connection.send(below(random, 17), below(random, 256), stream, randomBytes(random, 64));
  }
  connection.end();
  await connection.closed;
}

function randomSettings(random: Random): Buffer {
  const settings = Array.from({ length: below(random, 4) }, () => {
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(pick(random, [1, 2, 3, 4, 5, 6, 8, 99]));
    setting.writeUInt32BE(pick(random, [0, 1, 100, 16_384, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]), 2);
    return setting;
  });
  return Buffer.concat(settings);
}

function randomBytes(random: Random, limit: number): Buffer {
  return Buffer.from(Array.from({ length: below(random, limit) }, () => below(random, 256)));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

test(
  `survives ${FUZZ_RUNS} hostile connections over HTTP/2`,
  async () => {
    await using server = await startFuzzServer();
    const random = createRandom(FUZZ_SEED);
    await fuzz(server, () =>
      random() < 0.1 ? babble(server.securePort, random) : converse(server.securePort, random, server.apikey),
    );
    expect(server.uncaught).toEqual([]);
  },
  FUZZ_TIMEOUT_MS,
);
