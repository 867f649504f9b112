import type { Plugin } from 'vite';
import type { SupabaseDevError } from '../shared/errors.ts';
import { showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { ServerCleanup } from './server-cleanup.ts';

/** Shows an edge function that does not start in the overlay, also over pages that are opened later, until it does. */
export function functionFailuresPlugin(context: PluginContext): Plugin {
  const cleanup = new ServerCleanup();
  return {
    name: `${PLUGIN_NAME}:function-failures`,
    configureServer(server) {
      const held = context.heldBackend;
      if (!held) return;
      const failing = new Map<string, SupabaseDevError>();
      const report = (slug: string, error: SupabaseDevError | undefined): void => {
        if (error) {
          failing.set(slug, error);
          showOverlay(server, error);
        } else if (failing.delete(slug)) server.environments.client.hot.send({ type: 'full-reload' });
      };
      const stopFollowing = held.onStart((backend) => backend.onFunctionFailure?.(report));
      server.ws.on('connection', () => {
        for (const error of failing.values()) showOverlay(server, error);
      });
      cleanup.add(server, async () => stopFollowing());
    },
    closeServer: cleanup.closeOldest,
  };
}
