import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { PageUnderTest } from './page-under-test.ts';

/** Tables: rows are changed, filtered, imported and exported. */
export function testRows(studio: () => PageUnderTest): void {
  test('Tables edits cells in place by keyboard, and shows at the cell why a value is refused', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/tables/public/people`);
    const grid = page.getByRole('grid', { name: 'Rows of people' });
    const cell = (text: string) => grid.getByRole('gridcell', { name: text, exact: true });
    await cell('Anna').click();
    await page.keyboard.press('Enter');
    await grid.getByRole('textbox', { name: 'name' }).fill('Anna Lena');
    await page.keyboard.press('Enter');
    await expect(cell('Anna Lena')).toBeVisible();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await grid.getByRole('combobox', { name: 'mood' }).selectOption('merry');
    await grid.getByRole('button', { name: 'Save' }).click();
    await expect(cell('merry')).toBeVisible();
    await cell('{"likes": ["tea"]}').dblclick();
    await grid.getByRole('textbox', { name: 'details' }).fill('{"likes": ');
    await page.keyboard.press('Enter');
    await expect(grid.getByText(/invalid input syntax for type json/)).toBeVisible();
    await studio().makeScreenshot('rows-refused');
    expect(await studio().findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(cell('{"likes": ["tea"]}')).toBeVisible();
    await cell('4').dblclick();
    expect(await grid.getByRole('textbox').count()).toBe(0);
  });

  test('Tables inserts and deletes rows, and follows foreign keys', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/tables/public/pets`);
    await page.getByRole('button', { name: 'Insert row' }).click();
    const form = page.getByRole('region', { name: 'New row' });
    await form.getByRole('textbox', { name: 'id' }).fill('4');
    await form.getByRole('textbox', { name: 'owner' }).fill('9');
    await form.getByRole('button', { name: 'Insert' }).click();
    await expect(form.getByText(/Key \(owner\)=\(9\) is not present in table "people"/)).toBeVisible();
    await studio().makeScreenshot('rows-insert');
    await form.getByRole('textbox', { name: 'owner' }).fill('2');
    await form.getByRole('button', { name: 'Insert' }).click();
    const grid = page.getByRole('grid', { name: 'Rows of pets' });
    await expect(grid.getByRole('checkbox', { name: 'Select row 4' })).toBeVisible();
    await grid.getByRole('checkbox', { name: 'Select row 3' }).check();
    await grid.getByRole('checkbox', { name: 'Select row 4' }).check();
    await page.getByRole('button', { name: 'Delete 2 rows' }).click();
    await page
      .getByRole('dialog', { name: /Delete 2 rows of public\.pets/ })
      .getByRole('button', { name: 'Delete' })
      .click();
    await grid.getByRole('checkbox', { name: 'Select row 3' }).waitFor({ state: 'detached' });
    await grid.getByRole('link', { name: 'Go to people 1' }).first().click();
    await expect(page.getByRole('button', { name: 'Remove the filter id = 1' })).toBeVisible();
    await expect(page.getByRole('grid').getByRole('gridcell', { name: 'Anna Lena' })).toBeVisible();
    expect(await page.getByRole('grid').getByText('Bert').count()).toBe(0);
    await page.goBack();
    await expect(grid).toBeVisible();
  });

  test('Tables says which policy refuses a change of the chosen user', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/tables/public/diary`);
    await page.getByLabel('Rows as').selectOption({ label: 'anna@example.com' });
    const grid = page.getByRole('grid', { name: 'Rows of diary' });
    await grid.getByRole('gridcell', { name: 'of Anna' }).dblclick();
    await grid.getByRole('textbox', { name: 'text' }).fill('changed');
    await page.keyboard.press('Enter');
    await expect(
      grid.getByText(/authenticated \(anna@example\.com\) may change none of them.*no policy allows update/),
    ).toBeVisible();
    await studio().makeScreenshot('rows-policy');
  });

  test('Tables exports what is filtered as CSV, and imports a file after a preview', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/tables/public/pets`);
    await page.getByRole('combobox', { name: 'Filter column' }).selectOption('name');
    await page.getByRole('combobox', { name: 'Comparison' }).selectOption('contains');
    await page.getByRole('textbox', { name: 'Filter value' }).fill('CAT');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('button', { name: /name contains CAT/ }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export CSV' }).click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe('id,owner,name\r\n1,1,Cat\r\n');
    await page.getByRole('button', { name: 'Import CSV' }).click();
    const file = (text: string) => ({ name: 'pets.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    const input = page.getByLabel('File with a header line');
    await input.setInputFiles(file('ID,Name,extra\n10,"Dog, big",x\n11,Owl,y\nten,Elk,z\n'));
    await page.getByRole('button', { name: 'Import 3 rows' }).click();
    await expect(page.getByText(/Line 4:.*invalid input syntax for type integer: "ten"/)).toBeVisible();
    await studio().makeScreenshot('rows-import');
    expect(await studio().findings()).toEqual([]);
    await input.setInputFiles(file('ID,Name,extra\n10,"Dog, big",x\n11,Owl,y\n'));
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByRole('button', { name: /name contains CAT/ }).click();
    await expect(page.getByRole('gridcell', { name: 'Dog, big' })).toBeVisible();
  });
}
