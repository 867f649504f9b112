import type { Plugin } from 'vite';
import { resolveOptions, type SupabaseOptions } from './options.ts';
import { bannerPlugin } from './vite/banner.ts';
import { envPlugins } from './vite/env.ts';
import { functionFailuresPlugin } from './vite/function-failures.ts';
import { lifecyclePlugin } from './vite/lifecycle.ts';
import { planBackend } from './vite/plan-backend.ts';
import { PluginContext } from './vite/plugin-context.ts';
import { projectPlugin } from './vite/project.ts';
import { gatewayPlugin } from './vite/serve-gateway.ts';
import { shortcutsPlugin } from './vite/shortcuts.ts';
import { typesPlugin } from './vite/types.ts';
import { watchPlugin } from './vite/watch.ts';

export type { EmbeddedOptions, SupabaseOptions } from './options.ts';
export type { ErrorCode } from './shared/error-codes.ts';
export { SupabaseDevError } from './shared/errors.ts';
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
  const context = new PluginContext(resolveOptions(options));
  // In this order: hooks of one sub-plugin set values in the context that the hooks below it read.
  return [
    projectPlugin(context),
    ...envPlugins(),
    lifecyclePlugin(context, planBackend),
    gatewayPlugin(context),
    watchPlugin(context),
    typesPlugin(context),
    shortcutsPlugin(context),
    functionFailuresPlugin(context),
    bannerPlugin(context),
  ];
}
