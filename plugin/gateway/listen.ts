import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SupabaseDevError } from '../shared/errors.ts';
import type { Gateway } from './gateway.ts';
import { refuseUpgrade, respondJson } from './answer/respond.ts';

/** A server whose upgrades are shared; HTTP and HTTP/2 servers of Node alike. */
export interface UpgradeServer {
  on(event: 'upgrade', listener: UpgradeListener): unknown;
  off(event: 'upgrade', listener: UpgradeListener): unknown;
  emit(event: string, ...args: unknown[]): boolean;
}

type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Lets the gateway take its upgrades from a server that others listen on too.
 *
 * @param exclusive keep our upgrades from the other listeners. Node calls all of them, and
 *   `@cloudflare/vite-plugin` destroys every socket that is not Vite's (cloudflare/workers-sdk#15654); the one
 *   defence is to claim before listeners run. Only where such a neighbour is known.
 * @returns a function that undoes it
 */
export function attachUpgrades(
  server: UpgradeServer,
  gateway: Pick<Gateway, 'handleUpgrade'>,
  { exclusive = false }: { exclusive?: boolean } = {},
): () => void {
  if (!exclusive) {
    const onUpgrade: UpgradeListener = (req, socket, head) => void gateway.handleUpgrade(req, socket, head);
    server.on('upgrade', onUpgrade);
    return () => void server.off('upgrade', onUpgrade);
  }
  const emit = server.emit.bind(server);
  const claimFirst = (event: string, ...args: unknown[]): boolean => {
    if (event === 'upgrade') {
      const [req, socket, head] = args as Parameters<UpgradeListener>;
      if (gateway.handleUpgrade(req, socket, head)) return true;
    }
    return emit(event, ...args);
  };
  server.emit = claimFirst;
  return () => {
    // Somebody who wrapped it after us goes on to call us; then the gateway, once closed, must stay harmless.
    if (server.emit === claimFirst) server.emit = emit;
  };
}

export interface GatewayServer {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The gateway on a port of its own, for apps that are not this Vite's. On loopback unless `host` says otherwise.
 *
 * @param port 0 for any free one
 * @throws SupabaseDevError PORT_TAKEN
 */
export async function listenGateway(
  gateway: Gateway,
  { port, host = '127.0.0.1' }: { port: number; host?: string },
): Promise<GatewayServer> {
  const server = createServer((req, res) => {
    if (!gateway.handle(req, res)) respondJson(res, 404, { message: 'no Route matched with those values' });
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (gateway.handleUpgrade(req, socket, head)) return;
    socket.on('error', () => {});
    refuseUpgrade(socket, 404, { message: 'no Route matched with those values' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(describeListenError(error, port)));
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

function describeListenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new SupabaseDevError('PORT_TAKEN', `Port ${port} of the gateway is taken`, {
    hint: 'Stop the program that uses it, or choose another port.',
    cause: error,
  });
}
