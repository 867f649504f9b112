import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ChatAndBrowser, openFamily } from '../../../helpers/ourchat-people.ts';
import { composer, sendMessage, type Visitor, waitForState } from '../../../helpers/ourchat.ts';
import '../../../helpers/to-be-visible.ts';

export function describeTwoPeople(shared: ChatAndBrowser): void {
  describe('two people of a family, and one of another', () => {
    let anna: Visitor;
    let ben: Visitor;
    let stranger: Visitor;

    beforeAll(async () => {
      [anna, ben] = (await openFamily(shared, 'The Test Family', ['Anna', 'Ben'])) as [Visitor, Visitor];
      [stranger] = (await openFamily(shared, 'The Strangers', ['Stella'])) as [Visitor];
      await createChannel(anna.page, 'Plans');
      await sendMessage(anna.page, 'Who is in?');
      await ben.page.getByRole('link', { name: /^plans/ }).waitFor();
    });

    // Every test starts in the first channel.
    beforeEach(async () => {
      for (const { page } of [anna, ben]) {
        await page.getByRole('link', { name: /^general/ }).click();
        await page.getByRole('heading', { name: 'general' }).waitFor();
      }
    });

    afterAll(async () => {
      for (const { page } of [anna, ben, stranger]) await page.context().close();
    });

    const createChannel = async (page: Page, name: string): Promise<void> => {
      await page.getByRole('button', { name: 'New channel' }).click();
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('button', { name: 'Create channel' }).click();
      await page.getByRole('heading', { name: name.toLowerCase() }).waitFor();
    };

    test("shows each other's messages without a reload", async () => {
      await sendMessage(anna.page, 'Hello Ben, can you read this?');
      await expect(ben.page.getByRole('log').getByText('Hello Ben, can you read this?')).toBeVisible();
      await sendMessage(ben.page, 'Loud and clear.');
      await expect(anna.page.getByRole('log').getByText('Loud and clear.')).toBeVisible();
    });

    test('shows that both are online', async () => {
      for (const { page } of [anna, ben]) {
        const people = page.getByRole('region', { name: 'People' });
        await expect(people.locator('[data-online="true"]', { hasText: 'Anna' })).toBeVisible();
        await expect(people.locator('[data-online="true"]', { hasText: 'Ben' })).toBeVisible();
      }
    });

    test('shows that somebody is typing', async () => {
      await composer(ben.page).pressSequentially('Let me think');
      await expect(anna.page.getByText('Ben is typing…')).toBeVisible();
      // Everybody receives the signal, but the person who types does not see it.
      expect(await ben.page.getByText('Ben is typing…').count()).toBe(0);
      await composer(ben.page).fill('');
    });

    test('shows a new channel and its messages to the other immediately, with an unread count', async () => {
      await createChannel(anna.page, 'Cake');
      await sendMessage(anna.page, 'Who bakes the cake?');
      const link = ben.page.getByRole('link', { name: /cake\s*1 unread/ });
      await link.waitFor();
      await link.click();
      await ben.page.getByRole('log').getByText('Who bakes the cake?').waitFor();
      await expect(ben.page.getByRole('link', { name: 'cake', exact: true })).toBeVisible();
    });

    test('shows immediately which channel somebody has opened, repeatedly', async () => {
      const where = ben.page.getByRole('region', { name: 'People' }).getByRole('listitem');
      for (const channel of ['plans', 'general', 'plans', 'general']) {
        await anna.page.getByRole('link', { name: new RegExp(`^${channel}`) }).click();
        const line = where.filter({ hasText: 'Anna' }).filter({ hasText: `#${channel}` });
        await expect(line).toBeVisible({ timeout: 3_000 });
      }
    });

    test('shows that somebody has left, even after visiting several channels', async () => {
      const people = ben.page.getByRole('region', { name: 'People' });
      for (const channel of ['plans', 'general']) {
        await anna.page.getByRole('link', { name: new RegExp(`^${channel}`) }).click();
        await people
          .getByRole('listitem')
          .filter({ hasText: 'Anna' })
          .filter({ hasText: `#${channel}` })
          .waitFor();
      }
      await anna.page.goto('about:blank');
      await expect(people.locator('[data-online="false"]', { hasText: 'Anna' })).toBeVisible();
      await anna.page.goto(shared.chat.url);
      await expect(people.locator('[data-online="true"]', { hasText: 'Anna' })).toBeVisible();
    });

    test('shows which channel somebody is in after they have gone back from their settings', async () => {
      const line = ben.page
        .getByRole('region', { name: 'People' })
        .getByRole('listitem')
        .filter({ hasText: 'Anna' });
      const inGeneral = line.filter({ hasText: '#general' });
      await inGeneral.waitFor();
      for (const path of ['/settings', '/welcome']) {
        await anna.page.evaluate(`history.pushState(null, '', '${path}')`);
        await inGeneral.waitFor({ state: 'detached' });
        await anna.page.goBack();
        await expect(inGeneral).toBeVisible();
      }
      await anna.page.getByRole('link', { name: 'Your settings' }).click();
      await inGeneral.waitFor({ state: 'detached' });
      await expect(line.and(ben.page.locator('[data-online="true"]'))).toBeVisible();
      await anna.page.goBack();
      await expect(inGeneral).toBeVisible();
    });

    test('shows unread messages in the title, in the icon and on the menu button', async () => {
      await ben.page.getByRole('link', { name: /^plans/ }).click();
      await sendMessage(anna.page, 'First news');
      await sendMessage(anna.page, 'Second news');
      await expect.poll(() => ben.page.title()).toMatch(/^\(2\) #plans/);
      expect(await ben.page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon-unread.svg');
      await ben.page.setViewportSize({ width: 390, height: 800 });
      await expect(ben.page.getByRole('button', { name: 'Channels and people, 2 unread' })).toBeVisible();
      await ben.page.setViewportSize({ width: 1280, height: 720 });
      await ben.page.getByRole('link', { name: /^general/ }).click();
      await expect.poll(() => ben.page.title()).toMatch(/^#general/);
      expect(await ben.page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon.svg');
    });

    test('notifies while the page is hidden, as chosen for the channel', async () => {
      const { page } = ben;
      // The system shows notifications where no test can look, so the page's constructor is replaced.
      await page.evaluate(`
      window.shown = [];
      window.Notification = class extends EventTarget {
        static permission = 'granted';
        static requestPermission = () => Promise.resolve('granted');
        constructor(title, { body }) {
          super();
          window.shown.push(title + ': ' + body);
        }
      };
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    `);
      const shown = (): Promise<string[]> => page.evaluate('window.shown');
      const choose = async (label: string): Promise<void> => {
        await page.getByRole('button', { name: 'Notifications' }).click();
        await page.getByRole('group', { name: 'Notify me of' }).getByRole('button', { name: label }).click();
      };
      await sendMessage(anna.page, 'To **everybody**');
      await expect.poll(shown).toEqual(['Anna in #general: To everybody']);
      await choose('Mentions of you');
      await sendMessage(anna.page, 'To nobody');
      await sendMessage(anna.page, 'To @Ben only');
      await expect.poll(shown).toHaveLength(2);
      await choose('Nothing');
      await sendMessage(anna.page, '@Ben, silently');
      await page.getByRole('log').getByText('silently').waitFor();
      expect(await shown()).toEqual(['Anna in #general: To everybody', 'Anna in #general: To @Ben only']);
      await page.reload();
    });

    test('shows nothing to a stranger', async () => {
      await sendMessage(stranger.page, 'Nobody here but me.');
      await stranger.page.getByRole('log').getByText('Nobody here but me.').waitFor();
      const text = await stranger.page.locator('body').textContent();
      expect(text).not.toMatch(/Who is in|Anna|plans/);
      // Not even with the URL of the channel.
      await anna.page.getByRole('link', { name: /^plans/ }).click();
      await anna.page.getByRole('heading', { name: 'plans' }).waitFor();
      const address = anna.page.url();
      await stranger.page.goto(address);
      await waitForState(stranger.page, 'live');
      expect(stranger.page.url()).not.toBe(address);
      expect(await stranger.page.locator('body').textContent()).not.toContain('Who is in?');
    });

    test('keeps the session over a reload, in cookies', async () => {
      await anna.page.reload();
      await anna.page.getByRole('heading', { name: 'general' }).waitFor();
      const cookies = await anna.page.context().cookies();
      expect(cookies.map((cookie) => cookie.name)).toContainEqual(expect.stringMatching(/^sb-.+-auth-token/));
    });

    test('contacts only the dev server, and throws no error', () => {
      for (const { origins, errors } of [anna, ben, stranger]) {
        expect([...origins]).toEqual([new URL(shared.chat.url).host]);
        expect(errors).toEqual([]);
      }
    });
  });
}
