import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const APP = fileURLToPath(new URL('../../../app', import.meta.url));

// A folder imports only from folders further down this list ('' is app/ itself), so there is no circle among them.
// The linter finds circles of files; circles of folders need this test.
const ORDER = ['', 'shell', 'families', 'settings', 'messages', 'live', 'images', 'auth', 'model', 'shared'];

/** Relative imports of a source file, style sheets included; dynamic imports as well. */
const IMPORT = /(?:from|import|import\()\s*'(\.{1,2}\/[^']+)'/g;

test('the folders of app/ import one way', async () => {
  const files = await readdir(APP, { recursive: true, withFileTypes: true });
  const sources = files
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name))
    .map((file) => join(file.parentPath, file.name));
  const folderOf = (path: string): string => {
    const [folder = '', ...rest] = relative(APP, path).split(sep);
    return rest.length === 0 ? '' : folder;
  };
  const wrongWay: string[] = [];
  for (const source of sources) {
    const from = folderOf(source);
    for (const [, path = ''] of (await readFile(source, 'utf8')).matchAll(IMPORT)) {
      const to = folderOf(join(source, '..', path));
      if (to === 'styles' || to === from || ORDER.indexOf(to) > ORDER.indexOf(from)) continue;
      wrongWay.push(`${relative(APP, source)} → ${path}`);
    }
  }
  expect(new Set(sources.map(folderOf))).toEqual(new Set(ORDER));
  expect(wrongWay).toEqual([]);
});
