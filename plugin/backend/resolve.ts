import { isLoopbackHost } from '../gateway/caller/hosts.ts';
import { isClientVariable, type Environment, type Sourced } from '../shared/environment.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { loadConfig } from '../stack/config/config.ts';
import type { Backend } from './backend.ts';
import { findLocalStack, localApiUrl } from './detect.ts';
import { resolveLocalKeys, resolveRemoteKeys } from './keys.ts';
import { createLocalBackend } from './local.ts';
import { createRemoteBackend } from './remote.ts';
import {
  parseChoice,
  parseHttpUrl,
  readSetting,
  type BackendOptions,
  type RealtimeMode,
} from './settings.ts';

export interface ResolveBackendOptions extends BackendOptions {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  readonly env: Environment;
  readonly logger: Logger;
  /** Starts the embedded stack; called only when it is chosen, so that its modules are loaded only then. */
  readonly createEmbeddedBackend: (reason: string) => Promise<Backend>;
}

/**
 * Chooses the backend, once at start. `auto`: an explicit target wins; else a running CLI stack of this project; else
 * the embedded stack.
 *
 * @throws SupabaseDevError for invalid settings, and the errors of starting the embedded stack
 */
export async function resolveBackend(options: ResolveBackendOptions): Promise<Backend> {
  const { root, env, logger } = options;
  const chosen = readSetting('backend', env, unlessAuto(options.backend));
  const kind = chosen ? parseChoice(chosen, ['auto', 'local', 'remote', 'embedded'] as const) : 'auto';
  if (chosen && kind === 'embedded') return options.createEmbeddedBackend(`${chosen.source} says so`);

  const realtimeMode = readSetting('realtime', env, unlessAuto(options.realtime));
  const realtime: RealtimeMode = realtimeMode
    ? parseChoice(realtimeMode, ['auto', 'direct', 'gateway'] as const)
    : 'auto';
  const direct = readSetting('realtimeUrl', env, options.realtimeUrl);
  const common = { realtime, realtimeUrl: direct && parseHttpUrl(direct), logger };

  const explicit = readExplicitTarget(env, options.url);
  if (explicit) {
    const url = parseHttpUrl(explicit);
    const reason = `${explicit.source} is set`;
    const isLocal = kind === 'local' || (kind === 'auto' && isLoopbackHost(url.hostname));
    if (!isLocal) return createRemoteBackend({ url, reason, keys: resolveRemoteKeys(env), ...common });
    const config = await loadConfig(root, { env });
    const keys = await resolveLocalKeys(config, env);
    return createLocalBackend({ url, reason, keys, config, ...common });
  }
  if (kind === 'remote') throw missingUrl();

  const config = await loadConfig(root, { env });
  const keys = await resolveLocalKeys(config, env);
  const found = await findLocalStack({ config, keys, env });
  if (found.ok) {
    const { ok: _, ...local } = found;
    return createLocalBackend({ ...local, config, ...common });
  }
  if (kind === 'local') {
    logger.warn(`supabase: the local stack does not answer (${found.reason}). Start it with: supabase start`);
    const url = localApiUrl(config);
    return createLocalBackend({ url, reason: `${chosen?.source} says so`, keys, config, ...common });
  }
  return options.createEmbeddedBackend(`no other Supabase: ${found.reason}`);
}

/** The option `auto` counts as unset: the environment decides. */
function unlessAuto<T extends string>(choice: T | undefined): T | undefined {
  return choice === 'auto' ? undefined : choice;
}

/**
 * The URL that the developer set. Client variables count only when they name another machine: a URL of this machine is
 * what the browser should use, which may be this very gateway, and `/` is the page's own origin.
 */
function readExplicitTarget(env: Environment, option: string | undefined): Sourced<string> | undefined {
  const setting = readSetting('url', env, option);
  if (!setting || !isClientVariable(setting.source)) return setting;
  if (setting.value === '/') return undefined;
  return isLoopbackHost(parseHttpUrl(setting).hostname) ? undefined : setting;
}

function missingUrl(): SupabaseDevError {
  return new SupabaseDevError(
    'BACKEND_URL_MISSING',
    'backend: "remote" needs the URL of a Supabase project',
    {
      hint: 'Set SUPABASE_URL (or the option "url") to https://<project>.supabase.co, and SUPABASE_PUBLISHABLE_KEY.',
    },
  );
}
