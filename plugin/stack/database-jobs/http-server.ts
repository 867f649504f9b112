import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { errorMessage } from '../../shared/errors.ts';
import type { ApiPlace } from '../stack-url.ts';
import { PgServerConnection } from './pg-server-connection.ts';
import type { HttpRequest } from './http-hop.ts';
import { performRequest } from './http-request.ts';

/**
 * Makes the requests of the extension `http` (`postgres/extensions/http`), which a function waits for. It speaks
 * PostgreSQL's protocol, so that the function can reach it by dblink: a query is a request, and its one row the response,
 * both as JSON.
 */
export class HttpServer {
  /** What a connection has to know; new for each start. */
  readonly secret = randomBytes(24).toString('hex');
  readonly #api: ApiPlace;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  private constructor(api: ApiPlace) {
    this.#api = api;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.on('error', () => {});
  }

  /** Listens on a free port of loopback. */
  static async listen(api: ApiPlace): Promise<HttpServer> {
    const server = new HttpServer(api);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  /** Also after the end: a database that is being built meanwhile still stores it. */
  get port(): number {
    return this.#port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    // A backend that ends meanwhile ends its connection.
    const ended = new AbortController();
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      ended.abort();
    });
    const secret = Buffer.from(this.secret);
    const connection = new PgServerConnection(socket, {
      mayConnect: (password) => password.length === secret.length && timingSafeEqual(password, secret),
      answer: (query) => this.#answer(query, ended.signal),
    });
    socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  }

  async #answer(query: string, signal: AbortSignal): Promise<string> {
    try {
      return JSON.stringify(await performRequest(JSON.parse(query) as HttpRequest, this.#api, signal));
    } catch (error) {
      return JSON.stringify({ error: errorMessage(error) });
    }
  }
}
