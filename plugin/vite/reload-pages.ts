import type { ViteDevServer } from 'vite';

/** Loads the open pages again, with all modules transformed again. */
export function reloadPages(server: ViteDevServer): void {
  server.environments.client.moduleGraph.invalidateAll();
  server.environments.client.hot.send({ type: 'full-reload' });
}
