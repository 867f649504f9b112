// Builds dist/ from plugin/: types, JavaScript, and beside them the files that are read at run time.
// It starts from an empty folder, so that nothing of an earlier build is published.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { buildCode } from './build-code.mjs';
import { buildStudio } from './build-studio.mjs';
import { buildTypes } from './build-types.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const source = join(repository, 'plugin');
const target = join(repository, 'dist');

const ASSET = /\.(sql|html|css|control|d\.ts)$/;

await rm(target, { recursive: true, force: true });

const { bin, exports, dependencies, peerDependencies } = JSON.parse(
  await readFile(join(repository, 'package.json'), 'utf8'),
);
const external = Object.keys({ ...dependencies, ...peerDependencies });
const entriesOf = (files) => files.flatMap((file) => /\bdist\/(.+)\.js$/.exec(file ?? '')?.[1] ?? []);
const library = entriesOf(Object.values(exports).map((entry) => entry.default));
await buildTypes(repository, target, { entries: library, external });
await buildCode(source, target, { entries: [...library, ...entriesOf(Object.values(bin))], external });
await buildStudio(join(target, 'studio/pages'));

for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  // What a test has built there (test/helpers/studio.ts) is not the package's.
  if (!entry.isFile() || !ASSET.test(entry.name) || file.startsWith(join(source, 'studio/pages'))) continue;
  await cp(file, join(target, relative(source, file)));
}

await copyPgtap(join(target, 'stack/postgres/extensions/pgtap'));
await copyPgDump(join(target, 'stack/postgres/dump/pg_dump'));

/** pgTAP's SQL: from the archive of its npm package the two files that are used, and the licences of both. */
async function copyPgtap(folder) {
  const source = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite-pgtap'));
  const tar = gunzipSync(await readFile(join(source, 'pgtap.tar.gz')));
  const kept = [];
  let manual = '';
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    const end = at + 512 + Math.ceil(size / 512) * 512;
    if (/\/pgtap(\.control|--[\d.]+\.sql)$/.test(name)) kept.push(tar.subarray(at, end));
    if (name.endsWith('/pgtap.md')) manual = tar.toString('utf8', at + 512, at + 512 + size);
    at = end;
  }
  const notice = /^Copyright and License\n-+\n[^]*$/m.exec(manual)?.[0];
  if (kept.length !== 2 || notice === undefined) throw new Error('the archive of pgTAP has another form');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'pgtap.tar.gz'),
    gzipSync(Buffer.concat([...kept, Buffer.alloc(1024)]), { level: 9 }),
  );
  const packaging = await readFile(join(source, '../LICENSE'), 'utf8');
  await writeFile(
    join(folder, 'LICENSE'),
    `pgTAP (https://pgtap.org)\n\n${notice}\n\nPackaging (@electric-sql/pglite-pgtap)\n\n${packaging}`,
  );
}

/** pg_dump as WebAssembly, and the licences of PostgreSQL and of its packaging. */
async function copyPgDump(folder) {
  const source = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite-tools/pg_dump'));
  for (const name of ['pg_dump.cjs', 'pg_dump.wasm']) await cp(join(source, name), join(folder, name));
  const postgres = await readFile(join(repository, 'tools/postgresql-license.txt'), 'utf8');
  const packaging = await readFile(join(source, '../LICENSE'), 'utf8');
  await writeFile(
    join(folder, 'LICENSE'),
    `pg_dump\n\n${postgres}\n\nPackaging (@electric-sql/pglite-tools)\n\n${packaging}`,
  );
}
