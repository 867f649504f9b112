import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Logger } from '../../shared/logger.ts';
import type { SupabaseConfig } from '../config/config.ts';
import { publicJwk } from '../jwt.ts';
import type { Keys } from '../keys.ts';
import type { ApiPlace } from '../stack-url.ts';
import { functionsDir, type FunctionDefinition } from './definitions.ts';
import type { FunctionsSettings } from './settings.ts';

/** The stack as a function reaches it. */
export interface StackAddress {
  readonly api: ApiPlace;
  readonly dbUrl: string;
  readonly keys: Keys;
}

/**
 * The environment that a function sees, as from `supabase functions serve` (cli-go/internal/functions/serve): the file
 * supabase/functions/.env, `[edge_runtime.secrets]`, the function's `env`, and the stack's own variables. Nothing of
 * this process's environment is in it.
 */
export async function functionEnvironment(
  config: SupabaseConfig,
  settings: FunctionsSettings,
  definition: FunctionDefinition,
  stack: StackAddress,
  logger: Logger,
): Promise<Record<string, string>> {
  const file = await readFile(join(functionsDir(config), '.env'), 'utf8').catch(() => '');
  const given = {
    ...parseEnv(file),
    ...Object.fromEntries(settings.secrets),
    ...Object.fromEntries(definition.env),
  };
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!name.startsWith('SUPABASE_')) own[name] = value;
    else logger.warn(`supabase: functions: names that begin with SUPABASE_ are reserved; ${name} is ignored`);
  }
  return { ...own, ...stackVariables(stack), SUPABASE_FUNCTION_SLUG: definition.slug };
}

function stackVariables({ api, dbUrl, keys }: StackAddress): Record<string, string> {
  return {
    SUPABASE_URL: api.apiUrl,
    SUPABASE_DB_URL: dbUrl,
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_JWKS: JSON.stringify({ keys: keys.signingKeys.map(publicJwk) }),
  };
}

/** Variables of this process that Deno itself needs: its cache, certificates, proxies and registries. */
const DENO_VARIABLES =
  /^(?:HOME|USERPROFILE|LOCALAPPDATA|APPDATA|XDG_CACHE_HOME|TMPDIR|TEMP|TMP|SystemRoot|PATH|DENO_(?!SERVE_ADDRESS|V8_FLAGS).+|NPM_CONFIG_REGISTRY|JSR_URL|(?:HTTPS?|NO)_PROXY|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS)$/i;

/** The part of `env` that a Deno process is started with; its runtime hides it from the function. */
export function denoEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const entries = Object.entries(env).filter(
    ([name, value]) => DENO_VARIABLES.test(name) && value !== undefined,
  );
  return Object.fromEntries(entries) as Record<string, string>;
}
