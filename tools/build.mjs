// Builds dist/ from plugin/: types and JavaScript by tsc, and beside them the files that are read at run time.
// It starts from an empty folder, so that nothing of an earlier build is published.
import { spawnSync } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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

for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !ASSET.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  await cp(file, join(target, relative(source, file)));
}

// pgTAP's SQL, as its npm package packs it, and that package's licence. (pgTAP's own is in the archive's documentation.)
const pgtap = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite-pgtap'));
const pgtapTarget = join(target, 'stack/postgres/extensions/pgtap');
await cp(join(pgtap, 'pgtap.tar.gz'), join(pgtapTarget, 'pgtap.tar.gz'));
await cp(join(pgtap, '../LICENSE'), join(pgtapTarget, 'LICENSE'));
