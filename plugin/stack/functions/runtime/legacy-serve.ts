import { Deno, type ListenOptions } from './deno-namespace.ts';

interface RequestEvent {
  readonly request: Request;
  respondWith(response: Response | Promise<Response>): Promise<void>;
}

/**
 * Lets functions serve with `serve()` of deno.land/std, as the templates did until 2023: it listens by `Deno.listen` and
 * reads requests by `Deno.serveHttp`. Both are given what `Deno.serve` receives.
 */
export function installLegacyServe(): void {
  const { listen, serveHttp } = Deno;
  const connections = new WeakSet<object>();
  const events = new EventQueue();
  Deno.listen = (options) => {
    if (options.transport !== undefined && options.transport !== 'tcp') return listen(options);
    Deno.serve((request) => events.answer(request));
    const connection = { localAddr: address(options), remoteAddr: address(options), close() {} };
    connections.add(connection);
    return new OneConnectionListener(connection, options);
  };
  Deno.serveHttp = (connection) => {
    if (!connections.has(connection as object)) return serveHttp(connection);
    return {
      nextRequest: () => events.next(),
      close() {},
      async *[Symbol.asyncIterator]() {
        for (;;) yield await events.next();
      },
    };
  };
}

/** A listener with the one connection over which all requests come. */
class OneConnectionListener {
  readonly addr: unknown;
  #connection: unknown;

  constructor(connection: unknown, options: ListenOptions) {
    this.#connection = connection;
    this.addr = address(options);
  }

  accept(): Promise<unknown> {
    const connection = this.#connection;
    this.#connection = undefined;
    return connection === undefined ? new Promise(() => {}) : Promise.resolve(connection);
  }

  close(): void {}

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for (;;) yield await this.accept();
  }
}

class EventQueue {
  readonly #events: RequestEvent[] = [];
  readonly #waiting: ((event: RequestEvent) => void)[] = [];

  /** Queues a request; resolves with the response that it is given. */
  answer(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const event: RequestEvent = {
        request,
        respondWith: async (response) => {
          await Promise.resolve(response).then(resolve, reject);
        },
      };
      const waiting = this.#waiting.shift();
      if (waiting) waiting(event);
      else this.#events.push(event);
    });
  }

  next(): Promise<RequestEvent> {
    const event = this.#events.shift();
    return event ? Promise.resolve(event) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function address({ hostname = '0.0.0.0', port = 8000 }: ListenOptions): unknown {
  return { transport: 'tcp', hostname, port };
}
