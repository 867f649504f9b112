import type { Socket } from 'node:net';

interface PgServerHandlers {
  readonly mayConnect: (password: Buffer) => boolean;
  /** The text of the one row with one column that answers a query; does not throw. */
  readonly answer: (query: string) => Promise<string>;
}

/** The longest startup packet or password; queries, which come after the password, may be longer. */
const MAX_STRANGER_BYTES = 1024;
const PASSWORD_TIMEOUT_MS = 10_000;
/** SSLRequest and GSSENCRequest. */
const ENCRYPTION_REQUESTS = [80877103, 80877104];
const PROTOCOL_3 = 3;
const TEXT_OID = 25;

/**
 * The server's side of PostgreSQL's protocol 3 (postgresql.org/docs/current/protocol-flow.html) as far as libpq needs it
 * for a password and simple queries.
 */
export class PgServerConnection {
  readonly #socket: Socket;
  readonly #handlers: PgServerHandlers;
  #received = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #length = 0;
  #state: 'startup' | 'password' | 'ready' = 'startup';

  constructor(socket: Socket, handlers: PgServerHandlers) {
    this.#socket = socket;
    socket.setTimeout(PASSWORD_TIMEOUT_MS, () => socket.destroy());
    this.#handlers = handlers;
  }

  receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#state !== 'ready' && Math.max(this.#length, this.#needed()) > MAX_STRANGER_BYTES)
      return void this.#socket.destroy();
    // A long query arrives in many chunks: they are joined when it is complete.
    if (this.#length < this.#needed()) return;
    this.#received = Buffer.concat(this.#chunks);
    while (this.#received.length >= this.#needed() && this.#received.length > 0) this.#readMessage();
    this.#chunks = this.#received.length > 0 ? [this.#received] : [];
    this.#length = this.#received.length;
  }

  /** Bytes until the end of the message that has begun; its length comes after its type, which startup packets lack. */
  #needed(): number {
    const typeLength = this.#state === 'startup' ? 0 : 1;
    const head = this.#received.length >= typeLength + 4 ? this.#received : Buffer.concat(this.#chunks);
    return head.length < typeLength + 4
      ? typeLength + 4
      : typeLength + Math.max(4, head.readInt32BE(typeLength));
  }

  #readMessage(): void {
    const length = this.#needed();
    const message = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    if (this.#state === 'startup') return this.#start(message);
    const type = String.fromCharCode(message[0] ?? 0);
    // Texts end with a NUL.
    const text = message.subarray(5, -1);
    if (this.#state === 'password') this.#authenticate(type, text);
    else if (type === 'Q') void this.#query(text.toString());
    else this.#socket.end();
  }

  #start(packet: Buffer): void {
    const code = packet.length >= 8 ? packet.readInt32BE(4) : 0;
    if (ENCRYPTION_REQUESTS.includes(code)) return void this.#socket.write('N');
    if (code >> 16 !== PROTOCOL_3) return void this.#socket.destroy();
    this.#state = 'password';
    this.#socket.write(message('R', int32(3)));
  }

  #authenticate(type: string, password: Buffer): void {
    if (type !== 'p' || !this.#handlers.mayConnect(password)) {
      const fields = ['SFATAL', 'C28P01', 'Mpassword authentication failed'].map(cString);
      return void this.#socket.end(message('E', ...fields, Buffer.from([0])));
    }
    this.#state = 'ready';
    this.#socket.setTimeout(0);
    const parameter = (name: string, value: string): Buffer => message('S', cString(name), cString(value));
    this.#socket.write(
      Buffer.concat([
        message('R', int32(0)),
        parameter('server_version', '17.0'),
        parameter('client_encoding', 'UTF8'),
        parameter('standard_conforming_strings', 'on'),
        message('Z', Buffer.from('I')),
      ]),
    );
  }

  async #query(query: string): Promise<void> {
    const value = Buffer.from(await this.#handlers.answer(query));
    if (this.#socket.destroyed) return;
    const column = [cString('answer'), int32(0), int16(0), int32(TEXT_OID), int16(-1), int32(-1), int16(0)];
    this.#socket.write(
      Buffer.concat([
        message('T', int16(1), ...column),
        message('D', int16(1), int32(value.length), value),
        message('C', cString('SELECT 1')),
        message('Z', Buffer.from('I')),
      ]),
    );
  }
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
