import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type DevServer, startDevServer, VITE } from './dev-server.ts';
import { makeProject } from './project.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** OurChat as `vite build` makes it with the repository's vite.config.ts. */
export interface OurChatBuild extends AsyncDisposable {
  /** Folder of the built files. */
  readonly dir: string;
  /** Ids of all modules in the bundle. */
  readonly modules: readonly string[];
  /**
   * Starts `vite preview` on a free port, with the headers of vite.config.ts.
   *
   * @param host `embedded`: with the plugin and its own data; `static`: without the plugin, like a static host
   * @param port a fixed port, for a server that restarts at the same URL; default: any free one
   */
  preview(host: 'embedded' | 'static', port?: number): Promise<DevServer>;
}

/** @param env variables of the build, such as VITE_SUPABASE_URL; without them, app/.env.production applies */
export async function buildOurChat(env: Readonly<Record<string, string>> = {}): Promise<OurChatBuild> {
  const project = await makeProject({ 'package.json': '{ "type": "module" }' });
  await symlink(join(REPOSITORY, 'node_modules'), join(project.root, 'node_modules'), 'junction');
  const dir = join(project.root, 'dist');
  const modules = join(project.root, 'modules.json');
  const fromProject = (path: string): string =>
    relative(project.root, join(REPOSITORY, path)).split(sep).join('/');
  await project.write(
    'vite.config.ts',
    `import { writeFileSync } from 'node:fs';
import config from './${fromProject('vite.config.ts')}';
import supabase from './${fromProject('plugin/index.ts')}';

const listModules = {
  name: 'list-modules',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => Object.keys(chunk.modules ?? {}));
    writeFileSync(${JSON.stringify(modules)}, JSON.stringify(modules));
  },
};
const embedded = () =>
  supabase({
    root: ${JSON.stringify(REPOSITORY)},
    backend: 'embedded',
    embedded: { dataDir: ${JSON.stringify(join(project.root, 'data'))}, dbPort: 0 },
  });

export default (env) => {
  const original = config(env);
  const plugins = process.env.PREVIEW_HOST === 'static' ? [] : [embedded()];
  return {
    ...original,
    cacheDir: ${JSON.stringify(join(project.root, 'vite'))},
    build: { ...original.build, outDir: ${JSON.stringify(dir)} },
    plugins: env.isPreview ? plugins : [...original.plugins, listModules],
  };
};
`,
  );
  const args = ['--config', join(project.root, 'vite.config.ts')];
  try {
    await runBuild(args, env);
    return {
      dir,
      modules: JSON.parse(await readFile(modules, 'utf8')) as string[],
      preview: (host, port = 0) =>
        startDevServer(REPOSITORY, {
          command: 'preview',
          port,
          args,
          env: { ...env, PREVIEW_HOST: host },
        }),
      [Symbol.asyncDispose]: () => project.remove(),
    };
  } catch (error) {
    await project.remove();
    throw error;
  }
}

/** @throws Error with what Vite printed when the build fails */
async function runBuild(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { VITEST: _, NODE_ENV: __, ...parentEnv } = process.env;
  const child = spawn(process.execPath, [VITE, 'build', ...args], {
    cwd: REPOSITORY,
    env: { ...parentEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error((await output).join('\n'));
}
