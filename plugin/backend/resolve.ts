import { SupabaseDevError } from '../shared/errors.ts';
import { isLoopbackHost } from '../gateway/caller/hosts.ts';
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
  type Environment,
  type RealtimeMode,
  type Sourced,
} from './settings.ts';

export interface ResolveBackendOptions extends BackendOptions {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  readonly env: Environment;
  readonly logger: Logger;
  /** Starts the embedded stack; called only when that is the choice, so that it is loaded only then. */
  readonly startEmbedded: (reason: string) => Promise<Backend>;
}

/**
 * Chooses the backend, once at start. `auto`: an explicit target wins; else a stack of this project that answers;
 * else the embedded one.
 *
 * @throws SupabaseDevError for settings that make no sense, and whatever starting the embedded stack throws
 */
export async function resolveBackend(options: ResolveBackendOptions): Promise<Backend> {
  const { root, env, logger } = options;
  const chosen = readSetting('backend', env, unlessAuto(options.backend));
  const kind = chosen ? parseChoice(chosen, ['auto', 'local', 'remote', 'embedded'] as const) : 'auto';
  if (chosen && kind === 'embedded') return options.startEmbedded(`${chosen.source} says so`);

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
    const keys = await resolveLocalKeys(await loadConfig(root, { env }), env);
    return createLocalBackend({ url, reason, keys, ...common });
  }
  if (kind === 'remote') throw missingUrl();

  const config = await loadConfig(root, { env });
  const keys = await resolveLocalKeys(config, env);
  const found = await findLocalStack({ config, keys, env });
  if (found.ok) {
    return createLocalBackend({ url: found.url, reason: found.reason, keys: found.keys, ...common });
  }
  if (kind === 'local') {
    logger.warn(`supabase: the local stack does not answer (${found.reason}). Start it with: supabase start`);
    const url = localApiUrl(config);
    return createLocalBackend({ url, reason: `${chosen?.source} says so`, keys, ...common });
  }
  return options.startEmbedded(`no other Supabase: ${found.reason}`);
}

/** `auto` leaves the decision to whatever comes next. */
function unlessAuto<T extends string>(choice: T | undefined): T | undefined {
  return choice === 'auto' ? undefined : choice;
}

/**
 * The URL that the developer named. Variables for the client count only when they lead elsewhere: on this machine
 * they name what the browser should use, which may be this very gateway, and `/` is the page's own origin.
 */
function readExplicitTarget(env: Environment, option: string | undefined): Sourced<string> | undefined {
  const setting = readSetting('url', env, option);
  if (!setting || !/^(?:VITE_|NEXT_PUBLIC_)/.test(setting.source)) return setting;
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
