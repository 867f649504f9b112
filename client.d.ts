/// <reference types="vite/client" />

// Types of the variables that vite-plugin-supabase sets in `import.meta.env`. In your own project:
// /// <reference types="vite-plugin-supabase/client" />

interface ImportMetaEnv {
  /** URL of Supabase: in development the page's own origin, in production the value that you set. */
  readonly VITE_SUPABASE_URL: string;
  /** The opaque publishable key (`sb_publishable_…`). */
  readonly VITE_SUPABASE_PUBLISHABLE_KEY: string;
  /** The legacy anon key (a JWT of role `anon`). */
  readonly VITE_SUPABASE_ANON_KEY: string;
}

interface ImportMeta {
  readonly env: ImportMetaEnv;
}
