import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** The first file that has a variable wins. */
const NAMES = ['.env.development.local', '.env.local', '.env.development', '.env'];

/**
 * The variables of the `.env` files in `supabase/`, then in the project's folder, as the Supabase CLI reads them for `env()` in
 * config.toml (cli apps/cli-go/pkg/config/config.go loadNestedEnv).
 */
export async function readEnvFiles(root: string): Promise<NodeJS.Dict<string>> {
  const paths = [join(root, 'supabase'), root].flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return Object.assign({}, ...texts.toReversed().map((text) => parseEnv(text))) as NodeJS.Dict<string>;
}
