import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The data directory of a project: `.supabase` beside the nearest package.json, from `root` upwards; beside `supabase/`
 * where there is none.
 */
export async function defaultDataDir(root: string): Promise<string> {
  return join((await findUpwards(root, 'package.json')) ?? root, '.supabase');
}

/** The nearest folder, from `from` upwards, that holds `name`. */
export async function findUpwards(from: string, name: string): Promise<string | undefined> {
  const found = await access(join(from, name)).then(
    () => true,
    () => false,
  );
  if (found) return from;
  const parent = dirname(from);
  return parent === from ? undefined : findUpwards(parent, name);
}
