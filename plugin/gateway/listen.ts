import {
  createServer,
  maxHeaderSize,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Http2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';
import { refuse } from './answer/respond.ts';
import { refuseUpgrade } from './answer/upgrade.ts';
import { gatewayError } from './errors.ts';
import type { Gateway } from './gateway.ts';
import { MAX_HEADER_BYTES } from './limits.ts';
import { answerAsRequest, isWebsocketUpgrade } from './ordinary-request.ts';
import { NO_ROUTE } from './refusal.ts';
import { matchRoute } from './routes.ts';

/** A server with other `upgrade` listeners too; Node's HTTP and HTTP/2 servers alike. */
export interface SharedServer {
  on(event: 'upgrade', listener: OnUpgrade): unknown;
  off(event: 'upgrade', listener: OnUpgrade): unknown;
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: 'upgrade'): number;
  /** Node's limit for the headers of a request, in bytes, which both of its HTTP servers read for each connection. */
  maxHeaderSize?: number;
}

type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Gives the gateway its upgrades of a server that has other listeners too.
 *
 * The gateway claims them before any listener runs, because Node calls all of them: a `server.proxy` with `ws: true` would
 * answer the same socket, and `@cloudflare/vite-plugin` destroys every socket that is not Vite's
 * (cloudflare/workers-sdk#15654). Upgrades that nobody listens for become ordinary requests, as in Node.
 *
 * The server also accepts headers as large as browsers send with the cookies of many projects; beyond, its 431 says why.
 * Over HTTP/2 it drops requests on whose `Expect` Node would throw, which would end the process.
 *
 * @returns a function that gives the server back
 */
export function addUpgradeListener(
  server: SharedServer,
  gateway: Pick<Gateway, 'handleUpgrade'>,
): () => void {
  // Without any listener Node would not emit the event.
  const present: OnUpgrade = () => {};
  server.on('upgrade', present);
  const emit = server.emit.bind(server);
  let isActive = true;
  server.maxHeaderSize = Math.max(server.maxHeaderSize ?? 0, maxHeaderSize, MAX_HEADER_BYTES);
  const claimFirst = (event: string, ...args: unknown[]): boolean => {
    if (event === 'clientError' && isActive && explainLargeHeaders(...(args as [Error, Duplex]))) return true;
    if (event === 'stream' && isActive && dropLateExpect(...(args as [Http2Stream, IncomingHttpHeaders])))
      return true;
    if (event !== 'upgrade' || !isActive) return emit(event, ...args);
    const [req, socket, head] = args as Parameters<OnUpgrade>;
    if (matchRoute(req.url ?? '') !== undefined && !isWebsocketUpgrade(req)) {
      answerAsRequest(server, req, socket, head);
    } else if (!gateway.handleUpgrade(req, socket, head)) {
      if (server.listenerCount('upgrade') > 1) return emit(event, ...args);
      answerAsRequest(server, req, socket, head);
    }
    return true;
  };
  server.emit = claimFirst;
  return () => {
    isActive = false;
    server.off('upgrade', present);
    // A plugin that wrapped `emit` after us keeps calling us.
    if (server.emit === claimFirst) server.emit = emit;
  };
}

/**
 * Drops a request that expects `100 Continue` on a stream that has ended meanwhile: Node (20.20, lib/internal/http2/compat.js
 * onServerStream) throws then, and nobody waits for an answer. False: it is another one.
 */
function dropLateExpect(stream: Http2Stream, headers: IncomingHttpHeaders): boolean {
  if (headers.expect === undefined || !(stream.closed || stream.destroyed)) return false;
  stream.on('error', () => {});
  return true;
}

/** Answers a request whose headers are beyond the limit; other errors of a client are not ours. */
function explainLargeHeaders(error: Error, socket: Duplex): boolean {
  if (!hasErrorCode(error, 'HPE_HEADER_OVERFLOW') || !socket.writable) return false;
  refuseUpgrade(socket, gatewayError('HEADERS_TOO_LARGE'));
  return true;
}

export interface GatewayServer {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the gateway on its own port, for apps that this Vite does not serve. On loopback unless `host` differs.
 *
 * @param port 0 for any free one
 * @throws SupabaseDevError PORT_TAKEN
 */
export async function listenGateway(
  gateway: Gateway,
  address: { port: number; host?: string },
): Promise<GatewayServer> {
  return serveGateway(await listen(address), gateway);
}

/**
 * A server that has its port; to be given to `serveGateway` in the same turn, or its first requests hang.
 *
 * @throws SupabaseDevError PORT_TAKEN
 */
export async function listen({ port, host = '127.0.0.1' }: { port: number; host?: string }): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(describeListenError(error, port)));
    server.listen(port, host, resolve);
  });
  return server;
}

/** Answers a listening server's requests and upgrades. */
export function serveGateway(server: Server, gateway: Gateway): GatewayServer {
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (!gateway.handle(req, res)) refuse(res, NO_ROUTE);
  });
  addUpgradeListener(server, gateway);
  return {
    server,
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function describeListenError(error: Error, port: number): Error {
  if (!hasErrorCode(error, 'EADDRINUSE')) return error;
  return new SupabaseDevError('PORT_TAKEN', `Port ${port} of the API is in use by another program`, {
    hint: 'Stop that program, or choose another port.',
    cause: error,
  });
}
