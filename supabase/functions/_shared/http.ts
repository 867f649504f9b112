import type { Connection } from './connect.ts';

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; the last one of each. */
  readonly headers: ReadonlyMap<string, string>;
}

const MAX_HEAD = 32 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/**
 * One request over HTTP/1.1: `fetch` would resolve the name again, and so choose another address than the one that was
 * checked.
 */
export class HttpExchange {
  readonly #connection: Connection;
  #rest = new Uint8Array();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends the request and reads the head of the response. */
  async request(url: URL, { method, headers, body }: HttpRequest): Promise<ResponseHead> {
    const lines = [
      `${method} ${url.pathname}${url.search} HTTP/1.1`,
      `host: ${url.host}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'connection: close',
    ];
    await this.#write(new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`));
    if (body) await this.#write(body);
    const head = new TextDecoder('latin1').decode(await this.#readThrough('\r\n\r\n', MAX_HEAD));
    const [first = '', ...fields] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]);
    if (!(status >= 200)) throw new Error('no response of HTTP/1.1');
    const pairs = fields.map((field) => /^([^\s:]+):\s*(.*?)\s*$/.exec(field)?.slice(1) ?? []);
    return { status, headers: new Map(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value])) };
  }

  /** The body, or its first `max` bytes. */
  async readBody({ headers }: ResponseHead, max: number): Promise<Uint8Array> {
    const encoding = headers.get('transfer-encoding')?.toLowerCase();
    if (encoding === undefined) {
      const length = headers.get('content-length');
      return this.#readSome(length === undefined ? max : Math.min(max, Number(length) || 0));
    }
    if (encoding !== 'chunked') throw new Error('an unknown transfer encoding');
    const chunks: Uint8Array[] = [];
    for (let left = max; left > 0;) {
      const line = new TextDecoder().decode(await this.#readThrough('\r\n', 1024));
      const size = parseInt(/^[\da-f]{1,8}/i.exec(line)?.[0] ?? '', 16);
      if (!(size > 0)) break;
      const chunk = await this.#readSome(Math.min(size, left));
      chunks.push(chunk);
      left -= chunk.length;
      if (chunk.length < size) break;
      await this.#readThrough('\r\n', 2);
    }
    return join(chunks);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** The bytes before a mark, which is read too. */
  async #readThrough(mark: string, max: number): Promise<Uint8Array> {
    for (;;) {
      const at = new TextDecoder('latin1').decode(this.#rest.subarray(0, max + mark.length)).indexOf(mark);
      if (at >= 0) {
        const found = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + mark.length);
        return found;
      }
      if (this.#rest.length > max || !(await this.#fill())) throw new Error('a response without its end');
    }
  }

  /** So many bytes, or as many as there are. */
  async #readSome(count: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length < count && (this.#rest.length > 0 || (await this.#fill()))) {
      const part = this.#rest.subarray(0, count - length);
      this.#rest = this.#rest.subarray(part.length);
      chunks.push(part);
      length += part.length;
    }
    return join(chunks);
  }

  /** Reads on; false at the end. */
  async #fill(): Promise<boolean> {
    const buffer = new Uint8Array(16 * 1024);
    const count = await this.#connection.read(buffer);
    if (count === null) return false;
    this.#rest = join([this.#rest, buffer.subarray(0, count)]);
    return true;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
