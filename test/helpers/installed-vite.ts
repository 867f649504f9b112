import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../../plugin/shared/files.ts';
import { npmInstall } from './npm-install.ts';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/vite-versions', import.meta.url));

/**
 * Installs a version of Vite from npm, once; later calls find it in node_modules/.cache.
 *
 * @returns the folder of the package `vite`
 */
export async function installVite(version: string): Promise<string> {
  const folder = join(CACHE, version);
  const installed = join(folder, 'node_modules', 'vite');
  if (await exists(installed)) return installed;
  // An aborted installation must not look like a complete one.
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, 'package.json'), '{ "private": true }');
  await npmInstall(partial, `vite@${version}`);
  await rename(partial, folder);
  return installed;
}
