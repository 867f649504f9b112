import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../plugin/shared/error-codes.ts';

const PAGE = new URL('../../docs/errors.md', import.meta.url);

test('docs/errors.md has a row for every error code of the package', async () => {
  const page = await readFile(PAGE, 'utf8');
  const documented = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(
    ([, cell]) => cell?.match(/[A-Z_]+/g) ?? [],
  );
  expect(Object.keys(ERROR_CODES).filter((code) => !documented.includes(code))).toEqual([]);
});
