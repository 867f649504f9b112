import type { Logger } from '../shared/logger.ts';
import type { ResolvedOptions } from '../options.ts';
import type { BackendHolder } from '../backend/held-backends.ts';

/** What the sub-plugins of one `supabase()` share; it lives as long as one Vite server (see ../context.ts). */
export interface PluginContext {
  readonly options: ResolvedOptions;
  /** Folder that holds `supabase/`; known after the hook `config`. */
  projectRoot: string;
  /** Vite's logger; known after `configResolved`. */
  logger: Logger;
  /** The backend of this server; known after `configureServer`, absent in builds and under Vitest. */
  holder: BackendHolder | undefined;
}

/** Prefix of the names of all sub-plugins. */
export const PLUGIN_NAME = 'vite-plugin-supabase';
