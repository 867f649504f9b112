import type { HeldBackend } from '../backend/held-backends.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Logger } from '../shared/logger.ts';

/** Prefix of the names of all sub-plugins. */
export const PLUGIN_NAME = 'vite-plugin-supabase';

/**
 * What the sub-plugins of one `supabase()` share, as long as one Vite server runs. Hooks fill it in the order of Vite's
 * life cycle; reading a value before its hook has run is a bug of this plugin and throws.
 */
export class PluginContext {
  readonly options: ResolvedOptions;
  /** The backend of this server, set by `configureServer`. Undefined in builds and under Vitest. */
  heldBackend: HeldBackend | undefined;
  #projectRoot: string | undefined;
  #logger: Logger | undefined;

  constructor(options: ResolvedOptions) {
    this.options = options;
  }

  /** Folder that holds `supabase/`, set by the hook `config`. */
  get projectRoot(): string {
    return assertSet(this.#projectRoot, 'projectRoot', 'config');
  }

  set projectRoot(root: string) {
    this.#projectRoot = root;
  }

  /** Vite's logger, set by `configResolved`. */
  get logger(): Logger {
    return assertSet(this.#logger, 'logger', 'configResolved');
  }

  set logger(logger: Logger) {
    this.#logger = logger;
  }
}

function assertSet<T>(value: T | undefined, name: string, hook: string): T {
  if (value === undefined) throw new Error(`${PLUGIN_NAME}: ${name} is not known before the hook ${hook}`);
  return value;
}
