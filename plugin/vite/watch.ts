import { join } from 'node:path';
import { normalizePath, type Logger as ViteLogger, type Plugin, type ViteDevServer } from 'vite';
import { coalesce, reportSync } from '../backend/follow-saves.ts';
import type { HeldBackend } from '../backend/held-backends.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import type { Logger } from '../shared/logger.ts';
import { injectKeys } from './env.ts';
import { logFailure, showOverlay } from './failure.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { reloadPages } from './reload-pages.ts';
import { ServerCleanup } from './server-cleanup.ts';

/** Servers whose pages show an error of a file. */
const isFailing = new WeakSet<ViteDevServer>();

/**
 * Brings the database to the files below `supabase/` as they are saved, restarts a backend that failed, and the server when
 * the project gets a file of settings. (Vite itself restarts when one changes, see project.ts.) Errors are shown in the
 * overlay; the page is reloaded once they are corrected.
 */
export function watchPlugin(context: PluginContext): Plugin {
  const cleanup = new ServerCleanup();
  return {
    name: `${PLUGIN_NAME}:watch`,
    configureServer(server) {
      const held = context.heldBackend;
      if (!held) return;
      const dir = normalizePath(join(context.projectRoot, 'supabase'));
      // Vite does not watch folders outside its root, and with bundledDev none at all.
      server.watcher.add(dir);
      const settings = new Set(CONFIG_FILES.map((path) => normalizePath(join(context.projectRoot, path))));
      const onAdd = (path: string): void => {
        if (!settings.has(normalizePath(path))) return;
        server.config.logger.info('Supabase: new settings, restarting the server...', { timestamp: true });
        server.restart().catch((error: unknown) => logFailure(server.config.logger, error));
      };
      // Also when a command has changed the database.
      const stopFollowing = held.onStart((backend) => backend.onSchemaChange?.(() => reload(server)));
      cleanup.add(server, async () => stopFollowing());
      const onSave = coalesce(async (paths) => {
        await catchUp(server, held, paths).catch((error: unknown) => {
          isFailing.add(server);
          logFailure(server.config.logger, error);
          showOverlay(server, error);
        });
      });
      server.watcher.on('add', onAdd);
      for (const event of ['add', 'change', 'unlink'] as const)
        server.watcher.on(event, (path) => {
          const name = normalizePath(path);
          if (name.startsWith(`${dir}/`) && name.endsWith('.sql')) onSave(name);
        });
    },
    closeServer: cleanup.closeOldest,
  };
}

async function catchUp(server: ViteDevServer, held: HeldBackend, paths: readonly string[]): Promise<void> {
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
    return;
  }
  const result = await held.backend.sync?.();
  if (!result) return;
  const wasFailing = isFailing.delete(server);
  // A correction that changes nothing leaves the page with the error.
  if (!reportSync(result, paths, withTime(logger)) && wasFailing) reload(server);
}

function withTime(logger: ViteLogger): Logger {
  const timestamp = true;
  return {
    info: (text) => logger.info(text, { timestamp }),
    warn: (text) => logger.warn(text, { timestamp }),
    error: (text) => logger.error(text, { timestamp }),
  };
}

/** Loads the open pages again; their modules are as they were. */
function reload(server: ViteDevServer): void {
  server.environments.client.hot.send({ type: 'full-reload' });
}
