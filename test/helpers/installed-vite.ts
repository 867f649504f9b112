import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exists } from '../../plugin/shared/files.ts';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/vite-versions', import.meta.url));
const run = promisify(execFile);

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
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `vite@${version}`];
  const npm = process.env.npm_execpath;
  if (npm) await run(process.execPath, [npm, ...args], { cwd: partial });
  else await run('npm', args, { cwd: partial, shell: process.platform === 'win32' });
  await rename(partial, folder);
  return installed;
}
