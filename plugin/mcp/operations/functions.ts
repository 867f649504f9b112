import { lstat, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { EdgeFunction, EdgeFunctionsOperations } from '@supabase/mcp-server-supabase/platform';
import { isInside } from '../../shared/files.ts';
import { loadConfig, type SupabaseConfig } from '../../stack/config/config.ts';
import {
  findFunctions,
  functionsDir,
  SLUG,
  type FunctionDefinition,
} from '../../stack/functions/definitions.ts';
import { readFunctionsSettings } from '../../stack/functions/settings.ts';
import type { FindProject } from '../project.ts';

const MAX_FILES = 200;
const MAX_FILE_BYTES = 1024 * 1024;

type Deployment = Parameters<EdgeFunctionsOperations['deployEdgeFunction']>[1];

/** The functions in `supabase/functions`: to deploy one is to write its files, which the stack serves at once. */
export function functionsOperations(find: FindProject): EdgeFunctionsOperations {
  const load = async (): Promise<SupabaseConfig> => loadConfig((await find()).root);
  return {
    async listEdgeFunctions() {
      const config = await load();
      const functions = await findFunctions(config, readFunctionsSettings(config));
      return Promise.all([...functions.values()].map((definition) => describe(config, definition)));
    },
    async getEdgeFunction(_project, slug) {
      const config = await load();
      const folder = join(functionsDir(config), slug);
      return { ...(await describe(config, await define(config, slug))), files: await readFiles(folder) };
    },
    async deployEdgeFunction(_project, deployment) {
      const config = await load();
      await deploy(config, deployment);
      // Read again: the new files decide.
      return describe(config, await define(config, deployment.name));
    },
  };
}

/** @throws Error for a function that does not exist */
async function define(config: SupabaseConfig, slug: string): Promise<FunctionDefinition> {
  const definition = (await findFunctions(config, readFunctionsSettings(config))).get(slug);
  if (!definition) throw new Error(`There is no function ${slug} in supabase/functions`);
  return definition;
}

async function describe(
  { supabaseDir }: SupabaseConfig,
  { slug, entrypoint, verifyJwt, importMap }: FunctionDefinition,
): Promise<EdgeFunction> {
  const stats = await stat(entrypoint).catch(() => undefined);
  return {
    id: slug,
    slug,
    name: slug,
    status: 'ACTIVE',
    version: 1,
    verify_jwt: verifyJwt,
    import_map: importMap !== undefined,
    entrypoint_path: toUrlPath(relative(supabaseDir, entrypoint)),
    ...(importMap !== undefined && { import_map_path: toUrlPath(relative(supabaseDir, importMap)) }),
    ...(stats && { updated_at: Math.round(stats.mtimeMs) }),
  };
}

async function readFiles(folder: string): Promise<{ name: string; content: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).split(sep).includes('node_modules'))
    .toSorted()
    .slice(0, MAX_FILES);
  const contents = await Promise.all(
    files.map(async (path) => {
      const { size } = await stat(path);
      const content = size > MAX_FILE_BYTES ? `(${size} bytes)` : await readFile(path, 'utf8');
      return { name: toUrlPath(relative(folder, path)), content };
    }),
  );
  return contents;
}

/** @throws Error for a name that no function has, a file outside its folder, or a setting that config.toml decides */
async function deploy(config: SupabaseConfig, deployment: Deployment): Promise<void> {
  const { name, files, verify_jwt: verifyJwt = true, entrypoint_path: entrypoint } = deployment;
  if (!SLUG.test(name)) throw new Error(`"${name}" cannot be the name of a function`);
  const settings = readFunctionsSettings(config).byName.get(name);
  if ((settings?.verifyJwt ?? true) !== verifyJwt)
    throw new Error(
      `supabase/config.toml decides whether ${name} asks for a token. Set it there first: [functions.${name}] verify_jwt = ${verifyJwt}`,
    );
  const folder = join(functionsDir(config), name);
  if (settings?.entrypoint === undefined && toUrlPath(entrypoint).split('/').at(-1) !== 'index.ts')
    throw new Error(`The entrypoint of ${name} is index.ts, unless supabase/config.toml names another one`);
  const targets = files.map((file) => ({ path: resolve(folder, file.name), content: file.content }));
  for (const { path } of targets) await requireInside(config, folder, path);
  for (const { path, content } of targets) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** Refuses paths that lead out of the functions' folder, also by symbolic links that exist. */
async function requireInside(config: SupabaseConfig, folder: string, path: string): Promise<void> {
  const root = functionsDir(config);
  // Shared code lies beside the function: `../_shared/cors.ts`.
  if (path === folder || !(isInside(folder, path) || isInside(join(root, '_shared'), path)))
    throw new Error(`${path} is neither in ${folder} nor in _shared beside it`);
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  await mkdir(root, { recursive: true });
  if (isLink || !isInside(await realpath(root), await realpathOfNearest(dirname(path))))
    throw new Error(`${path} is not in supabase/functions`);
}

/** The real path of the nearest folder that exists. */
async function realpathOfNearest(path: string): Promise<string> {
  return realpath(path).catch(() => realpathOfNearest(dirname(path)));
}

function toUrlPath(path: string): string {
  return path.replaceAll('\\', '/');
}
