// https://www.postgresql.org/docs/17/protocol-message-formats.html

const INT32 = 4;

/** Authentication requests after which the server speaks again: AuthenticationOk, AuthenticationSASLFinal. */
const GOES_ON = [0, 12];

/**
 * Knows from the bytes of both sides of a connection whether the server still has something to say: pg_dump as WebAssembly
 * reads only what is there, and takes nothing for the end of the connection.
 */
export class ReplyBoundary {
  readonly #client = new Messages({ startup: true });
  readonly #server = new Messages({ startup: false });
  /** Requests without their last message. */
  #open = 0;

  sent(bytes: Uint8Array): void {
    for (const { type } of this.#client.read(bytes)) {
      // The first message, Query, Sync, and the answer to a request for authentication.
      if (type === '' || type === 'Q' || type === 'S' || type === 'p') this.#open += 1;
    }
  }

  received(bytes: Uint8Array): void {
    for (const { type, body } of this.#server.read(bytes)) {
      const isRequest = type === 'R' && !GOES_ON.includes(body.readInt32BE(0));
      if (type === 'Z' || isRequest) this.#open -= 1;
    }
  }

  get isComplete(): boolean {
    return this.#open <= 0;
  }
}

interface Message {
  /** One letter; empty for the first one of a client. */
  readonly type: string;
  readonly body: Buffer;
}

/** The messages of one side. */
class Messages {
  #rest = Buffer.alloc(0);
  #isStartup: boolean;

  constructor({ startup }: { startup: boolean }) {
    this.#isStartup = startup;
  }

  *read(bytes: Uint8Array): Generator<Message> {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const start = this.#isStartup ? 0 : 1;
      if (this.#rest.length < start + INT32) return;
      const end = start + this.#rest.readInt32BE(start);
      if (this.#rest.length < end) return;
      const type = this.#rest.toString('latin1', 0, start);
      const body = this.#rest.subarray(start + INT32, end);
      this.#rest = this.#rest.subarray(end);
      this.#isStartup = false;
      yield { type, body };
    }
  }
}
