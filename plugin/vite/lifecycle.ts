import type { Plugin, PreviewServer, ResolvedConfig, ViteDevServer } from 'vite';
import type { Backend } from '../backend/backend.ts';
import { holdBackend, type BackendHolder } from '../backend/held-backends.ts';
import { errorMessage } from '../shared/errors.ts';
import { injectKeys } from './env.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

/** How to make the backend of a project. */
export interface BackendPlan {
  /** Identifies the project in this process. */
  readonly key: string;
  /** Everything that the backend depends on: it is kept over a restart of Vite while this stays the same. */
  readonly fingerprint: string;
  readonly start: () => Promise<Backend>;
}

/**
 * Starts the backend before the server listens and lets it go when the server ends. A failed start leaves Vite running:
 * the page shows why, and a saved correction starts it again (watch.ts).
 */
export function lifecyclePlugin(
  context: PluginContext,
  plan: (context: PluginContext, config: ResolvedConfig) => Promise<BackendPlan>,
): Plugin {
  // Oldest first: on a restart Vite opens the new server before it closes the old one.
  const held: BackendHolder[] = [];

  const open = async (server: ViteDevServer | PreviewServer): Promise<void> => {
    context.holder = undefined;
    // Vitest makes a Vite server for every project; a test that wants a stack starts one itself (startStack).
    if (process.env.VITEST !== undefined && context.options.backend === undefined) return;
    const { key, fingerprint, start } = await plan(context, server.config);
    const holder = await holdBackend(key, fingerprint, start);
    held.push(holder);
    context.holder = holder;
    await holder.settled;
    if (holder.backend) await injectKeys(server.config, holder.backend);
    else logFailure(context.logger, holder.error);
    if (!('environments' in server)) return;
    // Also a page that is opened or reloaded later shows why nothing answers.
    server.ws.on('connection', () => {
      if (!holder.backend) showOverlay(server, holder.error);
    });
  };

  const close = async (): Promise<void> => {
    await held
      .shift()
      ?.release()
      .catch((error: unknown) => {
        context.logger.error(`Supabase did not stop cleanly: ${errorMessage(error)}`);
      });
  };

  return {
    name: `${PLUGIN_NAME}:lifecycle`,
    // A framework's own hook may load modules of the app already, and Vite fixes `import.meta.env` with the first.
    enforce: 'pre',
    configureServer: open,
    configurePreviewServer: open,
    closeServer: close,
    closePreviewServer: close,
  };
}
