import { connect, type TLSSocket } from 'node:tls';

/** Types of frames (RFC 9113 section 6). */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const END_STREAM = 1;
export const END_HEADERS = 4;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEAD_BYTES = 9;
const MAX_PAYLOAD = 16_384;
const TIMEOUT_MS = 1000;

/**
 * A client's connection that sends any frame, as Node's client does not. Node's (20.20) also fails in native code, with
 * empty DATA frames without end or an assertion, when a server resets streams while it writes.
 */
export class Http2Connection {
  readonly #socket: TLSSocket;
  readonly #open = new Set<number>();
  #received: Buffer = Buffer.alloc(0);
  #isEnding = false;
  /** Resolves when the server or `end` has closed it. */
  readonly closed: Promise<void>;

  constructor(port: number) {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.write(PREFACE);
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    this.#socket.write(frame(type, flags, stream, payload));
  }

  /** Sends a request; `end` then waits for the end of its stream. */
  request(stream: number, headers: readonly (readonly [string, string])[], body: string | undefined): void {
    const block = Buffer.concat(
      headers
        .map(([name, value]) => Buffer.concat([literal(name), literal(value)]))
        .map((field) => Buffer.concat([Buffer.from([0]), field])),
    );
    this.#open.add(stream);
    for (let start = 0; start === 0 || start < block.length; start += MAX_PAYLOAD) {
      const isLast = start + MAX_PAYLOAD >= block.length;
      const flags = (isLast ? END_HEADERS : 0) | (start === 0 && body === undefined ? END_STREAM : 0);
      const type = start === 0 ? FRAME.HEADERS : FRAME.CONTINUATION;
      this.send(type, flags, stream, block.subarray(start, start + MAX_PAYLOAD));
    }
    if (body !== undefined) this.#sendBody(stream, Buffer.from(body));
  }

  /** Closes the connection once all streams of requests have ended. */
  end(): void {
    this.#isEnding = true;
    if (this.#open.size === 0) this.#socket.end();
  }

  /** Closes it at once, in the middle of streams. */
  destroy(): void {
    this.#socket.destroy();
  }

  #sendBody(stream: number, body: Buffer): void {
    for (let start = 0; start === 0 || start < body.length; start += MAX_PAYLOAD) {
      const isLast = start + MAX_PAYLOAD >= body.length;
      this.send(FRAME.DATA, isLast ? END_STREAM : 0, stream, body.subarray(start, start + MAX_PAYLOAD));
    }
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= HEAD_BYTES) {
      const length = HEAD_BYTES + this.#received.readUIntBE(0, 3);
      if (this.#received.length < length) return;
      const [type, flags] = [this.#received[3], this.#received[4] ?? 0];
      const stream = this.#received.readUInt32BE(5);
      const isLast = (type === FRAME.DATA || type === FRAME.HEADERS) && (flags & END_STREAM) !== 0;
      if (isLast || type === FRAME.RST_STREAM) this.#open.delete(stream);
      this.#received = this.#received.subarray(length);
    }
    if (this.#isEnding && this.#open.size === 0) this.#socket.end();
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A string of HPACK (RFC 7541 section 5.2), without Huffman code. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
