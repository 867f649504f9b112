import type { Locator, Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveFiles } from '../../../helpers/drop-files.ts';
import { type ChatAndBrowser, openFamily } from '../../../helpers/ourchat-people.ts';
import { composer, line, sendMessage, type Visitor, waitForState } from '../../../helpers/ourchat.ts';
import { makePicture, makeUprightPhoto } from '../../../helpers/pictures.ts';
import '../../../helpers/to-be-visible.ts';

export function describeImages(shared: ChatAndBrowser): void {
  describe('pictures in messages', () => {
    let visitors: Visitor[];
    let anna: Page;
    let ben: Page;
    let stranger: Page;

    beforeAll(async () => {
      visitors = [
        ...(await openFamily(shared, 'The Millers', ['Anna', 'Ben'])),
        ...(await openFamily(shared, 'The Strangers', ['Stella'])),
      ];
      [anna, ben, stranger] = visitors.map((visitor) => visitor.page) as [Page, Page, Page];
    });

    afterAll(async () => {
      for (const { page } of visitors ?? []) await page.context().close();
    });

    const tray = (page: Page): Locator => page.getByRole('list', { name: 'To send' });
    const attach = async (page: Page, how: 'drop' | 'paste', color: string): Promise<void> =>
      giveFiles(composer(page), how, [await makePicture(`${color}.png`, color, { format: 'png' })]);

    /** Swipes over an element, to the left if `distance` is negative. */
    const swipe = async (target: Locator, distance: number): Promise<void> => {
      const finger = { identifier: 1, clientX: 300, clientY: 300 };
      await target.dispatchEvent('touchstart', { touches: [finger] });
      await target.dispatchEvent('touchend', { changedTouches: [{ ...finger, clientX: 300 + distance }] });
    };

    /** Waits until a picture is loaded from Storage or from the page itself, and downloads it. */
    async function load(image: Locator): Promise<{ url: string; bytes: Buffer }> {
      await image.waitFor();
      await image.evaluate((element) => (element as unknown as { decode(): Promise<void> }).decode());
      const url = (await image.getAttribute('src')) ?? '';
      if (url.startsWith('blob:')) return { url, bytes: Buffer.alloc(0) };
      return { url, bytes: await (await image.page().request.get(url)).body() };
    }

    test('are chosen and described with the keyboard, and reach the family immediately', async () => {
      const chooser = anna.waitForEvent('filechooser');
      await anna.getByRole('button', { name: 'Add files' }).press('Enter');
      await (await chooser).setFiles([await makeUprightPhoto()]);
      await anna.getByLabel('Description of picture').fill('The garden from above');
      await composer(anna).fill('Look at this');
      await composer(anna).press('Enter');
      await tray(anna).waitFor({ state: 'detached' });
      const { bytes } = await load(
        line(ben, 'Look at this').getByRole('img', { name: 'The garden from above' }),
      );
      const { width, height, exif } = await sharp(bytes).metadata();
      // Upright, smaller, and without the location.
      expect({ width, height, exif }).toEqual({ width: 1067, height: 1600, exif: undefined });
      // The sender sees the local file and downloads nothing.
      const own = await load(line(anna, 'Look at this').getByRole('img'));
      expect(own.url).toMatch(/^blob:/);
    });

    test('can be pasted and dropped, several in one message, without text', async () => {
      await attach(anna, 'paste', '#a8326f');
      await tray(anna).getByRole('listitem').first().waitFor();
      await attach(anna, 'drop', '#2460a7');
      await tray(anna).getByRole('listitem').nth(1).waitFor();
      await attach(anna, 'drop', '#8a5a00');
      await anna.getByRole('button', { name: 'Remove picture 3' }).click();
      expect(await tray(anna).getByRole('listitem').count()).toBe(2);
      await anna.getByRole('button', { name: 'Send' }).click();
      const pictures = ben.getByRole('log').getByRole('img', { name: /^Picture \d from Anna$/ });
      await load(pictures.nth(0));
      await load(pictures.nth(1));
      expect(await pictures.count()).toBe(2);
    });

    test('are limited to four', async () => {
      const many = await Promise.all(
        ['#111', '#333', '#555', '#777', '#999', '#bbb', '#ddd'].map((color) =>
          makePicture(`${color}.png`, color),
        ),
      );
      await giveFiles(composer(anna), 'paste', many);
      await expect(anna.getByText('A message can have up to 4 pictures.')).toBeVisible();
      await tray(anna).getByRole('listitem').nth(3).waitFor();
      for (let left = 4; left > 0; left -= 1) {
        await anna
          .getByRole('button', { name: /^Remove picture/ })
          .first()
          .click();
      }
    });

    test('leave pasted text alone', async () => {
      await composer(anna).evaluate((element) => {
        const { DataTransfer, ClipboardEvent } = globalThis as unknown as {
          DataTransfer: new () => {
            setData(type: string, text: string): void;
            items: { add(file: File): void };
          };
          ClipboardEvent: new (type: string, options: object) => Event;
        };
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', 'A1');
        clipboardData.items.add(new File(['x'], 'cells.png', { type: 'image/png' }));
        element.dispatchEvent(
          new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData }),
        );
      });
      expect(await tray(anna).count()).toBe(0);
    });

    test('are shown large, with all others of the channel, by keyboard and by touch', async () => {
      const pictures = ben.getByRole('log').getByRole('button', { name: /^Picture \d from Anna$/ });
      await pictures.nth(0).press('Enter');
      const dialog = ben.getByRole('dialog', { name: 'Picture' });
      await dialog.getByText('2 of 3').waitFor();
      await ben.keyboard.press('ArrowRight');
      await dialog.getByRole('img', { name: 'Picture 2 from Anna' }).waitFor();
      // It ends with the newest one, and the keyboard still works.
      await dialog.getByRole('button', { name: 'Next picture' }).click({ force: true });
      await dialog.getByText('3 of 3').waitFor();
      await ben.keyboard.press('Home');
      await dialog.getByRole('img', { name: 'The garden from above' }).waitFor();
      await dialog.getByText(/^Anna, /).waitFor();
      await swipe(dialog.getByRole('img'), -120);
      await dialog.getByRole('img', { name: 'Picture 1 from Anna' }).waitFor();
      await swipe(dialog.getByRole('img'), 120);
      await dialog.getByText('1 of 3').waitFor();
      // The focus never reaches the page behind: after the last button it is the browser's own.
      for (let i = 0; i < 6; i += 1) {
        await ben.keyboard.press('Tab');
        expect(await ben.locator(':focus:not(dialog, dialog *)').count()).toBe(0);
      }
      await ben.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await pictures.nth(0).evaluate((element) => element.matches(':focus'))).toBe(true);
    });

    test('can be saved', async () => {
      await ben.getByRole('button', { name: 'The garden from above' }).click();
      const saved = ben.waitForEvent('download');
      await ben.getByRole('link', { name: 'Save picture' }).click();
      expect((await saved).suggestedFilename()).toBe('1.webp');
      await ben.keyboard.press('Escape');
      await ben.getByRole('dialog').waitFor({ state: 'detached' });
    });

    test('keep the end of the conversation in view while they are chosen', async () => {
      await ben.getByRole('button', { name: 'Newest messages' }).waitFor({ state: 'detached' });
      await attach(ben, 'drop', '#2460a7');
      await tray(ben).getByRole('listitem').waitFor();
      const last = ben.getByRole('article').last();
      await expect
        .poll(async () => {
          const [line, box] = await Promise.all([last.boundingBox(), tray(ben).boundingBox()]);
          return line && box && line.y + line.height <= box.y;
        })
        .toBe(true);
      await ben.getByRole('button', { name: 'Remove picture' }).click();
    });

    test('shift nothing when they load', async () => {
      const held: Route[] = [];
      await ben.route(/\/object\/sign\/message-images\/.*token=/, (route) => void held.push(route));
      await ben.reload();
      await expect.poll(() => held.length, { timeout: 20_000 }).toBe(3);
      const wordless = ben.getByRole('article').filter({ hasText: /^(?!.*Look)/ });
      const boxes = (): Promise<unknown> =>
        Promise.all([line(ben, 'Look at this').boundingBox(), wordless.boundingBox()]);
      const before = await boxes();
      for (const route of held) await route.continue();
      for (const image of await ben.getByRole('log').getByRole('img').all()) await load(image);
      expect(await boxes()).toEqual(before);
      await ben.unrouteAll({ behavior: 'ignoreErrors' });
      await waitForState(ben, 'live');
    });

    test('wait while the server is down, and arrive once', async () => {
      let uploads = 0;
      await anna.route('**/storage/v1/object/message-images/**', async (route) => {
        uploads += 1;
        // The first file is uploaded; the server is killed during the second.
        if (uploads === 2) await shared.chat.stop('SIGKILL');
        await route.continue().catch(() => {});
      });
      await attach(anna, 'paste', '#2f7236');
      await attach(anna, 'paste', '#666710');
      await tray(anna).getByRole('listitem').nth(1).waitFor();
      await sendMessage(anna, 'Two from the garden');
      await line(anna, 'Two from the garden').getByText('Waiting for the connection').waitFor();
      await load(line(anna, 'Two from the garden').getByRole('img').first());
      await shared.chat.start();
      const received = line(ben, 'Two from the garden');
      await load(received.getByRole('img').nth(1));
      await anna.getByText('Waiting for the connection').waitFor({ state: 'detached' });
      expect([await received.count(), await line(anna, 'Two from the garden').count()]).toEqual([1, 1]);
      expect(await received.getByRole('img').count()).toBe(2);
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
    });

    test('survive a reload while they wait', async () => {
      await anna.context().setOffline(true);
      await attach(anna, 'paste', '#11707a');
      await tray(anna).getByRole('listitem').waitFor();
      await sendMessage(anna, 'From the boat');
      await line(anna, 'From the boat').getByText('Waiting for the connection').waitFor();
      await anna.context().setOffline(false);
      // The page reloads while Storage does not respond yet.
      await anna.route('**/storage/v1/object/message-images/**', (route) => route.abort());
      await anna.reload();
      await load(line(anna, 'From the boat').getByRole('img'));
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
      await load(line(ben, 'From the boat').getByRole('img'));
      expect(await line(ben, 'From the boat').count()).toBe(1);
    });

    test('are sent once when the message is refused and retried', async () => {
      const setArchived = async (page: Page, item: 'Archive' | 'Unarchive'): Promise<void> => {
        await page.getByRole('button', { name: 'Channel settings' }).click();
        await page.getByRole('button', { name: item }).click();
      };
      // The channel is archived after the file is stored and before the message is.
      let isArchived = false;
      await anna.route('**/rest/v1/messages*', async (route) => {
        if (route.request().method() !== 'POST' || isArchived) return route.continue();
        isArchived = true;
        await setArchived(anna, 'Archive');
        await ben.getByText('This channel is archived.').waitFor();
        return route.continue();
      });
      await attach(anna, 'paste', '#b3352f');
      await tray(anna).getByRole('listitem').waitFor();
      await sendMessage(anna, 'Just before');
      await line(anna, 'Just before').getByText('Not sent. You are not allowed to do this.').waitFor();
      await setArchived(anna, 'Unarchive');
      await composer(ben).waitFor();
      await line(anna, 'Just before').getByRole('button', { name: 'Try again' }).click();
      await load(line(ben, 'Just before').getByRole('img'));
      expect(await line(ben, 'Just before').count()).toBe(1);
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
    });

    test('fail when the browser has lost them, instead of waiting for ever', async () => {
      await anna.context().setOffline(true);
      await attach(anna, 'paste', '#566173');
      await tray(anna).getByRole('listitem').waitFor();
      await sendMessage(anna, 'Gone');
      await line(anna, 'Gone').getByText('Waiting for the connection').waitFor();
      await anna.evaluate(`new Promise((resolve) => {
      const request = indexedDB.open('ourchat');
      request.onsuccess = () => {
        const transaction = request.result.transaction('images', 'readwrite');
        transaction.objectStore('images').clear();
        transaction.oncomplete = resolve;
      };
    })`);
      await anna.route('**/storage/v1/object/message-images/**', (route) => route.abort());
      await anna.context().setOffline(false);
      await anna.reload();
      await line(anna, 'Gone')
        .getByText(/The picture was lost/)
        .waitFor();
      await anna.unrouteAll({ behavior: 'ignoreErrors' });
      await line(anna, 'Gone').getByRole('button', { name: 'Discard' }).click();
      await line(anna, 'Gone').waitFor({ state: 'detached' });
      expect(await line(ben, 'Gone').count()).toBe(0);
    });

    test('are mentioned in replies, and found by their description', async () => {
      await line(ben, 'Look at this').focus();
      await ben.getByRole('button', { name: 'Search' }).click();
      await ben.getByLabel('Search messages').fill('from above');
      await ben.getByRole('option', { name: /The garden from above/ }).waitFor();
      await ben.keyboard.press('Escape');
      const wordless = ben
        .getByRole('article')
        .filter({ has: ben.getByRole('img', { name: 'Picture 1 from Anna' }) });
      await wordless.first().focus();
      await ben.getByRole('button', { name: 'Reply', exact: true }).click();
      await sendMessage(ben, 'Lovely colours');
      const quote = line(anna, 'Lovely colours').getByRole('button', { name: /In reply to.*2 pictures/ });
      await expect(quote).toBeVisible();
    });

    test('cannot be loaded by a stranger', async () => {
      const image = line(ben, 'Look at this').getByRole('img');
      const { url } = await load(image);
      const path = /message-images\/([^?]+)/.exec(url)?.[1] ?? '';
      // As from the stranger's page: same origin, with her session cookie.
      const statuses = await stranger.evaluate(async (wanted) => {
        const ask = async (address: string): Promise<number> => (await fetch(address)).status;
        return [
          await ask(`/storage/v1/object/authenticated/message-images/${wanted}`),
          await ask(`/storage/v1/object/public/message-images/${wanted}`),
          await ask(`/storage/v1/object/sign/message-images/${wanted}?token=nonsense`),
        ];
      }, path);
      expect(statuses).toEqual([400, 400, 400]);
    });

    test('disappear with their message', async () => {
      const { url } = await load(line(ben, 'Look at this').getByRole('img'));
      // Move the pointer away, or the toolbars of two messages are open.
      await anna.mouse.move(1, 1);
      await line(anna, 'Look at this').focus();
      await anna.getByRole('button', { name: 'Delete' }).click();
      await anna.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await line(ben, 'This message was deleted').waitFor();
      await expect.poll(async () => (await ben.request.get(url)).status()).toBe(400);
    });

    test('throw no error', () => {
      expect(visitors.flatMap((visitor) => visitor.errors)).toEqual([]);
    });
  });
}
