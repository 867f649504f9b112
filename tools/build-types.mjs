// Bundles the declarations of the public entries into dist/: nothing of the package's inside, and no type of a dependency
// that users do not have.
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * @param {string} repository
 * @param {string} target dist/
 * @param {{ entries: string[], external: string[] }} options as of `buildCode`
 */
export async function buildTypes(repository, target, { entries, external }) {
  const declarations = join(target, 'declarations');
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', declarations];
  const { status } = spawnSync(process.execPath, [tsc, ...args], { cwd: repository, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(declarations, `${name}.d.ts`)])),
    external: (id) =>
      id.startsWith('node:') || external.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [dts({ dtsInput: true, emitDtsOnly: true })],
  });
  await build.write({ dir: target, chunkFileNames: 'chunks/[name]-[hash].d.ts' });
  await build.close();
  await rm(declarations, { recursive: true });
}
