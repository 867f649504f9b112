import { join } from 'node:path';
import { normalizePath, type Plugin, type ViteDevServer } from 'vite';
import type { HeldBackend } from '../backend/held-backends.ts';
import { injectKeys } from './env.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { reloadPages } from './reload-pages.ts';

/**
 * Applies migrations as they are saved, and restarts a backend that failed when something below `supabase/` changes.
 * Errors are shown in the overlay; the page is reloaded once they are corrected.
 */
export function watchPlugin(context: PluginContext): Plugin {
  return {
    name: `${PLUGIN_NAME}:watch`,
    configureServer(server) {
      const held = context.heldBackend;
      if (!held) return;
      const dir = normalizePath(join(context.projectRoot, 'supabase'));
      // Vite does not watch folders outside its root, and with bundledDev none at all.
      server.watcher.add(dir);
      // One at a time: a save during a migration is handled after it.
      let queue = Promise.resolve();
      const onSave = (path: string, isNew: boolean): void => {
        if (!normalizePath(path).startsWith(`${dir}/`) || !path.endsWith('.sql')) return;
        queue = queue
          .then(() => catchUp(server, held, isNew))
          .catch((error: unknown) => {
            logFailure(server.config.logger, error);
            showOverlay(server, error);
          });
      };
      server.watcher.on('add', (path) => onSave(path, true)).on('change', (path) => onSave(path, false));
    },
  };
}

async function catchUp(server: ViteDevServer, held: HeldBackend, isNew: boolean): Promise<void> {
  const { logger } = server.config;
  // A file that is saved during the start may have come too late for it.
  await held.settled;
  if (!held.backend) {
    await held.retry();
    const keys = await held.keys;
    if (!held.backend || !keys) throw held.error;
    injectKeys(server.config, keys);
    logger.info('Supabase is up', { timestamp: true });
    reloadPages(server);
  } else {
    const applied = await held.backend.migrate?.();
    if (!applied) return;
    if (applied.length === 0) {
      if (!isNew) logger.info(NOTHING_NEW, { timestamp: true });
      return;
    }
    const list = applied.join(', ');
    logger.info(`Supabase: applied ${applied.length} new migration(s): ${list}`, { timestamp: true });
    server.environments.client.hot.send({ type: 'full-reload' });
  }
}

const NOTHING_NEW =
  'Supabase: an applied migration is not applied again; to rebuild from all files, stop, delete .supabase/ and start';
