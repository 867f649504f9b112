import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';
import type { Backend, BannerLine } from '../backend/backend.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

// Vite's command prints its URLs right after it starts to listen.
const WAIT_FOR_URLS_MS = 1_000;

/**
 * Prints what runs behind the gateway together with Vite's own URLs; without them where nothing prints those: in
 * middleware mode, and under frameworks that print their own.
 */
export function bannerPlugin(context: PluginContext): Plugin {
  const extend = (server: ViteDevServer | PreviewServer): void => {
    const held = context.heldBackend;
    if (!held) return;
    let isWaiting = false;
    let isClosed = false;
    const print = (): void => {
      if (isWaiting) return;
      isWaiting = true;
      // Vite's URLs come first: the backend still starts then.
      void held.settled.then(() => {
        isWaiting = false;
        if (!held.backend || isClosed) return;
        const [page] = server.resolvedUrls?.local ?? [];
        const origin = page === undefined ? '' : new URL(page).origin;
        server.config.logger.info(formatBackend(held.backend, origin));
      });
    };
    const { httpServer } = server;
    if (!httpServer) {
      print();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    httpServer.once('listening', () => (timer = setTimeout(print, WAIT_FOR_URLS_MS).unref()));
    httpServer.once('close', () => {
      isClosed = true;
      clearTimeout(timer);
    });
    const printUrls = server.printUrls.bind(server);
    server.printUrls = () => {
      clearTimeout(timer);
      printUrls();
      print();
    };
  };
  return { name: `${PLUGIN_NAME}:banner`, configureServer: extend, configurePreviewServer: extend };
}

const GUIDE = fileURLToPath(new URL('../../llms.txt', import.meta.url));

/** Tells agents where their tools and their guide are: they read the output through a pipe, and people do not. */
function describeForAgents(): BannerLine[] {
  if (process.stdout.isTTY) return [];
  return [{ label: 'Agents', value: `/__supabase/mcp (MCP), and read ${relative('', GUIDE)}` }];
}

function formatBackend(backend: Backend, origin: string): string {
  return [...backend.describe(), ...describeForAgents()]
    .map(({ label, value }, index) => {
      const text = value.startsWith('/') ? `${origin}${value}` : value;
      const reason = index === 0 ? styleText('dim', ` (${backend.reason})`) : '';
      return `  ${styleText('green', '➜')}  ${styleText('bold', `${label}:`)} ${styleText('cyan', text)}${reason}`;
    })
    .join('\n');
}
