import { join } from 'node:path';

/** The settings of a project, in the order of the Supabase CLI (cli packages/config/src/paths.ts). */
export const CONFIG_FILES: readonly string[] = ['config.json', 'config.jsonc', 'config.toml'].map((name) =>
  join('supabase', name),
);
