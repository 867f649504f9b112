import type { Plugin, ViteDevServer } from 'vite';
import type { Backend } from '../backend/backend.ts';
import { DATABASE_SHORTCUTS, runShortcut, type Shortcut } from '../backend/shortcuts.ts';
import { openPage } from './open-page.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

/** Adds shortcuts to those that Vite's command lists with `h`. */
export function shortcutsPlugin(context: PluginContext): Plugin {
  return {
    name: `${PLUGIN_NAME}:shortcuts`,
    configureServer(server) {
      const held = context.heldBackend;
      if (!held) return;
      // Older versions of Vite forget the shortcuts of one call at the next one; all keep them over a restart.
      const bind = server.bindCLIShortcuts.bind(server);
      server.bindCLIShortcuts = (options) => {
        const customShortcuts = [...DATABASE_SHORTCUTS, ...PAGE_SHORTCUTS].map((shortcut) => ({
          key: shortcut.key,
          description: shortcut.description,
          action: (current: ViteDevServer) => run(shortcut, current, held.backend),
        }));
        bind({ ...options, customShortcuts: [...customShortcuts, ...(options?.customShortcuts ?? [])] });
      };
    },
  };
}

/** A shortcut that needs the dev server. */
interface PageShortcut extends Pick<Shortcut, 'key' | 'description'> {
  show(server: ViteDevServer, backend: Backend): Promise<string>;
}

const PAGE_SHORTCUTS: readonly PageShortcut[] = [
  {
    key: 'keys',
    description: 'show the keys of Supabase',
    async show(_server, backend) {
      const { keys } = await backend.target();
      const rows: readonly (readonly [string, string | undefined])[] = [
        ['publishable', keys.publishableKey],
        ['secret', keys.secretKey],
        ['anon', keys.anonKey],
        ['service_role', keys.serviceRoleKey],
        ['database', backend.databaseUrl?.()],
      ];
      const known = rows.filter(([, value]) => value !== undefined);
      return `keys\n${known.map(([name, value]) => `  ${name.padEnd(12)} ${value}`).join('\n')}`;
    },
  },
  {
    key: 'studio',
    description: 'open Studio in the browser',
    async show(server) {
      const [page] = server.resolvedUrls?.local ?? [];
      if (page === undefined) throw new Error('the server does not listen');
      const url = new URL('/__supabase/', page).href;
      openPage(url);
      return `Studio is at ${url}`;
    },
  },
];

async function run(
  shortcut: Shortcut | PageShortcut,
  server: ViteDevServer,
  backend: Backend | undefined,
): Promise<void> {
  const { logger } = server.config;
  if (!backend) return logger.error('Supabase: the backend does not run');
  const { request } = backend;
  if ('show' in shortcut)
    return runShortcut({ ...shortcut, run: () => shortcut.show(server, backend) }, unavailable, logger);
  return runShortcut(shortcut, request ?? unavailable, logger);
}

async function unavailable(): Promise<never> {
  throw new Error('only the embedded backend can do that');
}
