import type { Plugin } from 'vite';
import { silentLogger } from './shared/logger.ts';
import { resolveOptions, type SupabaseOptions } from './options.ts';
import { bannerPlugin } from './vite/banner.ts';
import { envPlugin } from './vite/env.ts';
import { lifecyclePlugin } from './vite/lifecycle.ts';
import { mountPlugin } from './vite/serve-gateway.ts';
import { planBackend } from './vite/plan-backend.ts';
import type { PluginContext } from './vite/plugin-context.ts';
import { projectPlugin } from './vite/project.ts';
import { watchPlugin } from './vite/watch.ts';

export type { EmbeddedOptions, SupabaseOptions } from './options.ts';
export type { SupabasePluginApi } from './vite/serve-gateway.ts';

/**
 * Supabase on the dev server's own origin: REST, Auth, Realtime and Storage, with or without Docker.
 *
 * @example
 * // vite.config.ts
 * import supabase from 'vite-plugin-supabase';
 * export default defineConfig({ plugins: [supabase()] });
 *
 * @throws SupabaseDevError OPTION_INVALID
 */
export default function supabase(options: SupabaseOptions = {}): Plugin[] {
  const context: PluginContext = {
    options: resolveOptions(options),
    projectRoot: '',
    logger: silentLogger,
    holder: undefined,
  };
  // In this order: what a hook of one leaves in the context, the hooks below it use.
  return [
    projectPlugin(context),
    envPlugin(),
    lifecyclePlugin(context, planBackend),
    mountPlugin(context),
    watchPlugin(context),
    bannerPlugin(context),
  ];
}
