import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const APP = fileURLToPath(new URL('../../../app', import.meta.url));

// Vite types the names of a CSS module as any string, so a misspelt class is no type error.
test('every class that a component names is in its style sheet', async () => {
  const files = await readdir(APP, { recursive: true, withFileTypes: true });
  const missing: string[] = [];
  for (const { name, parentPath } of files.filter((file) => file.name.endsWith('.tsx'))) {
    const source = await readFile(join(parentPath, name), 'utf8');
    for (const [, variable, path = ''] of source.matchAll(/import (\w+) from '(.+\.module\.css)'/g)) {
      const css = await readFile(join(parentPath, path), 'utf8');
      const classes = new Set(Array.from(css.matchAll(/\.([a-z]\w*)/gi), ([, found]) => found));
      for (const [, used] of source.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'))) {
        if (!classes.has(used)) missing.push(`${relative(APP, join(parentPath, name))}: ${used}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
