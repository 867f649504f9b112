import { join } from 'node:path';
import { normalizePath, type Plugin, type ViteDevServer } from 'vite';
import type { BackendHolder } from '../backend/held-backends.ts';
import { injectKeys } from './env.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

/**
 * Applies migrations as they are saved, and starts a backend that failed again when something below `supabase/` changes.
 * What went wrong is shown in the overlay; the page is reloaded once it is right.
 */
export function watchPlugin(context: PluginContext): Plugin {
  return {
    name: `${PLUGIN_NAME}:watch`,
    configureServer(server) {
      const { holder } = context;
      if (!holder) return;
      const dir = normalizePath(join(context.projectRoot, 'supabase'));
      // Outside Vite's root it is not watched, and with bundledDev nothing is.
      server.watcher.add(dir);
      // One at a time: a save during a migration is looked at after it.
      let queue = Promise.resolve();
      const onSave = (path: string, isNew: boolean): void => {
        if (!normalizePath(path).startsWith(`${dir}/`) || !path.endsWith('.sql')) return;
        queue = queue
          .then(() => catchUp(server, holder, isNew))
          .catch((error: unknown) => {
            logFailure(server.config.logger, error);
            showOverlay(server, error);
          });
      };
      server.watcher.on('add', (path) => onSave(path, true)).on('change', (path) => onSave(path, false));
    },
  };
}

async function catchUp(server: ViteDevServer, holder: BackendHolder, isNew: boolean): Promise<void> {
  const { logger } = server.config;
  if (!holder.backend) {
    await holder.retry();
    if (!holder.backend) throw holder.error;
    await injectKeys(server.config, holder.backend);
    server.environments.client.moduleGraph.invalidateAll();
    logger.info('Supabase is up', { timestamp: true });
  } else {
    const applied = await holder.backend.migrate?.();
    if (!applied) return;
    if (applied.length === 0) {
      if (!isNew) logger.info(NOTHING_NEW, { timestamp: true });
      return;
    }
    const list = applied.join(', ');
    logger.info(`Supabase: applied ${applied.length} new migration(s): ${list}`, { timestamp: true });
  }
  server.environments.client.hot.send({ type: 'full-reload' });
}

const NOTHING_NEW =
  'Supabase: what is applied is not applied again; to rebuild from all files, stop, delete .supabase/ and start';
