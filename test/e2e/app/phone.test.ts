import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import {
  openVisitor,
  type OurChat,
  signIn,
  startOurChat,
  type Visitor,
  waitForState,
} from '../../helpers/ourchat.ts';
import '../../helpers/to-be-visible.ts';

describe.skipIf(skipsBrowserTests())('on a phone', () => {
  let chat: OurChat;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startOurChat(), launchChromium()]);
    visitor = await openVisitor(browser, {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      reducedMotion: 'reduce',
    });
    ({ page } = visitor);
    await signIn(page, chat.url, 'anna@example.com', 'family-demo');
    await waitForState(page, 'live');
    await page.getByText('Found it. Thank you!').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  test('a long press opens the actions of a message, and lifting the finger leaves them open', async () => {
    const sheet = page.getByRole('dialog', { name: 'Message' });
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints });
    const text = page.getByText('Found it. Thank you!');
    const box = await text.boundingBox();
    await touch('touchStart', [{ x: (box?.x ?? 0) + 10, y: (box?.y ?? 0) + 10 }]);
    await sheet.waitFor();
    await touch('touchEnd', []);
    await sheet.getByRole('button', { name: 'Reply' }).tap();
    await expect(page.getByRole('button', { name: 'Cancel reply' })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel reply' }).tap();
    // A tap is no long press.
    await text.tap();
    expect(await sheet.count()).toBe(0);
  });

  test('the list of channels closes when one chooses the channel on screen', async () => {
    await page.getByRole('button', { name: 'Channels and people' }).tap();
    await page.getByRole('link', { name: /^general/ }).tap();
    await page.getByRole('button', { name: 'Close the channel list' }).waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: 'Message #general' }).tap();
    expect(visitor.errors).toEqual([]);
  });
});
