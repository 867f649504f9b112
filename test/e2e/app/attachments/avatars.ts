import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveFiles } from '../../../helpers/drop-files.ts';
import { type ChatAndBrowser, openFamily } from '../../../helpers/ourchat-people.ts';
import { sendMessage, type Visitor } from '../../../helpers/ourchat.ts';
import { makePicture, makeUprightPhoto } from '../../../helpers/pictures.ts';

export function describeAvatars(shared: ChatAndBrowser): void {
  describe('the picture of a person', () => {
    let visitors: Visitor[];
    let anna: Page;
    let ben: Page;

    beforeAll(async () => {
      visitors = await openFamily(shared, 'The Millers', ['Anna', 'Ben']);
      [anna, ben] = visitors.map((visitor) => visitor.page) as [Page, Page];
      await sendMessage(anna, 'This is me');
      await ben.getByText('This is me').waitFor();
      await anna.goto(`${shared.chat.url}/settings`);
    });

    afterAll(async () => {
      for (const { page } of visitors ?? []) await page.context().close();
    });

    const inPeopleList = (page: Page): Locator =>
      page.getByRole('region', { name: 'People' }).getByRole('listitem').filter({ hasText: 'Anna' });
    /** Waits until a picture is shown, and downloads it from the same URL. */
    async function shownPicture(place: Locator): Promise<{ url: string; bytes: Buffer }> {
      const image = place.locator('img[src^=http]');
      await image.waitFor();
      await image.evaluate((element) => (element as unknown as { decode(): Promise<void> }).decode());
      const url = (await image.getAttribute('src')) ?? '';
      return { url, bytes: await (await place.page().request.get(url)).body() };
    }

    test('is chosen, previewed and saved with the keyboard; others see it immediately', async () => {
      expect(await inPeopleList(ben).locator('img').count()).toBe(0);
      const chooser = anna.waitForEvent('filechooser');
      await anna.getByRole('button', { name: 'Choose a picture' }).press('Enter');
      await (await chooser).setFiles(await makeUprightPhoto());
      await anna.getByRole('dialog', { name: 'Your new picture' }).waitFor();
      await anna.getByRole('button', { name: 'Use this picture' }).press('Enter');
      await anna.getByRole('dialog').waitFor({ state: 'detached' });
      await shownPicture(anna.getByRole('main'));
      const { bytes } = await shownPicture(inPeopleList(ben));
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ width: 256, height: 256 });
      // Neither the location nor the camera is uploaded.
      expect(metadata.exif).toBeUndefined();
      await shownPicture(ben.getByRole('article').filter({ hasText: 'This is me' }));
    });

    test('can be dropped, and cancelled', async () => {
      const { url } = await shownPicture(anna.getByRole('main'));
      await giveFiles(anna.getByRole('heading', { name: 'Your picture' }), 'drop', [
        await makePicture('pink.png', '#a8326f', { format: 'png' }),
      ]);
      await anna.getByRole('dialog', { name: 'Your new picture' }).waitFor();
      await anna.keyboard.press('Escape');
      await anna.getByRole('dialog').waitFor({ state: 'detached' });
      expect((await shownPicture(anna.getByRole('main'))).url).toBe(url);
    });

    test('replaces the previous one, whose file is removed', async () => {
      const { url: before } = await shownPicture(inPeopleList(ben));
      await giveFiles(anna.locator('body'), 'drop', [await makePicture('pink.webp', '#a8326f')]);
      await anna.getByRole('button', { name: 'Use this picture' }).click();
      await anna.getByRole('dialog').waitFor({ state: 'detached' });
      await inPeopleList(ben).locator(`img:not([src="${before}"])`).waitFor();
      const { bytes } = await shownPicture(inPeopleList(ben));
      const { dominant } = await sharp(bytes).stats();
      expect(dominant.r).toBeGreaterThan(dominant.g);
      expect((await ben.request.get(before)).status()).toBe(400);
    });

    test('is cropped with the keyboard or by dragging', async () => {
      // Red on the left, blue on the right.
      const halves = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#f00' } })
        .composite([
          {
            input: { create: { width: 300, height: 300, channels: 3, background: '#00f' } },
            left: 300,
            top: 0,
          },
        ])
        .png()
        .toBuffer();
      const file = { name: 'halves.png', mimeType: 'image/png', buffer: halves };
      const use = async (): Promise<{ r: number; g: number; b: number }> => {
        const { url: before } = await shownPicture(inPeopleList(ben));
        await anna.getByRole('button', { name: 'Use this picture' }).click();
        await anna.getByRole('dialog').waitFor({ state: 'detached' });
        await inPeopleList(ben).locator(`img:not([src="${before}"])`).waitFor();
        return (await sharp((await shownPicture(inPeopleList(ben))).bytes).stats()).dominant;
      };
      await giveFiles(anna.locator('body'), 'drop', [file]);
      await anna.getByRole('slider', { name: 'Horizontal position' }).press('End');
      const right = await use();
      expect(right.b).toBeGreaterThan(200);
      expect(right.r).toBeLessThan(50);
      await giveFiles(anna.locator('body'), 'drop', [file]);
      await anna.getByRole('slider', { name: 'Zoom' }).press('End');
      const box = await anna.getByRole('dialog').getByRole('img').first().locator('..').boundingBox();
      const [x, y] = [(box?.x ?? 0) + 90, (box?.y ?? 0) + 90];
      await anna.mouse.move(x, y);
      await anna.mouse.down();
      await anna.mouse.move(x + 600, y, { steps: 5 });
      await anna.mouse.up();
      const left = await use();
      expect(left.r).toBeGreaterThan(200);
      expect(left.b).toBeLessThan(50);
    });

    test('cannot be loaded without its signature', async () => {
      const { url } = await shownPicture(inPeopleList(ben));
      const address = url.replace('/object/sign/', '/object/public/').replace(/\?.*/, '');
      expect((await fetch(address)).status).toBe(400);
      expect((await fetch(address.replace('/public/', '/authenticated/'))).status).toBe(400);
    });

    test('is refused if the file is not a picture', async () => {
      const text = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all') };
      await giveFiles(anna.locator('body'), 'drop', [text]);
      expect(await anna.getByRole('alert').textContent()).toMatch(/cannot open this file as a picture/);
    });

    test('is replaced by the initials when it is removed', async () => {
      await anna.getByRole('button', { name: 'Remove picture' }).click();
      await inPeopleList(ben).locator('img').waitFor({ state: 'detached' });
      await anna.getByRole('button', { name: 'Choose a picture' }).waitFor();
      expect(await inPeopleList(ben).textContent()).toMatch(/^AAnna/);
    });

    test('throws no error', () => {
      expect(visitors.flatMap((visitor) => visitor.errors)).toEqual([]);
    });
  });
}
