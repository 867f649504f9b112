import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveFiles } from '../../../helpers/drop-files.ts';
import { type ChatAndBrowser, openFamily } from '../../../helpers/ourchat-people.ts';
import { composer, line, sendMessage, type Visitor } from '../../../helpers/ourchat.ts';
import { makePicture } from '../../../helpers/pictures.ts';
import '../../../helpers/to-be-visible.ts';

const PDF = {
  name: 'letter to all.pdf',
  mimeType: 'application/pdf',
  buffer: Buffer.from('%PDF-1.7 dear all'),
};
const PAGE = {
  name: 'page.html',
  mimeType: 'text/html',
  buffer: Buffer.from('<script>localStorage.setItem("stolen", document.cookie)</script>'),
};
const UPLOADS = '**/storage/v1/object/message-files/**';

export function describeFiles(shared: ChatAndBrowser): void {
  describe('files in messages', () => {
    let visitors: Visitor[];
    let anna: Page;
    let ben: Page;

    beforeAll(async () => {
      visitors = await openFamily(shared, 'The Millers', ['Anna', 'Ben']);
      [anna, ben] = visitors.map((visitor) => visitor.page) as [Page, Page];
    });

    afterAll(async () => {
      for (const { page } of visitors ?? []) await page.context().close();
    });

    const tray = (page: Page): Locator => page.getByRole('list', { name: 'To send' });

    /** Saves a file of a message. @returns its name and content */
    async function save(page: Page, name: string): Promise<{ name: string; text: string }> {
      const saving = page.waitForEvent('download');
      await page.getByRole('log').getByRole('link', { name }).click();
      const download = await saving;
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
    }

    test('are chosen with the keyboard, show name and size, and are saved by the others', async () => {
      const chooser = anna.waitForEvent('filechooser');
      await anna.getByRole('button', { name: 'Add files' }).press('Enter');
      await (await chooser).setFiles([PDF]);
      await tray(anna).getByText('PDF · 17 bytes').waitFor();
      await composer(anna).fill('Please read');
      await composer(anna).press('Enter');
      await line(ben, 'Please read').getByText('PDF · 17 bytes').waitFor();
      expect(await save(ben, 'letter to all.pdf')).toEqual({ name: PDF.name, text: String(PDF.buffer) });
      expect(await save(anna, 'letter to all.pdf')).toEqual({ name: PDF.name, text: String(PDF.buffer) });
    });

    test('can be dropped and pasted, beside pictures, without text', async () => {
      await giveFiles(composer(anna), 'drop', [
        await makePicture('lake.png', '#2460a7', { format: 'png' }),
        { ...PDF, name: 'tickets.pdf' },
      ]);
      await giveFiles(composer(anna), 'paste', [{ ...PDF, name: 'wrong.pdf' }]);
      await tray(anna).getByRole('listitem').nth(2).waitFor();
      await anna.getByRole('button', { name: 'Remove wrong.pdf' }).click();
      await anna.getByRole('button', { name: 'Send' }).click();
      await line(ben, 'tickets.pdf').getByRole('img').waitFor();
      expect(await line(ben, 'wrong.pdf').count()).toBe(0);
    });

    test('run nothing on the origin of the page, however they are opened', async () => {
      const svg = { ...PAGE, name: 'picture.svg', mimeType: 'image/svg+xml' };
      await giveFiles(composer(anna), 'drop', [PAGE, svg]);
      await tray(anna).getByRole('listitem').nth(1).waitFor();
      await composer(anna).press('Enter');
      for (const name of [PAGE.name, svg.name]) {
        const link = ben.getByRole('log').getByRole('link', { name });
        const url = (await link.getAttribute('href')) ?? '';
        // Without "download", as a link that somebody has shortened.
        const open = new URL(url.replace(/&download=.*/, ''), shared.chat.url).href;
        const page = await ben.context().newPage();
        await page.goto(open).catch(() => {});
        await page.goto(shared.chat.url);
        expect(await page.evaluate('localStorage.getItem("stolen")')).toBeNull();
        await page.close();
      }
    });

    test('are refused when they are too large, too many or a folder, with the limit', async () => {
      const large = {
        name: 'film.mp4',
        mimeType: 'video/mp4',
        buffer: Buffer.alloc(0),
        padding: 26 * 1024 * 1024 + 1,
      };
      await giveFiles(composer(anna), 'drop', [large]);
      await anna.getByText('“film.mp4” is too large (27 MB). The limit is 26 MB.').waitFor();
      expect(await tray(anna).count()).toBe(0);
      await giveFiles(
        composer(anna),
        'drop',
        ['1', '2', '3', '4', '5'].map((name) => ({ ...PDF, name })),
      );
      await anna.getByText('A message can have up to 4 files.').waitFor();
      await tray(anna).getByRole('listitem').nth(3).waitFor();
      for (const name of ['1', '2', '3', '4']) {
        await anna.getByRole('button', { name: `Remove ${name}`, exact: true }).click();
      }
    });

    test('show how far they are, and can be cancelled', async () => {
      let held = (): void => {};
      await anna.route(UPLOADS, async (route) => {
        await new Promise<void>((resolve) => (held = resolve));
        await route.continue().catch(() => {});
      });
      await giveFiles(composer(anna), 'drop', [{ ...PDF, name: 'by mistake.pdf' }]);
      await tray(anna).getByRole('listitem').waitFor();
      await composer(anna).press('Enter');
      await line(anna, 'by mistake').getByRole('progressbar', { name: 'Upload' }).waitFor();
      await sendMessage(anna, 'Something else');
      await line(anna, 'by mistake').getByRole('button', { name: 'Cancel' }).click();
      await line(anna, 'by mistake').waitFor({ state: 'detached' });
      await line(ben, 'Something else').waitFor();
      held();
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
      expect(await line(ben, 'by mistake').count()).toBe(0);
    });

    test('wait for the connection, survive a reload, and arrive once', async () => {
      await anna.route(UPLOADS, (route) => route.abort());
      await giveFiles(composer(anna), 'drop', [{ ...PDF, name: 'patience.pdf' }]);
      await tray(anna).getByRole('listitem').waitFor();
      await sendMessage(anna, 'When it can');
      await line(anna, 'When it can').getByText('Waiting for the connection').waitFor();
      await anna.reload();
      await line(anna, 'When it can').getByText('patience.pdf').waitFor();
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
      await line(ben, 'When it can').waitFor();
      expect(await save(ben, 'patience.pdf')).toEqual({ name: 'patience.pdf', text: String(PDF.buffer) });
      expect(await line(ben, 'When it can').count()).toBe(1);
    });

    test('are mentioned in replies, and found by their name', async () => {
      await ben.mouse.move(1, 1);
      await line(ben, 'tickets.pdf').focus();
      await ben.getByRole('button', { name: 'Reply', exact: true }).click();
      await sendMessage(ben, 'Thank you');
      await line(anna, 'Thank you')
        .getByRole('button', { name: /In reply to.*2 files/ })
        .waitFor();
      await ben.getByRole('button', { name: 'Search' }).click();
      await ben.getByLabel('Search messages').fill('has:file letter');
      await expect(ben.getByRole('option', { name: /letter to all\.pdf/ })).toBeVisible();
      await ben.keyboard.press('Escape');
    });

    test('disappear with their message', async () => {
      const url =
        (await ben.getByRole('log').getByRole('link', { name: PDF.name }).getAttribute('href')) ?? '';
      expect((await ben.request.get(new URL(url, shared.chat.url).href)).status()).toBe(200);
      await anna.mouse.move(1, 1);
      await line(anna, 'Please read').focus();
      await anna.getByRole('button', { name: 'Delete' }).click();
      await anna.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await line(ben, 'This message was deleted').waitFor();
      await expect
        .poll(async () => (await ben.request.get(new URL(url, shared.chat.url).href)).status())
        .toBe(400);
    });

    test('throw no error', () => {
      expect(visitors.flatMap((visitor) => visitor.errors)).toEqual([]);
    });
  });
}
