import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Gateway, type GatewayOptions } from '../gateway/gateway.ts';
import { addUpgradeListener, listen, portOf } from '../gateway/listen.ts';
import type { GatewayTarget } from '../gateway/target.ts';

/**
 * Another port of the app, on loopback, where Supabase's paths go to another target. All else is answered by the app's own
 * server: its modules, pages and HMR socket.
 *
 * The port makes an origin of its own. Nothing in a request chooses the target, which could be missing or forged: sockets,
 * service workers, links and other windows of a page reach the target because they have its origin.
 *
 * @param app the server that answers the app's requests
 */
export async function openAppPort(
  app: Server,
  target: () => GatewayTarget | Promise<GatewayTarget>,
  options: Pick<GatewayOptions, 'requireKey' | 'logger'>,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const gateway = new Gateway({ ...options, target });
  const server = await listen({ port: 0 });
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (!gateway.handle(req, res)) app.emit('request', req, res);
  });
  const stopListening = addUpgradeListener(server, {
    handleUpgrade: (req, socket, head) =>
      gateway.handleUpgrade(req, socket, head) || app.emit('upgrade', req, socket, head),
  });
  return {
    origin: `http://localhost:${portOf(server)}`,
    async close() {
      stopListening();
      await gateway.close();
      // Sockets of others, such as Vite's, would keep it open.
      server.close();
      server.closeAllConnections();
    },
  };
}
