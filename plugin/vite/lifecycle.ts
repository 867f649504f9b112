import type { Plugin, PreviewServer, ResolvedConfig, ViteDevServer } from 'vite';
import type { Backend } from '../backend/backend.ts';
import { acquireBackend } from '../backend/held-backends.ts';
import { errorMessage } from '../shared/errors.ts';
import { injectKeys } from './env.ts';
import { isExposed } from './exposure.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { ServerCleanup } from './server-cleanup.ts';

/** How to start the backend of a project. */
export interface BackendPlan {
  /** Identifies the project in this process. */
  readonly key: string;
  /** Everything that the backend depends on: it survives a restart of Vite while this stays the same. */
  readonly fingerprint: string;
  readonly start: () => Promise<Backend>;
}

/**
 * Starts the backend before the server listens and releases it when the server ends. A failed start leaves Vite running:
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
    if (process.env.VITEST !== undefined && context.options.backend === undefined) return;
    const { key, fingerprint, start } = await plan(context, server.config, isExposed(server));
    const held = await acquireBackend(key, fingerprint, start);
    cleanup.add(server, () =>
      held.release().catch((error: unknown) => {
        context.logger.error(`Supabase did not stop cleanly: ${errorMessage(error)}`);
      }),
    );
    context.heldBackend = held;
    await held.settled;
    if (held.backend) await injectKeys(server.config, held.backend);
    else logFailure(context.logger, held.error);
    if (!('environments' in server)) return;
    // Pages that are opened or reloaded later show the reason too.
    server.ws.on('connection', () => {
      if (!held.backend) showOverlay(server, held.error);
    });
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
