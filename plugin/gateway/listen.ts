import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';
import { refuse } from './answer/respond.ts';
import { refuseUpgrade } from './answer/upgrade.ts';
import type { Gateway } from './gateway.ts';
import { NO_ROUTE } from './refusal.ts';

/** A server with other `upgrade` listeners too; Node's HTTP and HTTP/2 servers alike. */
export interface SharedServer {
  on(event: 'upgrade', listener: OnUpgrade): unknown;
  off(event: 'upgrade', listener: OnUpgrade): unknown;
  emit(event: string, ...args: unknown[]): boolean;
}

type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Gives the gateway its upgrades of a server that has other listeners too.
 *
 * @param exclusive keep our upgrades from the other listeners. Node calls all of them, and
 *   `@cloudflare/vite-plugin` destroys every socket that is not Vite's (cloudflare/workers-sdk#15654); the only
 *   defence is to claim the socket before listeners run. Use it only where such a plugin is present.
 * @returns a function that removes the listener
 */
export function addUpgradeListener(
  server: SharedServer,
  gateway: Pick<Gateway, 'handleUpgrade'>,
  { exclusive = false }: { exclusive?: boolean } = {},
): () => void {
  if (!exclusive) {
    const onUpgrade: OnUpgrade = (req, socket, head) => void gateway.handleUpgrade(req, socket, head);
    server.on('upgrade', onUpgrade);
    return () => void server.off('upgrade', onUpgrade);
  }
  const emit = server.emit.bind(server);
  const claimFirst = (event: string, ...args: unknown[]): boolean => {
    if (event === 'upgrade') {
      const [req, socket, head] = args as Parameters<OnUpgrade>;
      if (gateway.handleUpgrade(req, socket, head)) return true;
    }
    return emit(event, ...args);
  };
  server.emit = claimFirst;
  return () => {
    // A plugin that wrapped `emit` after us keeps calling us; a closed gateway must therefore stay harmless.
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
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (gateway.handleUpgrade(req, socket, head)) return;
    socket.on('error', () => {});
    refuseUpgrade(socket, NO_ROUTE);
  });
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
