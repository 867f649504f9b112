import type { JWK } from 'jose';
import type { GatewayKeys } from '../gateway/target.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import { resolveKeys } from '../stack/keys.ts';
import { readEnvironment, type Environment, type KeyName } from './settings.ts';

const KEY_NAMES: readonly KeyName[] = [
  'publishableKey',
  'secretKey',
  'anonKey',
  'serviceRoleKey',
  'jwtSecret',
];

/** Keys by name, of which some may be unknown. */
export type PartialKeys = Partial<Record<KeyName, string>>;

/**
 * The keys that the environment gives. A key is sorted by what it is, not by where it stands: publishable keys
 * are often put into a variable that was once for the anon key.
 */
export function readKeysFromEnvironment(env: Environment): PartialKeys {
  const keys: PartialKeys = {};
  for (const name of KEY_NAMES) {
    const value = readEnvironment(name, env)?.value;
    if (value !== undefined) keys[classifyKey(name, value)] ??= value;
  }
  return keys;
}

function classifyKey(name: KeyName, value: string): KeyName {
  if (value.startsWith('sb_publishable_')) return 'publishableKey';
  if (value.startsWith('sb_secret_')) return 'secretKey';
  if (name === 'publishableKey' && value.startsWith('eyJ')) return 'anonKey';
  if (name === 'secretKey' && value.startsWith('eyJ')) return 'serviceRoleKey';
  return name;
}

/** Keys of the CLI's stack: environment, config.toml, the CLI's well-known values. */
export async function resolveLocalKeys(config: SupabaseConfig, env: Environment): Promise<GatewayKeys> {
  const given = readKeysFromEnvironment(env);
  // Only the secret from the environment: the rest is laid over the result, by what each key is.
  const keys = await resolveKeys({ ...config, env: { SUPABASE_JWT_SECRET: given.jwtSecret } });
  const { publishableKey, secretKey, anonKey, serviceRoleKey, jwtSecret } = keys;
  return { publishableKey, secretKey, anonKey, serviceRoleKey, jwtSecret, jwks: undefined, ...given };
}

/** Keys of a Supabase elsewhere: only what the environment says; what is unknown is passed on untranslated. */
export function resolveRemoteKeys(env: Environment, jwks?: readonly JWK[]): GatewayKeys {
  return {
    publishableKey: undefined,
    secretKey: undefined,
    anonKey: undefined,
    serviceRoleKey: undefined,
    jwtSecret: undefined,
    ...readKeysFromEnvironment(env),
    jwks,
  };
}
