import { expect, test } from 'vitest';
import { ask } from '../../helpers/gateway/support.ts';
import '../../helpers/to-be-visible.ts';
import type { PageUnderTest } from './page-under-test.ts';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const SCRIPT = '<script>parent.document.title = "hacked"</script>';
const FILES = [
  { name: 'pixel.png', mimeType: 'image/png', buffer: PIXEL },
  { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from(`<h1>Hi</h1>${SCRIPT}`) },
  { name: 'paper.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF') },
  {
    name: 'a drawing & more.svg',
    mimeType: 'image/svg+xml',
    buffer: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">${SCRIPT}</svg>`),
  },
];

/** The page Storage. The project has a policy for the bucket photos, and one for papers and drafts. */
export function testStorage(studio: () => PageUnderTest): void {
  test('Storage creates buckets, takes files, and shows what is in them without running it', async () => {
    const { page, server, findings, makeScreenshot } = studio();
    await page.goto(`${server.url}/__supabase/storage`);
    await page.getByRole('button', { name: 'New bucket' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('photos');
    await dialog.getByLabel('Largest file').fill('1MB');
    await dialog.getByRole('button', { name: 'Create' }).click();
    const objects = page.getByRole('region', { name: 'Objects', exact: true });
    await expect(objects.getByText('Nothing is here.')).toBeVisible();
    await page.getByLabel('Files to upload').setInputFiles(FILES);
    await expect(page.getByText('4 files were uploaded.')).toBeVisible();

    await page.getByRole('button', { name: /drawing/ }).click();
    const object = page.getByRole('region', { name: 'Object', exact: true });
    const image = object.getByRole('img', { name: 'Preview of a drawing & more.svg' });
    await expect
      .poll(() => image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(40);
    await page.getByRole('button', { name: /page\.html/ }).click();
    await expect(object.getByText(SCRIPT)).toBeVisible();
    await page.getByRole('button', { name: /paper\.pdf/ }).click();
    await expect(object.locator('iframe[title="Preview of paper.pdf"]')).toBeVisible();
    await page.getByRole('button', { name: /pixel\.png/ }).click();
    await expect(object.getByRole('img', { name: 'Preview of pixel.png' })).toBeVisible();
    expect(await page.title()).toBe('photos – Supabase Studio');
    const policies = page.getByRole('region', { name: /Policies/ });
    await expect(policies.getByText('own photos')).toBeVisible();
    expect(await policies.getByText('read papers').count()).toBe(0);
    await makeScreenshot('storage');
    expect(await findings()).toEqual([]);
  });

  test('Storage copies signed links, moves and deletes objects, and takes files by drop', async () => {
    const { page, server } = studio();
    const name = encodeURIComponent('a drawing & more.svg');
    await page.goto(`${server.url}/__supabase/storage?bucket=photos&object=${name}`);
    const object = page.getByRole('region', { name: 'Object', exact: true });
    await object.getByRole('button', { name: 'Copy signed link' }).click();
    await expect(object.getByText('The signed link was copied.')).toBeVisible();
    const link = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
    expect((await ask(server.url, link.pathname + link.search)).body).toContain('<svg');
    expect((await ask(server.url, link.pathname)).status).toBe(400);
    await object.getByRole('button', { name: 'Move' }).click();
    await page.getByRole('dialog').getByLabel('New path').fill('art/2026/drawing.svg');
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
    await page.getByRole('button', { name: /art\// }).click();
    await page.getByRole('button', { name: /2026\// }).click();
    await expect(page.getByRole('button', { name: /drawing\.svg/ })).toBeVisible();

    const dropped = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped here'], 'note.txt', { type: 'text/plain' }));
      return data;
    })()`);
    await page
      .getByRole('region', { name: 'Objects', exact: true })
      .dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByRole('button', { name: /note\.txt/ }).click();
    await expect(object.getByText('dropped here')).toBeVisible();
    expect(new URL(page.url()).search).toBe('?bucket=photos&folder=art%2F2026&object=note.txt');
    await object.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => page.getByRole('button', { name: /note\.txt/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'photos', exact: true }).first().click();
    await expect(page.getByRole('button', { name: /pixel\.png/ })).toBeVisible();
  });

  test('Storage changes the settings of a bucket, and deletes it with its objects after asking', async () => {
    const { page, server } = studio();
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('Public: whoever has the URL of an object can read it').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('public: whoever has the URL can read')).toBeVisible();
    expect((await ask(server.url, '/storage/v1/object/public/photos/pixel.png')).status).toBe(200);
    await page.getByRole('button', { name: 'Delete bucket' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete bucket' }).click();
    await expect(page.getByText('No bucket yet.')).toBeVisible();
    expect((await ask(server.url, '/storage/v1/object/public/photos/pixel.png')).status).toBe(400);
  });
}
