import type { Plugin, PreviewServer, ResolvedConfig, ViteDevServer } from 'vite';
import { acquireBackend, type HeldBackend, type StartBackend } from '../backend/held-backends.ts';
import { resolveEmbeddedKeys } from '../backend/keys.ts';
import { errorMessage } from '../shared/errors.ts';
import { injectKeys } from './env.ts';
import { isExposed } from './exposure.ts';
import { logFailure, showOverlay } from './failure.ts';
import { reloadPages } from './reload-pages.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { ServerCleanup } from './server-cleanup.ts';
import { defineTestEnv } from './test-env.ts';

/** How to start the backend of a project. */
export interface BackendPlan {
  /** Identifies the project in this process. */
  readonly key: string;
  /** Everything that the backend depends on: it survives a restart of Vite while this stays the same. */
  readonly fingerprint: string;
  readonly start: StartBackend;
}

/**
 * Starts the backend beside the server and releases it when the server ends. A failed start leaves Vite running:
 * the page shows the reason, and a saved correction starts the backend again (watch.ts).
 */
export function lifecyclePlugin(
  context: PluginContext,
  plan: (context: PluginContext, config: ResolvedConfig, isExposed: boolean) => Promise<BackendPlan>,
): Plugin {
  const cleanup = new ServerCleanup();

  const open = async (server: ViteDevServer | PreviewServer): Promise<void> => {
    context.heldBackend = undefined;
    // Vitest creates a Vite server for every project; a test that needs a stack starts one itself (startStack).
    if (process.env.VITEST !== undefined && context.options.backend === undefined) {
      defineTestEnv(await resolveEmbeddedKeys(context.projectRoot, context.options.embedded, process.env));
      return;
    }
    const { key, fingerprint, start } = await plan(context, server.config, isExposed(server));
    const held = acquireBackend(key, fingerprint, start);
    cleanup.add(server, () =>
      held.release().catch((error: unknown) => {
        context.logger.error(`Supabase did not stop cleanly: ${errorMessage(error)}`);
      }),
    );
    context.heldBackend = held;
    // The server listens meanwhile; only requests for Supabase wait for the backend.
    void held.settled
      .then(() => finish(server, held))
      .catch((error: unknown) => logFailure(context.logger, error));
    const keys = await held.keys;
    if (keys) injectKeys(server.config, keys);
    if (!('environments' in server)) return;
    // Pages that are opened or reloaded later show the reason too.
    server.ws.on('connection', () => {
      if (!held.backend && held.error !== undefined) showOverlay(server, held.error);
    });
  };

  const finish = async (server: ViteDevServer | PreviewServer, held: HeldBackend): Promise<void> => {
    const target = await held.backend?.target();
    if (target) {
      // A joined stack may have other keys than this project's configuration.
      if (injectKeys(server.config, target.keys) && 'environments' in server) reloadPages(server);
      return;
    }
    if (held.error === undefined) return;
    logFailure(context.logger, held.error);
    if ('environments' in server) showOverlay(server, held.error);
  };

  return {
    name: `${PLUGIN_NAME}:lifecycle`,
    // A framework's own hook may load modules of the app, and Vite fixes `import.meta.env` with the first one.
    enforce: 'pre',
    configureServer: open,
    configurePreviewServer: open,
    closeServer: cleanup.closeOldest,
    closePreviewServer: cleanup.closeOldest,
  };
}
