import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChatAndBrowser, openFamily } from '../../../helpers/ourchat-people.ts';
import { composer, line, sendMessage, type Visitor, waitForState } from '../../../helpers/ourchat.ts';
import '../../../helpers/to-be-visible.ts';

const LONG_NAME = 'Maximiliana-Aleksandra-von-und-zu-Hohenz';

export function describeRoughEdges(shared: ChatAndBrowser): void {
  describe('unusual input and failures', () => {
    let first: Visitor;
    let second: Visitor;
    let anna: Page;
    let ben: Page;

    beforeAll(async () => {
      [first, second] = (await openFamily(shared, 'W'.repeat(60), [LONG_NAME, 'Ben'])) as [Visitor, Visitor];
      [anna, ben] = [first.page, second.page];
    });

    afterAll(async () => {
      for (const { page } of [first, second]) await page.context().close();
    });

    test('keeps the width of the sidebar with long names', async () => {
      const sidebar = await anna.getByRole('complementary').boundingBox();
      for (const inside of [
        anna.getByRole('button', { name: 'New channel' }),
        anna.getByRole('link', { name: 'Your settings' }),
        anna.getByText('2 online'),
        anna.getByRole('button', { name: /^WWW/ }),
      ]) {
        const box = await inside.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(sidebar?.width ?? 0);
      }
      await expect(
        anna.getByRole('button', { name: 'New channel' }).click({ trial: true }),
      ).resolves.toBeUndefined();
    });

    test('does not make the page wider than the screen with a long word or URL', async () => {
      await sendMessage(anna, 'A'.repeat(300));
      await sendMessage(anna, `https://example.com/${'verylongpath/'.repeat(20)}`);
      await line(ben, 'verylongpath').waitFor();
      for (const page of [anna, ben]) {
        const excess = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = (
            globalThis as unknown as {
              document: { documentElement: { scrollWidth: number; clientWidth: number } };
            }
          ).document.documentElement;
          return scrollWidth - clientWidth;
        });
        expect(excess).toBe(0);
      }
    });

    test('shows right-to-left text from right to left', async () => {
      await sendMessage(anna, 'مرحبا https://example.com/');
      const text = line(ben, 'مرحبا').locator('div[dir="auto"]');
      await text.waitFor();
      expect(await text.evaluate((element) => element.matches(':dir(rtl)'))).toBe(true);
    });

    test('keeps a text that is too long, and shows by how much', async () => {
      await composer(anna).fill('x'.repeat(20_000));
      await anna.getByText('16,000 characters too long').waitFor();
      await composer(anna).press('Enter');
      expect(await anna.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
      expect((await composer(anna).inputValue()).length).toBe(20_000);
      // Counted as in the database: an emoji is one character.
      await composer(anna).fill('😀'.repeat(4_000));
      expect(await anna.getByText('too long').count()).toBe(0);
      await composer(anna).press('Enter');
      await expect(line(ben, '😀'.repeat(4_000))).toBeVisible();
    });

    test('keeps unsent text across channels and a reload', async () => {
      await composer(anna).fill('Not finished');
      await anna.reload();
      await waitForState(anna, 'live');
      expect(await composer(anna).inputValue()).toBe('Not finished');
      await composer(anna).fill('');
      await anna.reload();
      await waitForState(anna, 'live');
      expect(await composer(anna).inputValue()).toBe('');
    });

    test('creates one family on a double click', async () => {
      const requests: string[] = [];
      anna.on('request', (request) => {
        if (request.url().includes('/rpc/create_family')) requests.push(request.url());
      });
      const address = anna.url();
      await anna.goto(`${shared.chat.url}/welcome`);
      await anna.getByLabel('Name of your family').fill('Once');
      await anna.getByRole('button', { name: 'Create family' }).dblclick();
      await anna.getByRole('button', { name: 'Once', exact: true }).waitFor();
      expect(requests).toHaveLength(1);
      await anna.goto(address);
      await waitForState(anna, 'live');
    });

    test('shows long names within their dialogs and buttons', async () => {
      await anna.getByRole('button', { name: /^WWW/ }).click();
      await anna.getByRole('button', { name: 'Family settings and invite' }).click();
      const leave = anna.getByRole('button', { name: /^Leave / });
      await leave.click();
      const dialog = await anna.getByRole('dialog').boundingBox();
      for (const inside of [
        anna.getByRole('dialog').getByRole('heading'),
        anna.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }),
      ]) {
        const box = await inside.boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(dialog?.x ?? Number.POSITIVE_INFINITY);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(
          (dialog?.x ?? 0) + (dialog?.width ?? 0),
        );
      }
      await anna.keyboard.press('Escape');
      await anna.getByRole('button', { name: 'Back to chat' }).click();
    });

    test('creates one channel on a double click', async () => {
      await anna.getByRole('button', { name: 'New channel' }).click();
      // The first field has the focus.
      await anna.keyboard.type('twice');
      await anna.getByRole('button', { name: 'Create channel' }).dblclick();
      await anna.getByRole('heading', { name: 'twice' }).waitFor();
      await ben.getByRole('link', { name: 'twice' }).waitFor();
      expect(await anna.getByRole('navigation').getByRole('link', { name: 'twice' }).count()).toBe(1);
      expect(await anna.getByRole('dialog').count()).toBe(0);
      await anna.getByRole('link', { name: 'general' }).click();
    });

    test('keeps an edit and a deletion until the connection is back, also across a reload', async () => {
      await sendMessage(anna, 'To be changed');
      await sendMessage(anna, 'To be deleted');
      await line(ben, 'To be deleted').waitFor();
      await anna.context().setOffline(true);
      await waitForState(anna, 'offline');

      await line(anna, 'To be changed').focus();
      await line(anna, 'To be changed').getByRole('button', { name: 'Edit', exact: true }).click();
      await anna.getByLabel('Edit message').fill('Changed on a train');
      await anna.keyboard.press('Enter');
      await line(anna, 'Changed on a train').getByText('Waiting for the connection').waitFor();
      await line(anna, 'To be deleted').focus();
      await line(anna, 'To be deleted').getByRole('button', { name: 'Delete' }).click();
      await anna.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await line(anna, 'This message was deleted').getByText('Waiting for the connection').waitFor();
      expect(await line(ben, 'To be changed').count()).toBe(1);

      await anna.context().setOffline(false);
      await line(ben, 'Changed on a train').getByText('edited').waitFor();
      await line(ben, 'This message was deleted').waitFor();
      await expect.poll(() => anna.getByText('Waiting for the connection').count()).toBe(0);
      await anna.reload();
      await line(anna, 'Changed on a train').waitFor();
      expect(await line(anna, 'To be deleted').count()).toBe(0);
    });

    test('shows that an edit was refused, and keeps its text', async () => {
      await sendMessage(anna, 'Written in time');
      await line(anna, 'Written in time').focus();
      await line(anna, 'Written in time').getByRole('button', { name: 'Edit', exact: true }).click();
      await anna.getByLabel('Edit message').fill('Changed too late');
      // As if deleted in another tab, before this page has received the change.
      await anna.route(/\/rest\/v1\/messages\?/, (route) =>
        route.request().method() === 'PATCH' ? route.fulfill({ json: [] }) : route.continue(),
      );
      await anna.keyboard.press('Enter');
      await line(anna, 'Changed too late')
        .getByText('Not saved. This message can no longer be edited.')
        .waitFor();
      await anna.unroute(/\/rest\/v1\/messages\?/);
      await anna.getByRole('button', { name: 'Discard' }).click();
      await expect(line(anna, 'Written in time')).toBeVisible();
    });

    test('reaches the newest message with Tab, past the buttons of other messages', async () => {
      await line(ben, 'Written in time').focus();
      await line(ben, 'Written in time').getByRole('button', { name: 'React with 👍' }).click();
      await line(anna, 'Written in time')
        .getByRole('button', { name: /👍\s*1/ })
        .waitFor();
      await sendMessage(anna, 'The newest');
      await line(ben, 'The newest').waitFor();
      // Reload, so that no message is selected with the arrow keys.
      await anna.reload();
      await waitForState(anna, 'live');
      await line(anna, 'Written in time')
        .getByRole('button', { name: /👍\s*1/ })
        .focus();
      const newest = line(anna, 'The newest');
      for (let i = 0; i < 20 && !(await newest.evaluate((element) => element.matches(':focus'))); i += 1) {
        await anna.keyboard.press('Tab');
      }
      expect(await newest.evaluate((element) => element.matches(':focus'))).toBe(true);
    });

    test('focuses the composer when a channel is opened', async () => {
      await anna.getByRole('link', { name: 'twice' }).click();
      await anna.getByRole('heading', { name: 'twice' }).waitFor();
      expect(await composer(anna).evaluate((element) => element.matches(':focus'))).toBe(true);
      await anna.getByRole('link', { name: 'general' }).click();
    });

    test('returns the focus to where editing started', async () => {
      await composer(anna).press('ArrowUp');
      await anna.getByLabel('Edit message').press('Escape');
      expect(await composer(anna).evaluate((element) => element.matches(':focus'))).toBe(true);
      const last = line(anna, 'The newest');
      await last.focus();
      await last.getByRole('button', { name: 'Edit', exact: true }).focus();
      await anna.keyboard.press('Enter');
      await anna.getByLabel('Edit message').press('Escape');
      expect(await last.evaluate((element) => element.matches(':focus'))).toBe(true);
    });

    test('throws no error', () => {
      expect([...first.errors, ...second.errors]).toEqual([]);
    });

    test('shows that the server is unreachable, and still opens its screens', async () => {
      // The page prefetches the files of its screens some seconds after loading.
      const isFetched = anna.waitForResponse(/family-settings\.tsx/);
      await anna.reload();
      await isFetched;
      await waitForState(anna, 'live');
      await anna.waitForLoadState('networkidle');
      await shared.chat.stop('SIGKILL');
      await waitForState(anna, 'unreachable', 30_000);
      await anna.getByRole('button', { name: 'Search' }).click();
      await anna.getByLabel('Search messages').fill('strawberries');
      await anna.getByRole('dialog').getByText('The server cannot be reached.').waitFor();
      await anna.keyboard.press('Escape');
      await shared.chat.start();
      await expect(anna.locator('[data-state="live"]')).toBeVisible({ timeout: 40_000 });
    });

    test('recovers from a bug with a reload', async () => {
      // A row that the database would never return simulates the bug.
      await ben.route(/\/rest\/v1\/messages\?/, async (route) => {
        const rows = (await (await route.fetch()).json()) as object[];
        await route.fulfill({ json: rows.map((row) => ({ ...row, created_at: 'yesterday' })) });
      });
      await ben.reload();
      await ben.getByText('Something went wrong').waitFor();
      await ben.unrouteAll({ behavior: 'wait' });
      await ben.getByRole('button', { name: 'Reload' }).click();
      await expect(line(ben, 'Changed on a train')).toBeVisible();
    });
  });
}
