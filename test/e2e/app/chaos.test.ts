import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import {
  composer,
  createFamily,
  joinFamily,
  openVisitor,
  type OurChat,
  sendMessage,
  signUp,
  startOurChat,
  type Visitor,
  waitForState,
} from '../../helpers/ourchat.ts';

const MESSAGES_EACH = 150;

describe.skipIf(skipsBrowserTests())('an unreliable network', () => {
  let chat: OurChat;
  let browser: Browser;
  let anna: Visitor;
  let ben: Visitor;

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startOurChat(), launchChromium()]);
    [anna, ben] = await Promise.all([openVisitor(browser), openVisitor(browser)]);
    await signUp(anna.page, chat.url, 'Anna');
    const code = await createFamily(anna.page, 'The Survivors');
    await signUp(ben.page, chat.url, 'Ben');
    await joinFamily(ben.page, code);
  });

  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  async function sendMany({ page }: Visitor, name: string, from: number, to: number): Promise<void> {
    for (let i = from; i < to; i += 1) {
      // Vite reloads the page of a server that has restarted; a text that was not sent yet is a draft then.
      do await sendMessage(page, `${name} ${i}`);
      while ((await composer(page).inputValue()) !== '');
    }
  }

  /** The messages as the page shows them. */
  const shown = ({ page }: Visitor): Promise<string[]> =>
    page.getByRole('log').getByRole('article').locator('p').allTextContents();

  const dropsSockets = (page: Page): Promise<void> =>
    page.evaluate(() => {
      // Like a router that drops its connections: the page's sockets close unexpectedly.
      for (const socket of (globalThis as unknown as { openSockets: WebSocket[] }).openSockets)
        socket.close();
    });

  test(
    'ends with both pages showing the same 300 messages in the same order',
    { timeout: 240_000 },
    async () => {
      for (const { page } of [anna, ben]) {
        await page.addInitScript(() => {
          const sockets: WebSocket[] = [];
          const Original = globalThis.WebSocket;
          (globalThis as unknown as { openSockets: WebSocket[] }).openSockets = sockets;
          globalThis.WebSocket = class extends Original {
            constructor(...args: ConstructorParameters<typeof WebSocket>) {
              super(...args);
              if (String(args[0]).includes('/realtime/')) sockets.push(this);
            }
          };
        });
        await page.reload();
        await waitForState(page, 'live');
      }

      // Both at once, without disturbance.
      await Promise.all([sendMany(anna, 'Anna', 0, 30), sendMany(ben, 'Ben', 0, 30)]);

      // Sockets cut in the middle.
      await Promise.all([
        sendMany(anna, 'Anna', 30, 60),
        sendMany(ben, 'Ben', 30, 60),
        dropsSockets(anna.page),
        dropsSockets(ben.page),
      ]);

      // One page offline, and still writing.
      await ben.page.context().setOffline(true);
      await Promise.all([sendMany(anna, 'Anna', 60, 90), sendMany(ben, 'Ben', 60, 90)]);
      await ben.page.context().setOffline(false);

      // The server killed and restarted while both write.
      await Promise.all([
        sendMany(anna, 'Anna', 90, 120),
        sendMany(ben, 'Ben', 90, 120),
        chat.restart('SIGKILL'),
      ]);
      await Promise.all([
        sendMany(anna, 'Anna', 120, MESSAGES_EACH),
        sendMany(ben, 'Ben', 120, MESSAGES_EACH),
      ]);

      const settled = async (visitor: Visitor): Promise<number> => {
        const waiting = await visitor.page.getByText(/^(Sending…|Waiting for the connection)$/).count();
        return waiting > 0 ? -waiting : (await shown(visitor)).length;
      };
      for (const visitor of [anna, ben]) {
        // Tall enough that the whole conversation is in the page and can be compared.
        await visitor.page.setViewportSize({ width: 900, height: 30_000 });
        await expect.poll(() => settled(visitor), { timeout: 90_000, interval: 500 }).toBe(2 * MESSAGES_EACH);
      }
      const [forAnna, forBen] = [await shown(anna), await shown(ben)];
      expect(forAnna).toEqual(forBen);
      for (const name of ['Anna', 'Ben']) {
        // No duplicates, no losses, and each person's messages in the order they wrote them.
        const own = forAnna.filter((text) => text.startsWith(`${name} `));
        expect(own).toEqual(Array.from({ length: MESSAGES_EACH }, (_, i) => `${name} ${i}`));
      }
      for (const { page } of [anna, ben]) await waitForState(page, 'live', 60_000);
    },
  );
});
