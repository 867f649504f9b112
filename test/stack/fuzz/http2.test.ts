import {
  connect as connectSession,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { below, createRandom, pick, type Random } from '../../helpers/random.ts';
import { fuzz, FUZZ_RUNS, FUZZ_SEED, FUZZ_TIMEOUT_MS, startFuzzServer } from './fuzz-server.ts';
import { randomHttp } from './random-http.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
// Node's client refuses to send these.
const HTTP1_ONLY = /^(connection|upgrade|transfer-encoding|host|keep-alive|proxy-connection)$/i;
const RESETS = [constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_NO_ERROR];

/** One stream: answered, reset or left half open. */
async function request(session: ClientHttp2Session, random: Random, apikey: string): Promise<void> {
  const { method, path, headers, body } = randomHttp(random, apikey);
  const fields: Record<string, string> = {
    ':method': /^[A-Z]+$/.test(method) ? method : 'POST',
    ':path': path,
  };
  if (fields[':method'] === 'CONNECT') delete fields[':path'];
  for (const [name, value] of headers) if (!HTTP1_ONLY.test(name)) fields[name.toLowerCase()] = value;
  const stream = openStream(session, { ...fields, ':authority': 'localhost' }, body === '');
  if (!stream) return;
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.on('error', () => {});
  stream.resume();
  if (body !== '' && random() < 0.9) stream.end(body);
  if (random() < 0.2) stream.close(pick(random, RESETS));
  stream.setTimeout(1000, () => stream.close());
  await closed;
}

/** Undefined for what Node's client refuses to send. */
function openStream(
  session: ClientHttp2Session,
  fields: Record<string, string>,
  endStream: boolean,
): ClientHttp2Stream | undefined {
  try {
    return session.request(fields, { endStream });
  } catch {
    return undefined;
  }
}

/** A connection of valid and invalid frames. */
async function sendFrames(port: number, random: Random): Promise<void> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(PREFACE);
  socket.write(frame(4, 0, 0, Buffer.alloc(0)));
  for (let count = below(random, 20); count > 0; count--) {
    const payload = Buffer.from(Array.from({ length: below(random, 64) }, () => below(random, 256)));
    socket.write(frame(below(random, 12), below(random, 256), pick(random, [0, 1, 3, 2 ** 31 - 1]), payload));
  }
  socket.end();
  socket.setTimeout(1000, () => socket.destroy());
  await closed;
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connectSession(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  await new Promise((resolve) => session.once('connect', resolve).once('close', resolve));
  return session;
}

test(
  `survives ${FUZZ_RUNS} hostile requests over HTTP/2`,
  async () => {
    await using server = await startFuzzServer();
    const random = createRandom(FUZZ_SEED);
    const sessions = new Set<ClientHttp2Session>();
    const open = async (): Promise<ClientHttp2Session> => {
      const opened = await openSession(server.securePort);
      sessions.add(opened);
      opened.once('close', () => sessions.delete(opened));
      return opened;
    };
    let session = await open();
    await fuzz(server, async () => {
      if (random() < 0.1) {
        await sendFrames(server.securePort, random);
        return;
      }
      if (random() < 0.01) session.destroy();
      if (session.destroyed || session.closed) session = await open();
      await request(session, random, server.apikey);
    });
    // Several attempts at a time may have opened one each.
    for (const opened of sessions) opened.destroy();
    expect(server.uncaught).toEqual([]);
  },
  FUZZ_TIMEOUT_MS,
);
