import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDataDir } from '../stack/project.ts';
import type { BackendPlan } from './lifecycle.ts';
import type { PluginContext } from './plugin-context.ts';

// What the choice of a backend and its keys depend on, besides the options and config.toml.
const ENVIRONMENT = /^(SUPABASE_|REALTIME_PROXY_|VITE_SUPABASE_|NEXT_PUBLIC_SUPABASE_)/;

/** Decides what identifies this project's backend and how it is started. */
export async function planBackend({ options, projectRoot, logger }: PluginContext): Promise<BackendPlan> {
  const settings = await readFile(join(projectRoot, 'supabase', 'config.toml'), 'utf8').catch(() => '');
  const environment = Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name));
  return {
    key: await defaultDataDir(projectRoot),
    fingerprint: JSON.stringify([options, settings, environment]),
    async start() {
      // The embedded stack is loaded only when it is chosen: others need not have PostgreSQL installed.
      const { startEmbedded } = await import('../backend/embedded.ts');
      const reason = 'no other Supabase was named or found';
      return startEmbedded({ root: projectRoot, reason, embedded: options.embedded, logger });
    },
  };
}
