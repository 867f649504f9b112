import pg from 'pg';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatAndBrowser } from '../../../helpers/ourchat-people.ts';
import { openVisitor, sendMessage, signIn, type Visitor, waitForState } from '../../../helpers/ourchat.ts';
import '../../../helpers/to-be-visible.ts';

const CHANNEL = 'c0000000-0000-4000-8000-000000000002';
const FAMILY = 'f0000000-0000-4000-8000-000000000001';

export function describeLongChannel(shared: ChatAndBrowser): void {
  describe('a channel with a long past', () => {
    let db: pg.Client;
    let anna: Visitor;
    let page: Page;
    /** Rows of messages that the page has loaded. */
    let loaded = 0;
    let linked: string;

    beforeAll(async () => {
      const [dbUrl] = await shared.chat.server.waitForOutput(/postgresql:\/\/\S+/);
      db = new pg.Client(dbUrl);
      await db.connect();
      await db.query(
        `insert into public.messages (id, channel_id, author_id, body)
       select gen_random_uuid(), $1, 'a0000000-0000-4000-8000-000000000002',
         case n when 100 then 'The needle in the haystack' else 'Straw ' || n end
       from generate_series(1, 1000) n`,
        [CHANNEL],
      );
      const { rows } = await db.query<{ id: string }>(
        `select id from public.messages where body = 'Straw 300'`,
      );
      linked = rows[0]?.id ?? '';
      anna = await openVisitor(shared.browser, { viewport: { width: 1280, height: 800 } });
      ({ page } = anna);
      await signIn(page, shared.chat.url, 'anna@example.com', 'family-demo');
      await waitForState(page, 'live');
      page.on('response', (response) => {
        if (!/\/rest\/v1\/messages\?/.test(response.url())) return;
        response.json().then(
          (rows) => void (loaded += (rows as unknown[]).length),
          () => {},
        );
      });
    });

    afterAll(async () => {
      await page?.context().close();
      await db?.end();
    });

    const line = (text: string): Locator => page.getByRole('log').getByText(text, { exact: true });
    const back = (): Locator => page.getByRole('button', { name: 'Back to the newest messages' });

    test('shows a found message with those around it, without all in between', async () => {
      await page.getByRole('link', { name: /^recipes/ }).click();
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByLabel('Search messages').fill('needle');
      await page.getByRole('option', { name: /needle/ }).click();
      for (const text of ['The needle in the haystack', 'Straw 99', 'Straw 101']) {
        await expect(line(text)).toBeVisible();
      }
      await expect(back()).toBeVisible();
      expect(loaded).toBeLessThan(400);
    });

    test('goes on from there, in both directions', async () => {
      await page.getByRole('log').hover();
      await expect
        .poll(
          async () => {
            await page.mouse.wheel(0, 3_000);
            return line('Straw 200').isVisible();
          },
          { timeout: 20_000 },
        )
        .toBe(true);
      await expect
        .poll(
          async () => {
            await page.mouse.wheel(0, -3_000);
            return line('Straw 1').isVisible();
          },
          { timeout: 20_000 },
        )
        .toBe(true);
      await page.getByText('This is the beginning of #recipes.').waitFor();
    });

    test('shows what changes there', async () => {
      await db.query(`update public.messages set body = 'Straw one' where body = 'Straw 1'`);
      await expect(line('Straw one')).toBeVisible();
    });

    test('comes back to the newest messages', async () => {
      await back().click();
      await expect(line('Straw 1000')).toBeVisible();
      expect(await back().count()).toBe(0);
    });

    test('follows a link to a message, and the scroll bar to the end', async () => {
      await page.goto(`${shared.chat.url}/family/${FAMILY}/channel/${CHANNEL}?message=${linked}`);
      await expect(line('Straw 300')).toBeVisible();
      await page.getByRole('log').hover();
      await expect
        .poll(
          async () => {
            await page.mouse.wheel(0, 8_000);
            return line('Straw 1000').isVisible();
          },
          { timeout: 40_000 },
        )
        .toBe(true);
      expect(await page.getByRole('button', { name: /newest messages/i }).count()).toBe(0);
      const shown = await page.getByRole('article').allTextContents();
      expect(new Set(shown).size).toBe(shown.length);
    });

    test('shows the newest messages when one writes from the past', async () => {
      await page.goto(`${shared.chat.url}/family/${FAMILY}/channel/${CHANNEL}?message=${linked}`);
      await expect(line('Straw 300')).toBeVisible();
      await sendMessage(page, 'Found it');
      await expect(line('Found it')).toBeVisible();
      await expect(line('Straw 1000')).toBeVisible();
      expect(anna.errors).toEqual([]);
    });
  });
}
