// What tsc does not copy: the SQL scripts, read at run time from beside the modules that apply them.
import { cp, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));

const ASSET = /\.(sql|html|css)$/;

for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !ASSET.test(entry.name)) continue;
  const file = join(entry.parentPath ?? entry.path, entry.name);
  await cp(file, join(target, relative(source, file)));
}
