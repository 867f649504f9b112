import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { Gateway, type GatewayOptions } from '../../../plugin/gateway/gateway.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { onTestEnd } from '../on-test-end.ts';

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise that is settled from outside. */
export function defer<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}

/** Starts a server on a free loopback port and closes it, with all connections, after the test. */
export async function listen(server: Server): Promise<{ port: number; url: string }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { promise, resolve } = defer<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  onTestEnd(() => {
    const { promise, resolve } = defer<void>();
    server.close(() => resolve());
    // Also upgraded ones, which a server does not close itself.
    for (const socket of sockets) socket.destroy();
    return promise;
  });
  return { port, url: `http://127.0.0.1:${port}` };
}

/** A dev server with the gateway: paths that the gateway does not claim get `vite` with status 299. */
export async function startGateway(
  options: Partial<GatewayOptions> & Pick<GatewayOptions, 'target'>,
): Promise<{ gateway: Gateway; server: Server; port: number; url: string }> {
  const gateway = new Gateway({ logger: silentLogger, ...options });
  const server = createServer((req, res) => {
    if (!gateway.handle(req, res)) res.writeHead(299).end('vite');
  });
  addUpgradeListener(server, gateway);
  const { port, url } = await listen(server);
  onTestEnd(() => gateway.close());
  return { gateway, server, port, url };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** One request with exactly these headers, including those that `fetch` forbids. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  const { promise, resolve, reject } = defer<Answer>();
  const { hostname, port } = new URL(base);
  const req = request({ hostname, port, path, method, headers, agent: false }, (res) => {
    const chunks: Buffer[] = [];
    res.on('data', (chunk: Buffer) => chunks.push(chunk));
    res.on('error', reject);
    res.on('end', () => {
      const { headers, rawHeaders, trailers, statusCode } = res;
      resolve({
        status: statusCode ?? 0,
        headers,
        rawHeaders,
        trailers,
        body: Buffer.concat(chunks).toString(),
      });
    });
  });
  req.on('error', reject);
  req.end(body);
  return promise;
}

/** A request as an upstream received it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A request listener that answers with the request as it received it, as JSON. */
export function reflect(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { method = '', url = '', headers, rawHeaders } = req;
    const seen: Seen = { method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(seen));
  });
}

export function seenIn(answer: Answer): Seen {
  return JSON.parse(answer.body) as Seen;
}
