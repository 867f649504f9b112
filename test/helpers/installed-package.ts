import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm-install.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Installs the package in a project's node_modules as npm would after publishing: only the files that are packed, which
 * must be built before. Its dependencies and peers are links to ours, and nothing else is there.
 *
 * @param links other folders to link to instead of ours, by package name
 * @param packages what else of ours the project uses
 * @returns the folder of the installed package
 */
export async function installPackage(
  root: string,
  links: Readonly<Record<string, string>> = {},
  packages: readonly string[] = [],
): Promise<string> {
  const modules = join(root, 'node_modules');
  const target = join(modules, 'vite-plugin-supabase');
  await mkdir(target, { recursive: true });
  for (const file of await listPackedFiles()) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(REPOSITORY, file), join(target, file));
  }
  const { dependencies, peerDependencies } = JSON.parse(
    await readFile(join(REPOSITORY, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'peerDependencies', Record<string, string>>;
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), ...packages]) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(links[name] ?? join(REPOSITORY, 'node_modules', name), join(modules, name), 'junction');
  }
  return target;
}

async function listPackedFiles(): Promise<string[]> {
  const stdout = await npm(['pack', '--dry-run', '--json', '--ignore-scripts'], REPOSITORY);
  const report: unknown = JSON.parse(stdout);
  const [packed] = Object.values(report as Record<string, { files: { path: string }[] }>);
  return packed?.files.map((file) => file.path) ?? [];
}
