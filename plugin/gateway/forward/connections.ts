import type { Client, Dispatcher } from 'undici';

/** A connection to an upstream, which carries one request at a time and opens again after it was closed. */
export class Connection {
  readonly client: Client;
  #answers = 0;

  constructor(client: Client) {
    this.client = client;
    client.on('connect', () => (this.#answers = 0));
  }

  /** Whether it has carried requests before: then the upstream may have just closed it. */
  get isReused(): boolean {
    return this.#answers > 0;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.client.dispatch(options, handler);
  }

  countAnswer(): void {
    this.#answers += 1;
  }
}

/** Connections to one upstream, one per concurrent request, so that a request that hangs delays no other. */
export class Connections {
  readonly #open: () => Client;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];

  constructor(open: () => Client) {
    this.#open = open;
  }

  /** The connection that was used last (LIFO), so that surplus connections go idle and close. */
  acquire(): Connection {
    const free = this.#free.pop();
    if (free) return free;
    const connection = new Connection(this.#open());
    this.#all.add(connection);
    return connection;
  }

  release(connection: Connection): void {
    if (this.#free.length < MAX_FREE) {
      this.#free.push(connection);
      return;
    }
    this.#all.delete(connection);
    void connection.client.destroy();
  }

  /** Closes all, also those in use. */
  close(): void {
    for (const { client } of this.#all) void client.destroy();
    this.#all.clear();
    this.#free.length = 0;
  }
}

const MAX_FREE = 256;
