import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Plugin, PreviewServer, ResolvedConfig, ViteDevServer } from 'vite';
import type { BackendHolder } from '../backend/held-backends.ts';
import type { UpgradeServer } from '../gateway/listen.ts';
import { createGateway } from '../gateway/gateway.ts';
import { createHostCheck } from '../gateway/caller/hosts.ts';
import type { GatewayTarget } from '../gateway/target.ts';
import { placeGateway } from './middleware-order.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { takeUpgrades } from './upgrade-listener.ts';

/**
 * The `api` of the plugin named `vite-plugin-supabase`, for servers that run Vite in middleware mode and own the HTTP
 * server. Requests come through `vite.middlewares`, and the first of them tells which server's upgrades are to be taken;
 * one whose requests never come that way calls these.
 */
export interface SupabasePluginApi {
  /** Answers a request if its path is one of Supabase's; false: not ours, and untouched. */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
  /** The same for an upgrade request. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

/** Mounts the gateway on the dev server and on the preview server. */
export function mountPlugin(context: PluginContext): Plugin<SupabasePluginApi> {
  // Oldest first, as in lifecycle.ts.
  const mounted: (() => Promise<void>)[] = [];
  let newest: SupabasePluginApi | undefined;

  const mount = (server: ViteDevServer | PreviewServer): void => {
    const { holder } = context;
    if (!holder) return;
    const { config } = server;
    const { allowedHosts, cors } = 'environments' in server ? config.server : config.preview;
    const gateway = createGateway({
      target: () => holder.backend?.target() ?? awaitTarget(holder),
      logger: config.logger,
      isHostAllowed: createHostCheck(allowedHosts),
      requireKey: context.options.requireKey,
    });
    const upgrades = takeUpgrades(gateway, hasNeighbour(config));
    const httpServer = findHttpServer(server);
    if (httpServer) upgrades.attach(httpServer);
    placeGateway(server.middlewares, cors, function supabaseGateway(req, res, next) {
      if (!upgrades.isAttached) upgrades.attachToServerOf(req);
      if (!gateway.handle(req, res)) next();
    });
    newest = {
      handle: (req, res) => gateway.handle(req, res),
      handleUpgrade: (req, socket, head) => upgrades.handle(req, socket, head),
    };
    mounted.push(async () => {
      upgrades.detach();
      await gateway.close();
    });
  };
  const unmount = async (): Promise<void> => mounted.shift()?.();

  return {
    name: PLUGIN_NAME,
    // Before the middleware of frameworks, many of which answer every path.
    enforce: 'pre',
    api: {
      handle: (req, res) => newest?.handle(req, res) ?? false,
      handleUpgrade: (req, socket, head) => newest?.handleUpgrade(req, socket, head) ?? false,
    },
    configureServer: mount,
    configurePreviewServer: mount,
    closeServer: unmount,
    closePreviewServer: unmount,
  };
}

/** The target of a backend that is just starting, or the reason why there is none. */
async function awaitTarget(holder: BackendHolder): Promise<GatewayTarget> {
  await holder.settled;
  if (holder.backend) return holder.backend.target();
  throw holder.error;
}

function findHttpServer(server: ViteDevServer | PreviewServer): UpgradeServer | undefined {
  if (server.httpServer) return server.httpServer;
  const { middlewareMode } = server.config.server;
  return typeof middlewareMode === 'object' ? middlewareMode.server : undefined;
}

/** Whether a plugin is there that destroys the upgrades of others (see `attachUpgrades`). */
function hasNeighbour(config: ResolvedConfig): boolean {
  return config.plugins.some(({ name }) => name.startsWith('vite-plugin-cloudflare'));
}
