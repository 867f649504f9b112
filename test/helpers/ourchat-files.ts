import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUPABASE_DIR = fileURLToPath(new URL('../../supabase', import.meta.url));

/**
 * OurChat's folder `supabase/`, without the demo family and its pictures.
 *
 * @param config text of config.toml; by default OurChat's
 * @param withFunctions with the edge functions
 */
export async function readOurChatFiles({
  config,
  withFunctions = false,
}: {
  config?: string;
  withFunctions?: boolean;
} = {}): Promise<Record<string, string>> {
  const ours = await readFile(join(SUPABASE_DIR, 'config.toml'), 'utf8');
  const files: Record<string, string> = {
    'supabase/config.toml': config ?? ours.replaceAll(/^objects_path = .*$/gm, ''),
  };
  for (const folder of ['migrations', ...(withFunctions ? ['functions'] : [])]) {
    const entries = await readdir(join(SUPABASE_DIR, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(SUPABASE_DIR, path).replaceAll(sep, '/');
      files[`supabase/${name}`] = await readFile(path, 'utf8');
    }
  }
  return files;
}
