import { loadEnv, type ConfigEnv, type Plugin, type ResolvedConfig, type UserConfig } from 'vite';
import type { PageKeys } from '../backend/backend.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import { isSecretKey } from '../shared/secret-key.ts';
import { withoutTrace } from './failure.ts';
import { ownOriginPlugin } from './own-origin.ts';
import { PLUGIN_NAME } from './plugin-context.ts';

const URL_NAME = 'VITE_SUPABASE_URL';
const KEY_NAMES = ['VITE_SUPABASE_PUBLISHABLE_KEY', 'VITE_SUPABASE_ANON_KEY'] as const;

/**
 * Sets URL and keys in `import.meta.env`. In development and preview the URL is the page's own origin; in a build it is
 * the one of the environment, where `/` means the page's own origin.
 *
 * @throws SupabaseDevError SECRET_IN_CLIENT for a secret key in a variable that Vite exposes to the browser;
 *   BUILD_ENV_MISSING for a build without URL or key
 */
export function envPlugins(): Plugin[] {
  return [ownOriginPlugin(chooseFallback), keysPlugin()];
}

/** The URL for code without a page, or undefined where the URL is not the page's own origin. */
function chooseFallback(config: UserConfig, { command, mode, isPreview }: ConfigEnv): string | undefined {
  // Tests have no page; their URL is in the environment (test-env.ts).
  if (process.env.VITEST !== undefined && mode === 'test') return undefined;
  if (command === 'serve') {
    const port = isPreview ? (config.preview?.port ?? 4173) : (config.server?.port ?? 5173);
    return `http://localhost:${port}`;
  }
  const envDir = config.envDir === false ? false : (config.envDir ?? config.root ?? process.cwd());
  const env = envDir === false ? process.env : loadEnv(mode, envDir, 'VITE_');
  return env[URL_NAME] === '/' ? '' : undefined;
}

/** Refuses secrets, and builds without URL or key. */
function keysPlugin(): Plugin {
  return {
    name: `${PLUGIN_NAME}:env`,
    enforce: 'pre',
    configResolved(config) {
      refuseSecrets(config);
      if (config.command === 'build') requireBuildEnv(config);
    },
  };
}

/**
 * Sets the keys for the modules that Vite transforms from now on.
 *
 * @returns whether they were others before
 */
export function injectKeys(config: ResolvedConfig, { publishableKey, anonKey }: PageKeys): boolean {
  const values = [publishableKey ?? anonKey ?? '', anonKey ?? publishableKey ?? ''];
  const isChanged = KEY_NAMES.some((name, index) => config.env[name] !== values[index]);
  KEY_NAMES.forEach((name, index) => (config.env[name] = values[index]));
  return isChanged;
}

function requireBuildEnv(config: ResolvedConfig): void {
  const missing = [
    ...(config.env[URL_NAME] ? [] : [URL_NAME]),
    ...(KEY_NAMES.some((name) => config.env[name]) ? [] : [KEY_NAMES[0]]),
  ];
  if (missing.length === 0) return;
  const error = new SupabaseDevError('BUILD_ENV_MISSING', `The build needs ${missing.join(' and ')}`, {
    hint:
      'Set them in .env.production or in the environment of the build: the URL of your Supabase project ' +
      '("/" when it is served from the page’s own origin) and its publishable key.',
  });
  throw withoutTrace(error);
}

function refuseSecrets(config: ResolvedConfig): void {
  for (const [name, value] of Object.entries(config.env)) {
    if (typeof value !== 'string' || !isSecretKey(value)) continue;
    const error = new SupabaseDevError(
      'SECRET_IN_CLIENT',
      `${name} is a secret key, and Vite would expose it to the browser`,
      {
        hint: `Rename it so that it does not begin with ${[config.envPrefix].flat().join(' or ')}, and use the publishable key in the page.`,
      },
    );
    throw withoutTrace(error);
  }
}
