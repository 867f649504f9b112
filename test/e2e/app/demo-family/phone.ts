import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatAndBrowser } from '../../../helpers/ourchat-people.ts';
import { openVisitor, signIn, type Visitor, waitForState } from '../../../helpers/ourchat.ts';
import '../../../helpers/to-be-visible.ts';

export function describePhone(shared: ChatAndBrowser): void {
  describe('on a phone', () => {
    let visitor: Visitor;
    let page: Page;

    beforeAll(async () => {
      visitor = await openVisitor(shared.browser, {
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
        reducedMotion: 'reduce',
      });
      ({ page } = visitor);
      await signIn(page, shared.chat.url, 'anna@example.com', 'family-demo');
      await waitForState(page, 'live');
      await page.getByText('Found it. Thank you!').waitFor();
    });

    afterAll(async () => {
      await page?.context().close();
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
}
