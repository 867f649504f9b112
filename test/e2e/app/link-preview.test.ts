import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { openFamily } from '../../helpers/ourchat-people.ts';
import { type OurChat, type Visitor, sendMessage, startOurChat } from '../../helpers/ourchat.ts';
import { makePicture } from '../../helpers/pictures.ts';
import '../../helpers/to-be-visible.ts';
import { startWebsite, type Website } from '../../helpers/website.ts';

const COUNT_SHIFTS = `shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      shifts.push({ value, what: sources.map(({ node }) => node?.className || node?.nodeName).join(', ') });
  }).observe({ type: 'layout-shift', buffered: true });`;
// As in layout-shift.test.ts.
const MAX_SHIFT = 0.001;

/** Shifts so far, after two frames. */
async function shiftsOf(page: Page): Promise<readonly { value: number }[]> {
  const shifts = await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(shifts.splice(0)))))',
  );
  return (shifts as { value: number }[]).filter(({ value }) => value > MAX_SHIFT);
}

const cardOf = (page: Page, url: string): Locator => page.locator(`a[data-preview][href="${url}"]`);

describe.skipIf(skipsBrowserTests())('a link in a message', () => {
  let site: Website;
  let chat: OurChat;
  let browser: Browser;
  let anna: Visitor;
  let ben: Visitor;
  /** Lets the site answer what waits at `/slow`. */
  let release = (): void => {};

  beforeAll(async () => {
    const picture = await makePicture('lake.png', '#3a7ca5', { width: 600, height: 400, format: 'png' });
    site = await startWebsite((req, res) => {
      const page = (): void =>
        void res.writeHead(200, { 'content-type': 'text/html' }).end(
          `<title>The house by the lake</title><meta property="og:image" content="/picture.png">
           <meta property="og:site_name" content="Lake houses">
           <meta name="description" content="Six beds, a boat and a long pier, free from the 12th to the 26th">`,
        );
      if (req.url === '/picture.png') res.writeHead(200, { 'content-type': 'image/png' }).end(picture.buffer);
      else if (req.url === '/slow') release = page;
      else if (req.url === '/nothing') res.writeHead(404).end();
      else page();
    });
    [chat, browser] = await Promise.all([
      startOurChat({ config: { edge_runtime: { secrets: { OURCHAT_TEST_SITES: site.host } } } }),
      launchChromium(),
    ]);
    [anna, ben] = (await openFamily({ chat, browser }, 'Family', ['Anna', 'Ben'])) as [Visitor, Visitor];
    await ben.page.evaluate(COUNT_SHIFTS);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
    site?.close();
  });

  test('gets a card with the page’s title, text and picture on every screen, from the own origin alone', async () => {
    const url = `http://${site.host}/lake`;
    await sendMessage(anna.page, `Shall we go there? ${url}`);
    for (const { page, origins, errors } of [anna, ben]) {
      const card = cardOf(page, url);
      await card.getByText('The house by the lake').waitFor();
      await card.getByText('Lake houses').waitFor();
      await card.getByText('Six beds').waitFor();
      await expect
        .poll(
          () =>
            card
              .locator('img')
              .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
          {
            timeout: 20_000,
          },
        )
        .toBe(600);
      expect([...origins]).toEqual([new URL(chat.url).host]);
      expect(errors).toEqual([]);
    }
    // Once for the page and once for its picture, whoever asks.
    expect(site.hits.toSorted()).toEqual(['/lake', '/picture.png']);
    await anna.page.reload();
    await cardOf(anna.page, url).getByText('The house by the lake').waitFor();
    expect(site.hits).toHaveLength(2);
  });

  test('has a card that is no wider than a phone', async () => {
    const { page } = ben;
    const size = page.viewportSize();
    await page.setViewportSize({ width: 360, height: 720 });
    onTestEnd(() => size && page.setViewportSize(size));
    const box = await cardOf(page, `http://${site.host}/lake`).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan(340);
  });

  test('has its space before anything is known of the page: nothing moves', async () => {
    const url = `http://${site.host}/slow`;
    await shiftsOf(ben.page);
    await sendMessage(anna.page, `And this one: ${url}`);
    const card = cardOf(ben.page, url);
    await card.waitFor();
    const before = await card.boundingBox();
    expect(await card.textContent()).toContain(site.host);
    await expect.poll(() => site.hits.includes('/slow'), { timeout: 20_000 }).toBe(true);
    expect(await shiftsOf(ben.page)).toEqual([]);
    release();
    await card.locator('img').waitFor();
    expect(await card.boundingBox()).toEqual(before);
    expect(await shiftsOf(ben.page)).toEqual([]);
  });

  test('to a page that says nothing keeps a card with its host', async () => {
    const url = `http://${site.host}/nothing`;
    await sendMessage(anna.page, url);
    await expect.poll(() => site.hits.includes('/nothing'), { timeout: 20_000 }).toBe(true);
    expect(await cardOf(anna.page, url).getAttribute('data-preview')).toBe('none');
    expect(await cardOf(anna.page, url).textContent()).toBe(`127.0.0.1${site.host}/nothing`);
  });

  test('shows nothing while the page is offline', async () => {
    const { page } = anna;
    await page.context().setOffline(true);
    onTestEnd(() => page.context().setOffline(false));
    const url = `http://${site.host}/offline`;
    await sendMessage(page, url);
    await page.getByRole('log').getByRole('link', { name: url }).waitFor();
    expect(await cardOf(page, url).count()).toBe(0);
  });

  test('gets no preview where there is no such function, and the chat works as before', async () => {
    const [cleo] = await openFamily({ chat, browser }, 'Family', ['Cleo']);
    if (!cleo) throw new Error('unreachable');
    const { page, errors } = cleo;
    // As the stack answers with `[edge_runtime] enabled = false`.
    await page.route('**/functions/v1/link-preview', (route) => route.fulfill({ status: 501, json: {} }));
    await sendMessage(page, 'https://example.com/first');
    await page.locator('a[href="https://example.com/first"][data-preview="none"]').waitFor();
    await sendMessage(page, 'https://example.com/second');
    await page.getByRole('log').getByRole('link', { name: 'https://example.com/second' }).waitFor();
    // A card that waits may be seen for a moment.
    await expect.poll(() => cardOf(page, 'https://example.com/second').count()).toBe(0);
    expect(errors).toEqual([]);
  });
});
