import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PLUGIN = fileURLToPath(new URL('../../plugin', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

test('every error code of the package is explained in docs/errors.md', async () => {
  const files = (await readdir(PLUGIN, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(PLUGIN, name), 'utf8')));
  const codes = sources.flatMap((source) =>
    [...source.matchAll(/SupabaseDevError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code ?? ''),
  );
  const page = await readFile(PAGE, 'utf8');
  expect(codes.length).toBeGreaterThan(10);
  expect([...new Set(codes)].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
