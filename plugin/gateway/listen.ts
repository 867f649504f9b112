import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';
import { refuse } from './answer/respond.ts';
import type { Gateway } from './gateway.ts';
import { answerAsRequest, isWebsocketUpgrade } from './ordinary-request.ts';
import { NO_ROUTE } from './refusal.ts';
import { matchRoute } from './routes.ts';

/** A server with other `upgrade` listeners too; Node's HTTP and HTTP/2 servers alike. */
export interface SharedServer {
  on(event: 'upgrade', listener: OnUpgrade): unknown;
  off(event: 'upgrade', listener: OnUpgrade): unknown;
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: 'upgrade'): number;
}

type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Gives the gateway its upgrades of a server that has other listeners too.
 *
 * The gateway claims them before any listener runs, because Node calls all of them: a `server.proxy` with `ws: true` would
 * answer the same socket, and `@cloudflare/vite-plugin` destroys every socket that is not Vite's
 * (cloudflare/workers-sdk#15654). Upgrades that nobody listens for become ordinary requests, as in Node.
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
  const claimFirst = (event: string, ...args: unknown[]): boolean => {
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
  { port, host = '127.0.0.1' }: { port: number; host?: string },
): Promise<GatewayServer> {
  const server = createServer((req, res) => {
    if (!gateway.handle(req, res)) refuse(res, NO_ROUTE);
  });
  addUpgradeListener(server, gateway);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(describeListenError(error, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    server,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function describeListenError(error: Error, port: number): Error {
  if (!hasErrorCode(error, 'EADDRINUSE')) return error;
  return new SupabaseDevError('PORT_TAKEN', `Port ${port} of the gateway is in use by another program`, {
    hint: 'Stop that program, or choose another port.',
    cause: error,
  });
}
