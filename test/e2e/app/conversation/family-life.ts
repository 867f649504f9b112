import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatAndBrowser } from '../../../helpers/ourchat-people.ts';
import {
  composer,
  createFamily,
  line,
  openVisitor,
  sendMessage,
  signUp,
  type Visitor,
  waitForState,
} from '../../../helpers/ourchat.ts';
import '../../../helpers/to-be-visible.ts';

export function describeFamilyLife(shared: ChatAndBrowser): void {
  describe('life in a family', () => {
    let owner: Visitor;
    let member: Visitor;
    let anna: Page;
    let ben: Page;

    beforeAll(async () => {
      const { browser } = shared;
      [owner, member] = await Promise.all([openVisitor(browser), openVisitor(browser)]);
      anna = owner.page;
      ben = member.page;
      await signUp(anna, shared.chat.url, 'Anna');
      const code = await createFamily(anna, 'The Millers');
      // With an invite link, after signing up.
      await signUp(ben, shared.chat.url, 'Ben');
      await ben.goto(`${shared.chat.url}/join/${code.replace('-', '')}`);
      await ben.getByRole('button', { name: 'Join The Millers' }).click();
      await waitForState(ben, 'live');
    });

    afterAll(async () => {
      for (const { page } of [owner, member]) await page.context().close();
    });

    const shows = (locator: Locator): Promise<void> => locator.first().waitFor();

    test('shows an edit immediately, marked as edited', async () => {
      await sendMessage(anna, 'Lunch at twelf');
      await shows(line(ben, 'Lunch at twelf'));
      await composer(anna).press('ArrowUp');
      await anna.getByLabel('Edit message').fill('Lunch at twelve');
      await anna.keyboard.press('Enter');
      await shows(line(ben, 'Lunch at twelve').getByText('edited'));
      expect(await line(ben, 'Lunch at twelf ').count()).toBe(0);
    });

    test('adds and removes reactions', async () => {
      await line(ben, 'Lunch at twelve').focus();
      await ben.getByRole('button', { name: 'React with 👍' }).click();
      const reaction = line(anna, 'Lunch at twelve').getByRole('button', { name: /👍\s*1\s*from Ben/ });
      await shows(reaction);
      await reaction.click();
      await shows(line(ben, 'Lunch at twelve').getByRole('button', { name: /👍\s*2/ }));
      await line(ben, 'Lunch at twelve')
        .getByRole('button', { name: /👍\s*2/ })
        .click();
      await expect(
        line(anna, 'Lunch at twelve')
          .getByRole('button', { name: /👍\s*1\s*from you/ })
          .first(),
      ).toBeVisible();
    });

    test('quotes the message that a reply refers to, and jumps to it', async () => {
      await line(ben, 'Lunch at twelve').focus();
      await ben.getByRole('button', { name: 'Reply', exact: true }).click();
      await sendMessage(ben, 'I will be there');
      const quote = line(anna, 'I will be there').getByRole('button', {
        name: /In reply to.*Lunch at twelve/,
      });
      await shows(quote);
      await quote.click();
      await expect(line(anna, 'Lunch at twelve').first()).toBeVisible();
    });

    test('completes mentions and highlights them', async () => {
      await composer(anna).pressSequentially('@be');
      await anna.getByRole('option', { name: 'Ben' }).waitFor();
      await anna.keyboard.press('Enter');
      await composer(anna).pressSequentially('bring bread');
      await anna.keyboard.press('Enter');
      await expect(line(ben, 'bring bread').locator('strong', { hasText: '@Ben' }).first()).toBeVisible();
    });

    test('turns URLs into links, and ignores HTML', async () => {
      await sendMessage(anna, 'See https://example.com/a?b=c <b onclick=alert(1)>bold</b>');
      // The preview below it is a link, too.
      const link = line(ben, 'See').getByRole('link', { name: 'https://example.com/a?b=c' });
      await shows(link);
      expect(await link.getAttribute('href')).toBe('https://example.com/a?b=c');
      expect(await line(ben, 'See').locator('b').count()).toBe(0);
    });

    test('removes a deleted message from both pages', async () => {
      await sendMessage(anna, 'Never mind');
      await shows(line(ben, 'Never mind'));
      await line(anna, 'Never mind').focus();
      await anna.getByRole('button', { name: 'Delete' }).click();
      await anna.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await shows(line(ben, 'This message was deleted'));
      expect(await line(ben, 'Never mind').count()).toBe(0);
    });

    test('counts unread messages, and marks the first one', async () => {
      await ben.getByRole('button', { name: 'New channel' }).click();
      await ben.getByLabel('Name', { exact: true }).fill('music');
      await ben.getByRole('button', { name: 'Create channel' }).click();
      await ben.getByRole('heading', { name: 'music' }).waitFor();
      await sendMessage(anna, 'One');
      await sendMessage(anna, 'Two');
      await ben.getByRole('link', { name: /general\s*2 unread/ }).click();
      await shows(line(ben, 'One').getByText('New messages'));
      await expect(ben.getByRole('link', { name: 'general', exact: true }).first()).toBeVisible();
    });

    test('follows the browser history, and remembers the last channel', async () => {
      await ben.goBack();
      await ben.getByRole('heading', { name: 'music' }).waitFor();
      await ben.goForward();
      await ben.getByRole('heading', { name: 'general' }).waitFor();
      await ben.goBack();
      await ben.getByRole('heading', { name: 'music' }).waitFor();
      await ben.goto(shared.chat.url);
      await expect(ben.getByRole('heading', { name: 'music' })).toBeVisible();
    });

    test('finds messages by the beginning of a word and jumps to them', async () => {
      await ben.getByRole('button', { name: 'Search' }).click();
      await ben.getByLabel('Search messages').fill('twel');
      await ben.getByRole('option', { name: /Lunch at twelve/ }).click();
      await shows(line(ben, 'Lunch at twelve'));
      expect(ben.url()).toMatch(/\/channel\/[0-9a-f-]+\?message=[0-9a-f-]+$/);
    });

    test('makes an archived channel read-only, and unarchives it', async () => {
      await ben.getByRole('link', { name: 'music' }).click();
      await anna.getByRole('link', { name: 'music' }).click();
      await ben.getByRole('button', { name: 'Channel settings' }).click();
      await ben.getByRole('button', { name: 'Archive' }).click();
      await anna.getByText('This channel is archived.').waitFor();
      await anna.getByRole('button', { name: 'Channel settings' }).click();
      await anna.getByRole('button', { name: 'Unarchive' }).click();
      await expect(ben.getByRole('textbox', { name: 'Message #music' })).toBeVisible();
    });

    test('lets only its owner rename it and replace the code', async () => {
      const openSettings = async (page: Page): Promise<void> => {
        await page.getByRole('button', { name: /^The Millers/ }).click();
        await page.getByRole('button', { name: 'Family settings and invite' }).click();
        await page.getByRole('heading', { name: 'Invite' }).waitFor();
      };
      await Promise.all([openSettings(anna), openSettings(ben)]);
      expect(await ben.getByRole('button', { name: 'Replace code' }).count()).toBe(0);
      await anna.getByRole('button', { name: 'Replace code' }).click();
      await anna.getByText('There is a new invite code.').waitFor();
      await anna.getByLabel('Name of the family').fill('The Millers and Friends');
      await anna.getByRole('button', { name: 'Save' }).click();
      await expect(ben.getByRole('button', { name: 'The Millers and Friends', exact: true })).toBeVisible();
    });

    test('closes immediately for a removed member', async () => {
      await anna.getByRole('button', { name: 'Manage Ben' }).click();
      await anna.getByRole('button', { name: 'Remove from family' }).click();
      await anna.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await ben.getByRole('heading', { name: 'Start your family' }).waitFor();
      await anna.goto(shared.chat.url);
      await shows(anna.getByRole('region', { name: 'People' }).getByText('Anna (you)'));
      expect(await anna.getByRole('region', { name: 'People' }).getByText('Ben').count()).toBe(0);
    });

    test('lets one person belong to two families and switch', async () => {
      await ben.getByLabel('Name of your family').fill('Bens own');
      await ben.getByRole('button', { name: 'Create family' }).click();
      await waitForState(ben, 'live');
      await ben.getByRole('button', { name: 'Bens own', exact: true }).click();
      await ben.getByRole('button', { name: 'Start or join another family' }).click();
      await ben.getByLabel('Name of your family').fill('Bens second');
      await ben.getByRole('button', { name: 'Create family' }).click();
      await ben.getByRole('button', { name: 'Bens second', exact: true }).click();
      await ben.getByRole('button', { name: 'Bens own' }).click();
      await expect(ben.getByRole('button', { name: 'Bens own', exact: true })).toBeVisible();
    });

    test('throws no error', () => {
      expect([...owner.errors, ...member.errors]).toEqual([]);
    });
  });
}
