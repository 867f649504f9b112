// Builds dist/ from plugin/: types and JavaScript by tsc, and beside them the files that are read at run time.
// It starts from an empty folder, so that nothing of an earlier build is published.
import { spawnSync } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStudio } from './build-studio.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const source = join(repository, 'plugin');
const target = join(repository, 'dist');

const ASSET = /\.(sql|html|css|control|d\.ts)$/;

await rm(target, { recursive: true, force: true });

const tsc = join(repository, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: repository,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

await buildStudio(join(target, 'studio/pages'));

for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  // What a test has built there (test/helpers/studio.ts) is not the package's.
  if (!entry.isFile() || !ASSET.test(entry.name) || file.startsWith(join(source, 'studio/pages'))) continue;
  await cp(file, join(target, relative(source, file)));
}
