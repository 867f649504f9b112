import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { below, createRandom, pick, type Random } from '../../helpers/random.ts';
import {
  fuzz,
  FUZZ_RUNS,
  FUZZ_SEED,
  FUZZ_TIMEOUT_MS,
  startFuzzServer,
  type FuzzServer,
} from './fuzz-server.ts';
import { randomJson } from './random-json.ts';

const TOPICS = [
  'realtime:room',
  'realtime:private',
  'realtime:forbidden',
  'realtime:',
  'phoenix',
  'room',
  '__proto__',
];
const EVENTS = [
  'phx_join',
  'phx_leave',
  'broadcast',
  'presence',
  'access_token',
  'heartbeat',
  'phx_close',
  'toString',
];
const CONFIGS = [
  '{"config":{"broadcast":{"self":true,"ack":true},"presence":{"enabled":true,"key":"k"}}}',
  '{"config":{"private":true,"presence":{"enabled":true},"broadcast":{"ack":true,"replay":{"since":0,"limit":5}}}}',
  '{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"items","filter":"id=gt.0"}]}}',
  '{}',
];

/** A message of one of the two protocol versions: text or, in 2.0.0, binary. */
function randomMessage(random: Random, version: number): Buffer {
  const [topic, event] = [pick(random, TOPICS), pick(random, EVENTS)];
  let payload = randomJson(random);
  if (event === 'phx_join' && random() < 0.8) payload = pick(random, CONFIGS);
  if (event === 'presence' && random() < 0.5)
    payload = `{"event":"${pick(random, ['track', 'untrack'])}","payload":${payload}}`;
  if (event === 'access_token' && random() < 0.5) payload = `{"access_token":${payload}}`;
  const ref = pick(random, ['"1"', '1', 'null', '{}', '"x"']);
  if (version === 1)
    return Buffer.from(`{"topic":"${topic}","event":"${event}","payload":${payload},"ref":${ref}}`);
  if (random() < 0.3) return randomBinary(random, topic, payload);
  const more = pick(random, ['', '', '', `,${randomJson(random)}`]);
  return Buffer.from(`["1",${ref},"${topic}","${event}",${payload}${more}]`);
}

function randomBinary(random: Random, topic: string, payload: string): Buffer {
  const kind = pick(random, [0, 2, 3, 4, 255]);
  const names = ['1', '2', topic, pick(random, EVENTS), '{}'].slice(0, kind === 0 ? 4 : 5);
  const lengths = names.map((name) => (random() < 0.1 ? below(random, 256) : name.length));
  const message = Buffer.from([
    kind,
    ...lengths,
    ...(kind === 0 ? [] : [below(random, 3)]),
    ...Buffer.from(names.join('') + payload),
  ]);
  return random() < 0.1 ? message.subarray(0, below(random, message.length)) : message;
}

/** A frame as bytes, often against RFC 6455: unmasked, reserved bits and opcodes, wrong lengths. */
function randomFrame(random: Random): Buffer {
  const payload =
    random() < 0.5 ? randomMessage(random, pick(random, [1, 2])) : Buffer.from([below(random, 256), 255, 0]);
  const isValid = random() < 0.6;
  const opcode = isValid ? pick(random, [1, 2, 9, 10]) : below(random, 16);
  const first = (isValid || random() < 0.5 ? 0x80 : below(random, 8) << 4) | opcode;
  const mask = random() < 0.9;
  const length = isValid ? payload.length : pick(random, [0, 125, 126, 127, payload.length, 2 ** 40]);
  const head = [first, ...encodeLength(length, mask)];
  const key = Buffer.from([1, 2, 3, 4]);
  if (!mask) return Buffer.concat([Buffer.from(head), payload]);
  return Buffer.concat([Buffer.from(head), key, payload.map((byte, i) => byte ^ (key[i % 4] ?? 0))]);
}

function encodeLength(length: number, mask: boolean): number[] {
  const bit = mask ? 0x80 : 0;
  if (length < 126) return [bit | length];
  if (length < 65_536) return [bit | 126, length >> 8, length & 255];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return [bit | 127, ...bytes];
}

async function sendFrames({ port, apikey }: FuzzServer, random: Random): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `GET /realtime/v1/websocket?vsn=${pick(random, [1, 2])}.0.0&apikey=${apikey} HTTP/1.1\r\nHost: localhost\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  // Some frames come with the handshake, before it is answered.
  if (random() < 0.8) await nextData(socket);
  for (let count = below(random, 10); count >= 0; count--) socket.write(randomFrame(random));
  socket.resume();
  if (random() < 0.3) socket.destroy();
  else socket.end();
  socket.setTimeout(1000, () => socket.destroy());
  await closed;
}

function nextData(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
}

/** Sends messages over one socket, and then a heartbeat, which has to be answered. */
async function sendMessages({ port, apikey }: FuzzServer, random: Random): Promise<void> {
  const version = pick(random, [1, 2]);
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/realtime/v1/websocket?vsn=${version}.0.0&apikey=${apikey}`,
  );
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  const answered = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.includes('"last"')) resolve();
    });
  });
  for (let count = below(random, 20); count >= 0; count--) {
    const message = randomMessage(random, version);
    socket.send(message, { binary: version === 2 && (message[0] ?? 0) !== 0x5b });
  }
  const heartbeat =
    version === 1
      ? '{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"last"}'
      : '[null,"last","phoenix","heartbeat",{}]';
  socket.send(heartbeat);
  await Promise.race([answered, closed]);
  if (socket.readyState !== WebSocket.OPEN)
    throw new Error('Realtime closed the socket of a client that sent messages');
  socket.terminate();
}

test(
  `survives ${FUZZ_RUNS} connections of hostile WebSocket frames`,
  async () => {
    await using server = await startFuzzServer();
    const random = createRandom(FUZZ_SEED);
    await fuzz(server, () => sendFrames(server, random));
    expect(server.uncaught).toEqual([]);
    expect(server.logged).toEqual([]);
  },
  FUZZ_TIMEOUT_MS,
);

test(
  `answers after each of ${FUZZ_RUNS} series of hostile Realtime messages`,
  async () => {
    await using server = await startFuzzServer();
    const random = createRandom(FUZZ_SEED);
    await fuzz(server, () => sendMessages(server, random));
    expect(server.uncaught).toEqual([]);
    expect(server.logged).toEqual([]);
  },
  FUZZ_TIMEOUT_MS,
);
