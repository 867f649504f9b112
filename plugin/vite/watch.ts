import { join } from 'node:path';
import { normalizePath, type Plugin, type ViteDevServer } from 'vite';
import type { HeldBackend } from '../backend/held-backends.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import { injectKeys } from './env.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { reloadPages } from './reload-pages.ts';

/**
 * Applies migrations as they are saved, restarts a backend that failed when something below `supabase/` changes, and the
 * server when the project gets a file of settings. (Vite itself restarts when one changes, see project.ts.) Errors are shown
 * in the overlay; the page is reloaded once they are corrected.
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
      const settings = new Set(CONFIG_FILES.map((path) => normalizePath(join(context.projectRoot, path))));
      const onAdd = (path: string): void => {
        if (!settings.has(normalizePath(path))) return onSave(path, true);
        server.config.logger.info('Supabase: new settings, restarting the server...', { timestamp: true });
        server.restart().catch((error: unknown) => logFailure(server.config.logger, error));
      };
      const onSave = (path: string, isNew: boolean): void => {
        if (!normalizePath(path).startsWith(`${dir}/`) || !path.endsWith('.sql')) return;
        queue = queue
          .then(() => catchUp(server, held, isNew))
          .catch((error: unknown) => {
            logFailure(server.config.logger, error);
            showOverlay(server, error);
          });
      };
      server.watcher.on('add', onAdd).on('change', (path) => onSave(path, false));
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
