import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exists, isInside } from '../../shared/files.ts';
import type { SupabaseConfig } from '../config/config.ts';
import type { FunctionSettings, FunctionsSettings } from './settings.ts';

/** One edge function that can be called. */
export interface FunctionDefinition {
  /** Its name in the URL and the name of its folder. */
  readonly slug: string;
  /** Absolute path of the module to run. */
  readonly entrypoint: string;
  readonly verifyJwt: boolean;
  /** Absolute path of its deno.json(c) or import map; undefined when it has neither. */
  readonly importMap: string | undefined;
  /** Globs relative to the folder `supabase`, of files that it reads. */
  readonly staticFiles: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

/** What `supabase functions deploy` accepts as a name, without names such as `_shared`. */
export const SLUG = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** Absolute path of the folder of a project's functions. */
export function functionsDir(config: SupabaseConfig): string {
  return join(config.supabaseDir, 'functions');
}

/**
 * The functions of a project by slug, as the Supabase CLI finds them (cli-go/internal/functions/deploy, GetFunctionSlugs
 * and GetFunctionConfig): folders with an index.ts, and the tables `[functions.*]` of config.toml; without those that
 * are not enabled.
 */
export async function findFunctions(
  config: SupabaseConfig,
  settings: FunctionsSettings,
): Promise<ReadonlyMap<string, FunctionDefinition>> {
  const dir = functionsDir(config);
  const entries = await readdir(dir, { withFileTypes: true }).catch((): Dirent[] => []);
  const names = entries.map(({ name }) => name);
  const withIndex = await Promise.all(names.map((name) => exists(join(dir, name, 'index.ts'))));
  const slugs = [...names.filter((_, index) => withIndex[index]), ...settings.byName.keys()];
  const enabled = [...new Set(slugs)].filter(
    (slug) => SLUG.test(slug) && settings.byName.get(slug)?.enabled !== false,
  );
  const definitions = enabled.map((slug) => define(config, slug, settings.byName.get(slug)));
  return new Map((await Promise.all(definitions)).map((definition) => [definition.slug, definition]));
}

async function define(
  config: SupabaseConfig,
  slug: string,
  settings: FunctionSettings | undefined,
): Promise<FunctionDefinition> {
  const path = settings?.entrypoint ?? join('functions', slug, 'index.ts');
  const entrypoint = resolve(config.supabaseDir, path);
  const importMap = settings?.importMap
    ? resolve(config.supabaseDir, settings.importMap)
    : await findImportMap(functionsDir(config), slug, entrypoint);
  return {
    slug,
    entrypoint,
    verifyJwt: settings?.verifyJwt ?? true,
    importMap,
    staticFiles: settings?.staticFiles ?? [],
    env: settings?.env ?? new Map(),
  };
}

/** The nearest deno.json(c) from the entrypoint up to the folder of the functions, else an import_map.json. */
async function findImportMap(dir: string, slug: string, entrypoint: string): Promise<string | undefined> {
  const candidates: string[] = [];
  let folder = dirname(entrypoint);
  while (isInside(dir, folder)) {
    candidates.push(join(folder, 'deno.json'), join(folder, 'deno.jsonc'));
    if (folder === dir) break;
    folder = dirname(folder);
  }
  candidates.push(join(dir, slug, 'import_map.json'), join(dir, 'import_map.json'));
  const found = await Promise.all(candidates.map(exists));
  return candidates.find((_, index) => found[index]);
}
