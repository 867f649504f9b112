import { dirname, join } from 'node:path';
import { CONFIG_FILES } from '../shared/config-files.ts';
import { exists } from '../shared/files.ts';

/**
 * The data directory of a project: `.supabase` beside the nearest package.json, from `root` upwards; without one,
 * beside `supabase/`.
 */
export async function defaultDataDir(root: string): Promise<string> {
  return join((await findUpwards(root, 'package.json')) ?? root, '.supabase');
}

/** The folder that holds `supabase/`, from `from` upwards; one with settings first. Undefined: there is none. */
export async function findSupabaseRoot(from: string): Promise<string | undefined> {
  return (await findUpwards(from, ...CONFIG_FILES)) ?? findUpwards(from, 'supabase');
}

/** The nearest folder, from `from` upwards, that contains one of these names. */
export async function findUpwards(from: string, ...names: string[]): Promise<string | undefined> {
  for (const name of names) if (await exists(join(from, name))) return from;
  const parent = dirname(from);
  return parent === from ? undefined : findUpwards(parent, ...names);
}
