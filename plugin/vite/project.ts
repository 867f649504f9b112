import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { normalizePath, type Plugin } from 'vite';
import { resolvePath } from '../options.ts';
import { requireFolder } from '../shared/files.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import { findSupabaseRoot, findUpwards } from '../stack/project.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

// Vite's own list, which a plugin's list replaces (and which Vite does not export).
const DENIED_BY_VITE = ['.env', '.env.*', '*.{crt,pem}', '**/.git/**'];
// The database, its password and signing keys must not be served to the browser.
const DENIED = [
  '**/.supabase/**',
  '**/supabase/config.{json,jsonc,toml}',
  '**/supabase/signing_keys.json',
  '**/supabase/.temp/**',
];

/** Finds the project, hides its data from the browser and the watcher, and restarts Vite when its settings change. */
export function projectPlugin(context: PluginContext): Plugin {
  return {
    name: `${PLUGIN_NAME}:project`,
    async config(config, { command }) {
      const viteRoot = resolve(config.root ?? '.');
      context.projectRoot = await findProjectRoot(viteRoot, context.options.root);
      if (command !== 'serve') return undefined;
      const own = config.server?.fs?.deny ?? DENIED_BY_VITE;
      return {
        server: {
          fs: { deny: [...own, ...DENIED] },
          watch: config.server?.watch === null ? null : { ignored: ['**/.supabase/**'] },
        },
      };
    },
    configResolved(config) {
      context.logger = config.logger;
      const settings = CONFIG_FILES.map((name) => join(context.projectRoot, name)).filter(existsSync);
      config.configFileDependencies.push(...settings.map(normalizePath));
    },
  };
}

async function findProjectRoot(viteRoot: string, option: string | undefined): Promise<string> {
  if (option !== undefined) {
    const root = resolvePath(viteRoot, option);
    await requireFolder(root, 'the option root');
    return root;
  }
  const found = await findSupabaseRoot(viteRoot);
  if (found !== undefined) return found;
  const packageRoot = await findUpwards(viteRoot, 'package.json');
  return packageRoot ?? dirname(viteRoot);
}
