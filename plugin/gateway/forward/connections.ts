import type { Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import { skipContinue, type HeadExpectation } from './skip-continue.ts';

/** Opens a client that calls `onSocket` for each connection that it makes. */
export type OpenClient = (onSocket: (socket: Socket) => void) => Client;

/** A connection to an upstream, which carries one request at a time and opens again after it was closed. */
export class Connection implements HeadExpectation {
  readonly client: Client;
  /** From the begin of a request to the begin of its response. */
  awaitsHead = false;
  #answers = 0;

  constructor(open: OpenClient) {
    this.client = open((socket) => skipContinue(socket, this));
    this.client.on('connect', () => (this.#answers = 0));
  }

  /** Whether it has carried requests before: then the upstream may have just closed it. */
  get isReused(): boolean {
    return this.#answers > 0;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.awaitsHead = true;
    this.client.dispatch(options, handler);
  }

  countAnswer(): void {
    this.#answers += 1;
  }
}

/** Connections to one upstream, one per concurrent request, so that a request that hangs delays no other. */
export class Connections {
  readonly #open: OpenClient;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];

  constructor(open: OpenClient) {
    this.#open = open;
  }

  /** The connection that was used last (LIFO), so that surplus connections go idle and close. */
  acquire(): Connection {
    const free = this.#free.pop();
    if (free) return free;
    const connection = new Connection(this.#open);
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
