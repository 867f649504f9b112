import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import type { DevServer } from '../../helpers/dev-server.ts';
import { buildOurChat, type OurChatBuild } from '../../helpers/ourchat-build.ts';
import { openVisitor, signIn, waitForState } from '../../helpers/ourchat.ts';

// Nothing on screen moves by itself. Chromium measures such shifts for the metric CLS; this test also counts shifts within
// half a second after a click, which CLS ignores. A connection badge that gets shorter counts 0.0001.

const MAX_SHIFT = 0.001;
const GENERAL = 'c0000000-0000-4000-8000-000000000001';

describe.skipIf(skipsBrowserTests())('the layout', () => {
  let build: OurChatBuild;
  let server: DevServer;
  let browser: Browser;
  let page: Page;
  let db: pg.Client;

  beforeAll(async () => {
    [build, browser] = await Promise.all([buildOurChat(), launchChromium()]);
    server = await build.preview('embedded');
    const [dbUrl] = await server.waitForOutput(/postgresql:\/\/\S+/);
    db = new pg.Client(dbUrl);
    await db.connect();
    await db.query(
      `insert into public.messages (id, channel_id, author_id, body)
       select gen_random_uuid(), $1, 'a0000000-0000-4000-8000-000000000002', 'Line ' || n || repeat(' and more', n % 40)
       from generate_series(1, 300) n`,
      [GENERAL],
    );
    ({ page } = await openVisitor(browser, { viewport: { width: 1280, height: 800 } }));
    await page.addInitScript({
      content: `shifts = [];
        new PerformanceObserver((list) => {
          for (const { value, sources } of list.getEntries()) {
            shifts.push({ value, what: sources.map(({ node }) => node?.className || node?.nodeName).join(', ') });
          }
        }).observe({ type: 'layout-shift', buffered: true });`,
    });
  });

  afterAll(async () => {
    await db?.end();
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await build?.[Symbol.asyncDispose]();
  });

  /** Shifts since the last call, after the network is idle and two frames have passed. */
  async function lookForShifts(): Promise<readonly { value: number; what: string }[]> {
    await page.waitForLoadState('networkidle');
    const shifts = await page.evaluate(
      `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(shifts.splice(0)))))`,
    );
    return (shifts as { value: number; what: string }[]).filter(({ value }) => value > MAX_SHIFT);
  }

  test('does not shift while signing in', async () => {
    await signIn(page, server.url, 'anna@example.com', 'family-demo');
    await waitForState(page, 'live');
    await page.getByRole('log').getByRole('article').first().waitFor();
    expect(await lookForShifts()).toEqual([]);
  });

  test('does not shift on the first load of a channel', async () => {
    await page.reload();
    await waitForState(page, 'live');
    await page.getByRole('log').getByRole('article').first().waitFor();
    expect(await lookForShifts()).toEqual([]);
  });

  test('does not shift when another channel is opened', async () => {
    for (const link of await page.getByRole('navigation', { name: 'Channels' }).getByRole('link').all()) {
      await link.click();
      await page.getByRole('log').getByRole('article').first().waitFor();
      expect(await lookForShifts()).toEqual([]);
    }
  });

  test('does not shift when messages arrive and when history is loaded', async () => {
    await page.getByRole('link', { name: /^general/ }).click();
    await db.query(
      `insert into public.messages (id, channel_id, author_id, body)
       values (gen_random_uuid(), $1, 'a0000000-0000-4000-8000-000000000002', 'Here I am')`,
      [GENERAL],
    );
    await page.getByRole('log').getByText('Here I am').waitFor();
    expect(await lookForShifts()).toEqual([]);
    await page.mouse.move(700, 400);
    const earlier = page.getByRole('log').getByText(/^Line 180\b/);
    while (!(await earlier.isVisible())) await page.mouse.wheel(0, -400);
    expect(await lookForShifts()).toEqual([]);
  });

  test('does not shift on the settings pages', async () => {
    await page.goto(`${server.url}/settings`);
    await page.getByText('This device').waitFor();
    expect(await lookForShifts()).toEqual([]);
    await page.goto(`${server.url}/family/f0000000-0000-4000-8000-000000000001/settings`);
    await page.getByRole('button', { name: /^Leave / }).waitFor();
    expect(await lookForShifts()).toEqual([]);
  });
});
