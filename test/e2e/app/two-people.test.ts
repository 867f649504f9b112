import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import {
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

describe.skipIf(skipsBrowserTests())('two people of a family, and one of another', () => {
  let chat: OurChat;
  let browser: Browser;
  let anna: Visitor;
  let ben: Visitor;
  let stranger: Visitor;

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startOurChat(), launchChromium()]);
    [anna, ben, stranger] = await Promise.all([
      openVisitor(browser),
      openVisitor(browser),
      openVisitor(browser),
    ]);
    await signUp(anna.page, chat.url, 'Anna');
    const code = await createFamily(anna.page, 'The Test Family');
    await signUp(ben.page, chat.url, 'Ben');
    await joinFamily(ben.page, code);
    await signUp(stranger.page, chat.url, 'Stella');
    await createFamily(stranger.page, 'The Strangers');
  });

  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  test('shows each the message of the other without a reload', async () => {
    await sendMessage(anna.page, 'Hello Ben, can you read this?');
    await expect(
      ben.page.getByRole('log').getByText('Hello Ben, can you read this?').waitFor(),
    ).resolves.toBeUndefined();
    await sendMessage(ben.page, 'Loud and clear.');
    await expect(anna.page.getByRole('log').getByText('Loud and clear.').waitFor()).resolves.toBeUndefined();
  });

  test('shows both that both are online', async () => {
    for (const { page } of [anna, ben]) {
      const people = page.getByRole('region', { name: 'People' });
      await expect(
        people.locator('[data-online="true"]', { hasText: 'Anna' }).waitFor(),
      ).resolves.toBeUndefined();
      await expect(
        people.locator('[data-online="true"]', { hasText: 'Ben' }).waitFor(),
      ).resolves.toBeUndefined();
    }
  });

  test('shows that somebody is typing', async () => {
    await ben.page.getByRole('textbox', { name: /^Message #/ }).pressSequentially('Let me think');
    await expect(anna.page.getByText('Ben is typing…').waitFor()).resolves.toBeUndefined();
    // Everybody gets the signal; it is no news for the one who types.
    expect(await ben.page.getByText('Ben is typing…').count()).toBe(0);
    await ben.page.getByRole('textbox', { name: /^Message #/ }).fill('');
  });

  test('shows a new channel and its messages to the other at once, with an unread count', async () => {
    await anna.page.getByRole('button', { name: 'New channel' }).click();
    await anna.page.getByLabel('Name', { exact: true }).fill('Birthday Plans');
    await anna.page.getByRole('button', { name: 'Create channel' }).click();
    await anna.page.getByRole('heading', { name: 'birthday-plans' }).waitFor();
    await sendMessage(anna.page, 'Who bakes the cake?');
    const link = ben.page.getByRole('link', { name: /birthday-plans\s*1 unread/ });
    await link.waitFor();
    await link.click();
    await ben.page.getByRole('log').getByText('Who bakes the cake?').waitFor();
    await expect(
      ben.page.getByRole('link', { name: 'birthday-plans', exact: true }).waitFor(),
    ).resolves.toBeUndefined();
  });

  test('shows at once which channel somebody has gone to, and again', async () => {
    const where = ben.page.getByRole('region', { name: 'People' }).getByRole('listitem');
    for (const channel of ['general', 'birthday-plans', 'general', 'birthday-plans']) {
      await anna.page.getByRole('link', { name: channel, exact: true }).click();
      const line = where.filter({ hasText: 'Anna' }).filter({ hasText: `#${channel}` });
      await expect(line.waitFor({ timeout: 3_000 })).resolves.toBeUndefined();
    }
  });

  test('shows a stranger nothing of it', async () => {
    await sendMessage(stranger.page, 'Nobody here but me.');
    await stranger.page.getByRole('log').getByText('Nobody here but me.').waitFor();
    const text = await stranger.page.locator('body').textContent();
    expect(text).not.toMatch(/Loud and clear|Anna|birthday-plans/);
    // Not even with the address of the channel.
    const address = anna.page.url();
    await stranger.page.goto(address);
    await waitForState(stranger.page, 'live');
    expect(stranger.page.url()).not.toBe(address);
    expect(await stranger.page.locator('body').textContent()).not.toContain('Who bakes the cake?');
  });

  test('keeps the session over a reload, in cookies', async () => {
    await anna.page.reload();
    await anna.page.getByRole('log').getByText('Who bakes the cake?').waitFor();
    const cookies = await anna.page.context().cookies();
    expect(cookies.map((cookie) => cookie.name)).toContainEqual(expect.stringMatching(/^sb-.+-auth-token/));
  });

  test('has contacted nothing but the dev server, and thrown no error', () => {
    for (const { origins, errors } of [anna, ben, stranger]) {
      expect([...origins]).toEqual([new URL(chat.url).host]);
      expect(errors).toEqual([]);
    }
  });
});
