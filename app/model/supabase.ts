import { createBrowserClient } from '@supabase/ssr';
import type { Database } from './database.ts';

/**
 * The only client of the app. `createBrowserClient` keeps the session in cookies, so that a server that renders
 * pages, or a proxy in front of Supabase, can read it too. In development the URL is this page's own origin; for a
 * build, "/" means the same.
 */
export const supabase = createBrowserClient<Database>(
  new URL(import.meta.env.VITE_SUPABASE_URL, window.location.origin).href,
  import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY,
  {
    // Detect a dead connection sooner than with the default of 25 seconds.
    realtime: { heartbeatIntervalMs: 15_000 },
  },
);
