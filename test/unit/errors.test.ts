import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { GATEWAY_ERRORS } from '../../plugin/gateway/errors.ts';
import { ERROR_CODES } from '../../plugin/shared/error-codes.ts';

const PAGE = new URL('../../docs/errors.md', import.meta.url);

/** The rows of the page's tables: code and the other cells. */
async function readRows(): Promise<{ code: string; cells: string[] }[]> {
  const page = await readFile(PAGE, 'utf8');
  return [...page.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, code = '', rest = '']) => ({
    code,
    cells: rest.split(' | '),
  }));
}

test('docs/errors.md has exactly one row for each error code of the package', async () => {
  const documented = (await readRows()).map(({ code }) => code).toSorted();
  expect(documented).toEqual([...Object.keys(ERROR_CODES), ...Object.keys(GATEWAY_ERRORS)].toSorted());
});

test('docs/errors.md has the status of each error of the gateway', async () => {
  const rows = await readRows();
  const documented = Object.keys(GATEWAY_ERRORS).map((code) => [
    code,
    Number(rows.find((row) => row.code === code)?.cells[0]),
  ]);
  expect(documented).toEqual(Object.entries(GATEWAY_ERRORS).map(([code, { status }]) => [code, status]));
});
