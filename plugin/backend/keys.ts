import type { GatewayKeys } from '../gateway/target.ts';
import { readKeys, type Environment } from '../shared/environment.ts';
import type { EmbeddedOptions } from '../options.ts';
import { loadConfig, type SupabaseConfig } from '../stack/config/config.ts';
import { resolveKeys } from '../stack/keys.ts';
import type { PageKeys } from './backend.ts';

/** Keys of the CLI's stack: environment, config.toml, the CLI's well-known values. */
export async function resolveLocalKeys(config: SupabaseConfig, env: Environment): Promise<GatewayKeys> {
  const { signingKeys: _, ...keys } = await resolveKeys(config, readKeys(env, 'all'));
  return { ...keys, jwks: undefined };
}

/** Keys of a Supabase elsewhere: only those of the environment. Unknown keys are passed on untranslated. */
export function resolveRemoteKeys(env: Environment): GatewayKeys {
  return {
    publishableKey: undefined,
    secretKey: undefined,
    anonKey: undefined,
    serviceRoleKey: undefined,
    jwtSecret: undefined,
    ...readKeys(env, 'all'),
    jwks: undefined,
  };
}

/** The page's keys of the embedded stack, before it runs: by the environment and config.toml alone. */
export async function resolveEmbeddedKeys(
  root: string,
  embedded: EmbeddedOptions,
  env: Environment,
): Promise<PageKeys> {
  return resolveKeys(await loadConfig(root, { overrides: embedded.config, env }));
}
