import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SUPABASE_DIR = fileURLToPath(new URL('../../supabase', import.meta.url));

/**
 * OurChat's folder `supabase/`, without the demo family and its pictures.
 *
 * @param config text of config.toml; by default OurChat's
 * @param functions the edge functions to include
 */
export async function readOurChatFiles({
  config,
  functions = [],
}: {
  config?: string;
  functions?: readonly string[];
} = {}): Promise<Record<string, string>> {
  const ours = await readFile(`${SUPABASE_DIR}/config.toml`, 'utf8');
  const files: Record<string, string> = {
    'supabase/config.toml': config ?? ours.replaceAll(/^objects_path = .*$/gm, ''),
  };
  for (const folder of ['migrations', ...functions.map((name) => `functions/${name}`)]) {
    for (const name of await readdir(`${SUPABASE_DIR}/${folder}`)) {
      files[`supabase/${folder}/${name}`] = await readFile(`${SUPABASE_DIR}/${folder}/${name}`, 'utf8');
    }
  }
  return files;
}
