import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { below, createRandom, pick, type Random } from '../../helpers/random.ts';
import { fuzz, FUZZ_RUNS, FUZZ_SEED, FUZZ_TIMEOUT_MS, startFuzzServer } from './fuzz-server.ts';
import { randomHttp } from './random-http.ts';

/** One request as bytes: whole, chunked well or badly, with a wrong length, cut off, or with some bytes changed. */
function requestBytes(random: Random, apikey: string): Buffer {
  const { method, path, headers, body } = randomHttp(random, apikey);
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  let content = body;
  const framing = random();
  if (framing < 0.6) {
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  } else if (framing < 0.85) {
    lines.push('Transfer-Encoding: chunked');
    const size = pick(random, [
      Buffer.byteLength(body).toString(16),
      'zz',
      '-1',
      'ffffffffffffffff',
      '5;ext=1',
    ]);
    content = `${size}\r\n${body}\r\n${pick(random, ['0\r\n\r\n', '0\r\nx: y\r\n\r\n', ''])}`;
  } else {
    lines.push(`Content-Length: ${below(random, 2 * body.length + 2)}`);
  }
  const version = pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9']);
  const bytes = Buffer.from(
    `${method} ${path} ${version}\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n${content}`,
  );
  if (random() < 0.1) return bytes.subarray(0, below(random, bytes.length));
  if (random() < 0.1)
    for (let i = below(random, 5); i >= 0; i--) bytes[below(random, bytes.length)] = below(random, 256);
  return bytes;
}

/** Sends bytes in pieces and waits for the end of the connection, or breaks it off. */
async function exchange(port: number, bytes: Buffer, random: Random): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  const cut = below(random, bytes.length);
  socket.write(bytes.subarray(0, cut));
  if (random() < 0.1) {
    socket.destroy();
  } else {
    socket.end(bytes.subarray(cut));
    // The inbox's long poll and upgraded sockets stay open.
    socket.setTimeout(1000, () => socket.destroy());
  }
  await closed;
}

test(
  `survives ${FUZZ_RUNS} hostile connections over HTTP/1.1`,
  async () => {
    await using server = await startFuzzServer();
    const random = createRandom(FUZZ_SEED);
    await fuzz(server, async () => {
      const pipelined = Array.from({ length: 1 + below(random, 3) }, () =>
        requestBytes(random, server.apikey),
      );
      await exchange(server.port, Buffer.concat(pipelined), random);
    });
    expect(server.uncaught).toEqual([]);
  },
  FUZZ_TIMEOUT_MS,
);
