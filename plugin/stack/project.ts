import { dirname, join } from 'node:path';
import { exists } from '../shared/files.ts';
import { CONFIG_NAMES } from './config/read-config-file.ts';

/**
 * The data directory of a project: `.supabase` beside the nearest package.json, from `root` upwards; without one,
 * beside `supabase/`.
 */
export async function defaultDataDir(root: string): Promise<string> {
  return join((await findUpwards(root, 'package.json')) ?? root, '.supabase');
}

/** Where the settings of a project may be, below its folder: the first that exists counts. */
export const CONFIG_PATHS: readonly string[] = CONFIG_NAMES.map((name) => join('supabase', name));

/** The nearest folder, from `from` upwards, that contains one of `names`. */
export async function findUpwards(from: string, ...names: string[]): Promise<string | undefined> {
  for (const name of names) if (await exists(join(from, name))) return from;
  const parent = dirname(from);
  return parent === from ? undefined : findUpwards(parent, ...names);
}
