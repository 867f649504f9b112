// Builds the pages of Studio (studio/) into a folder.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** @param {string} outDir absolute path; emptied before */
export async function buildStudio(outDir) {
  const configFile = fileURLToPath(new URL('../studio/vite.config.ts', import.meta.url));
  await build({ configFile, build: { outDir }, logLevel: 'warn' });
}
