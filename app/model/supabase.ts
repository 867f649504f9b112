import { createBrowserClient } from '@supabase/ssr';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Database } from './database.ts';

const URL_OF_SUPABASE = new URL(import.meta.env.VITE_SUPABASE_URL, window.location.origin).href;
const KEY = import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY;

/**
 * The client of the app. `createBrowserClient` keeps the session in cookies, so that a server that renders pages, or a
 * proxy in front of Supabase, can read it too. In development the URL is this page's own origin; for a build, "/" means
 * the same.
 */
export const supabase = createBrowserClient<Database>(URL_OF_SUPABASE, KEY, {
  // Detect a dead connection sooner than with the default of 25 seconds.
  realtime: { heartbeatIntervalMs: 15_000 },
});

/** A request to Storage that the client cannot make, such as one with progress: its URL, and the headers of the session. */
export async function storageRequest(
  path: string,
): Promise<{ url: string; headers: Record<string, string> }> {
  const { data } = await supabase.auth.getSession();
  const token = data.session?.access_token ?? KEY;
  return {
    url: `${URL_OF_SUPABASE.replace(/\/$/, '')}/storage/v1/${path}`,
    headers: { apikey: KEY, authorization: `Bearer ${token}` },
  };
}

/** A client whose session is kept nowhere, to check a password beside the current session. */
export function createEphemeralClient(): SupabaseClient<Database> {
  return createClient<Database>(URL_OF_SUPABASE, KEY, {
    auth: { persistSession: false, autoRefreshToken: false, storageKey: 'ourchat-check' },
  });
}
