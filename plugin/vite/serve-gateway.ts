import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';
import type { HeldBackend } from '../backend/held-backends.ts';
import { BackendStopped } from '../gateway/answer/failures.ts';
import { Gateway } from '../gateway/gateway.ts';
import type { SharedServer } from '../gateway/listen.ts';
import type { GatewayTarget } from '../gateway/target.ts';
import { insertGatewayMiddleware } from './middleware-order.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { ServerCleanup } from './server-cleanup.ts';
import { UpgradeListener } from './upgrade-listener.ts';

/**
 * The `api` of the plugin named `vite-plugin-supabase`, for servers that run Vite in middleware mode and own the HTTP
 * server. Normally requests come through `vite.middlewares`, and the first one shows which server's upgrades to listen
 * to; a server whose requests bypass `vite.middlewares` calls these methods instead.
 */
export interface SupabasePluginApi {
  /** Answers a request if its path is one of Supabase's; false: not ours, and untouched. */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
  /** The same for an upgrade request. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

/** Serves the gateway on the dev server and on the preview server. */
export function gatewayPlugin(context: PluginContext): Plugin<SupabasePluginApi> {
  const cleanup = new ServerCleanup();
  let newest: SupabasePluginApi | undefined;

  const open = (server: ViteDevServer | PreviewServer): void => {
    const held = context.heldBackend;
    if (!held) return;
    const { config } = server;
    const { allowedHosts, cors } = 'environments' in server ? config.server : config.preview;
    const gateway = new Gateway({
      target: () => held.backend?.target() ?? awaitTarget(held),
      logger: config.logger,
      allowedHosts,
      requireKey: context.options.requireKey,
      observations: () => held.backend?.observations,
    });
    const upgrades = new UpgradeListener(gateway);
    const httpServer = findHttpServer(server);
    if (httpServer) upgrades.listenTo(httpServer);
    insertGatewayMiddleware(server.middlewares, cors, function supabaseGateway(req, res, next) {
      if (!upgrades.isListening) upgrades.listenToServerOf(req);
      if (!gateway.handle(req, res)) next();
    });
    newest = {
      handle: (req, res) => gateway.handle(req, res),
      handleUpgrade: (req, socket, head) => upgrades.handleUpgrade(req, socket, head),
    };
    cleanup.add(server, async () => {
      upgrades.stop();
      await gateway.close();
    });
  };

  return {
    name: PLUGIN_NAME,
    // Before the middleware of frameworks, many of which answer every path.
    enforce: 'pre',
    api: {
      handle: (req, res) => newest?.handle(req, res) ?? false,
      handleUpgrade: (req, socket, head) => newest?.handleUpgrade(req, socket, head) ?? false,
    },
    configureServer: open,
    configurePreviewServer: open,
    closeServer: cleanup.closeOldest,
    closePreviewServer: cleanup.closeOldest,
  };
}

/** The target of a backend that is still starting; rejects with the reason if it does not start. */
async function awaitTarget(held: HeldBackend): Promise<GatewayTarget> {
  await held.settled;
  if (held.backend) return held.backend.target();
  throw held.error ?? new BackendStopped();
}

function findHttpServer(server: ViteDevServer | PreviewServer): SharedServer | undefined {
  if (server.httpServer) return server.httpServer;
  const { middlewareMode } = server.config.server;
  return typeof middlewareMode === 'object' ? middlewareMode.server : undefined;
}
