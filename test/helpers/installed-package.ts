import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm-install.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Installs the package in a project's node_modules as npm would after publishing: only the files that are packed, which
 * must be built before. Its dependencies are links to ours.
 *
 * @param links other folders to link to instead of ours, by package name
 * @returns the folder of the installed package
 */
export async function installPackage(
  root: string,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const modules = join(root, 'node_modules');
  const target = join(modules, 'vite-plugin-supabase');
  await mkdir(target, { recursive: true });
  for (const file of await listPackedFiles()) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(REPOSITORY, file), join(target, file));
  }
  for (const name of await readdir(join(REPOSITORY, 'node_modules'))) {
    if (name.startsWith('.')) continue;
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
