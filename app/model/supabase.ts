import { createBrowserClient } from '@supabase/ssr';
import type { Database } from './database.ts';

/**
 * The one client of the app. `createBrowserClient` keeps the session in cookies, so a server that renders pages, or a
 * proxy in front of Supabase, can read it as well. In development the URL is this page's own origin; a build may say so
 * with "/".
 */
export const supabase = createBrowserClient<Database>(
  new URL(import.meta.env.VITE_SUPABASE_URL, window.location.origin).href,
  import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY,
  {
    // A chat should notice a dead connection sooner than after the default of 25 seconds.
    realtime: { heartbeatIntervalMs: 15_000 },
  },
);
