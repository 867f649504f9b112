import type { PageKeys } from '../backend/backend.ts';

/** Where no stack runs: the address of the Supabase CLI's. */
const NOWHERE = 'http://127.0.0.1:54321';

/**
 * Sets URL and keys for tests, where `import.meta.env` is the environment of the process: a module that creates a client
 * can be loaded without a stack. `vite-plugin-supabase/vitest/setup` names a running one.
 */
export function defineTestEnv({ publishableKey, anonKey }: PageKeys): void {
  const { env } = process;
  env.VITE_SUPABASE_URL ??= NOWHERE;
  if (publishableKey !== undefined) env.VITE_SUPABASE_PUBLISHABLE_KEY ??= publishableKey;
  if (anonKey !== undefined) env.VITE_SUPABASE_ANON_KEY ??= anonKey;
}
