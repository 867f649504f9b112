import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import { createClient } from '@supabase/supabase-js';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { skipsBrowserTests } from '../../helpers/chromium.ts';
import { giveFiles } from '../../helpers/drop-files.ts';
import { useOurChat } from '../../helpers/ourchat-people.ts';
import { composer, openVisitor, signIn, signUp, type Visitor, waitForState } from '../../helpers/ourchat.ts';

// Every screen, in every appearance, checked by axe-core. With SCREENSHOTS=1, the ones that the documents show are written
// to docs/images.

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const SCREENSHOTS: readonly string[] = process.env['SCREENSHOTS']
  ? ['chat-light', 'chat-dark', 'chat-phone', 'sign-in-light', 'settings-phone']
  : [];

const APPEARANCES: readonly { readonly name: string; readonly options: BrowserContextOptions }[] = [
  { name: 'light', options: { colorScheme: 'light', viewport: { width: 1280, height: 800 } } },
  { name: 'dark', options: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } } },
  {
    name: 'phone',
    options: {
      colorScheme: 'light',
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
    },
  },
];

const WAITING = 'This one waits until we are back online.';

interface Violation {
  readonly id: string;
  readonly nodes: readonly string[];
}

describe.skipIf(skipsBrowserTests())('every screen', () => {
  const shared = useOurChat();

  describe.each(APPEARANCES)('$name', ({ name: appearance, options }) => {
    let axe: string;
    let visitor: Visitor;
    let page: Page;

    beforeAll(async () => {
      axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
      visitor = await openVisitor(shared.browser, { locale: 'en-GB', reducedMotion: 'reduce', ...options });
      ({ page } = visitor);
    });

    // The next appearance finds the demo family as this one has found it.
    afterAll(async () => {
      await page?.context().close();
      const admin = createClient(shared.chat.url, LOCAL_KEYS.secretKey, {
        realtime: { transport: WebSocket as never },
      });
      await admin.from('channels').delete().eq('name', 'garden').throwOnError();
      await admin.from('messages').delete().eq('body', WAITING).throwOnError();
    });

    /** Takes the screenshot if a document shows it, and returns the violations that axe-core reports. */
    async function look(screen: string): Promise<Violation[]> {
      const name = `${screen}-${appearance}`;
      if (SCREENSHOTS.includes(name)) {
        const png = await page.screenshot();
        // A palette makes the file four times smaller without a visible difference.
        await sharp(png).png({ palette: true, effort: 9 }).toFile(`${IMAGES}${name}.png`);
      }
      await page.evaluate(axe);
      const results = await page.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      return results.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }));
    }

    /** Waits until a picture is loaded. */
    const settle = async (image: Locator): Promise<void> => {
      await image.waitFor();
      await image.evaluate((element) => (element as unknown as { decode(): Promise<void> }).decode());
    };
    const openDrawer = async (): Promise<void> => {
      if (appearance === 'phone') await page.getByRole('button', { name: 'Channels and people' }).click();
    };

    test('sign in', async () => {
      await page.goto(shared.chat.url);
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
      expect(await look('sign-in')).toEqual([]);
    });

    test('sign in refused', async () => {
      await page.getByLabel('Email').fill('anna@example.com');
      await page.getByLabel('Password').fill('not her password');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').waitFor();
      expect(await look('sign-in-refused')).toEqual([]);
    });

    test('sign in with a link', async () => {
      await page.getByRole('button', { name: 'Email me a sign-in link instead' }).click();
      await page.getByRole('button', { name: 'Send sign-in link' }).waitFor();
      expect(await look('magic-link')).toEqual([]);
    });

    test('sign up', async () => {
      await page.goto(`${shared.chat.url}/sign-up`);
      await page.getByRole('heading', { name: 'Create your account' }).waitFor();
      expect(await look('sign-up')).toEqual([]);
    });

    test('forgot password', async () => {
      await page.goto(`${shared.chat.url}/forgot-password`);
      await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
      expect(await look('forgot-password')).toEqual([]);
    });

    test('first family', async () => {
      await signUp(page, shared.chat.url, 'Nora');
      expect(await look('welcome')).toEqual([]);
      await page.getByRole('button', { name: 'I have an invite code' }).click();
      expect(await look('join')).toEqual([]);
    });

    test('invitation by link', async () => {
      await page.goto(`${shared.chat.url}/join/FAM11YDEM0`);
      await page.getByRole('heading', { name: 'Join The Millers?' }).waitFor();
      expect(await look('invitation')).toEqual([]);
      await page.goto(`${shared.chat.url}/join/WRONG`);
      await page.getByRole('heading', { name: 'This invitation is not valid' }).waitFor();
      expect(await look('invitation-wrong')).toEqual([]);
      await page.goto(shared.chat.url);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    });

    test('conversation', async () => {
      await signIn(page, shared.chat.url, 'anna@example.com', 'family-demo');
      await waitForState(page, 'live');
      await page.getByText('Found it. Thank you!').waitFor();
      await settle(page.getByRole('img', { name: /An old key/ }));
      // Move the pointer away from everything.
      await page.mouse.move(1, 1);
      expect(await look('chat')).toEqual([]);
    });

    test('pictures to send', async () => {
      const [garden, berries] = await Promise.all(
        [
          'a0000000-0000-4000-8000-000000000004/e0000000-0000-4000-8000-000000000003/1.webp',
          'a0000000-0000-4000-8000-000000000002/e0000000-0000-4000-8000-000000000016/1.webp',
        ].map(async (path) => ({
          name: 'picture.webp',
          mimeType: 'image/webp',
          buffer: await readFile(new URL(`../../../supabase/seed/message-images/${path}`, import.meta.url)),
        })),
      );
      if (!garden || !berries) throw new Error('unreachable');
      await giveFiles(composer(page), 'paste', [garden, berries]);
      await page.getByLabel('Description of picture 2').fill('The house by the lake');
      await composer(page).fill('Strawberries to go');
      await page.mouse.move(1, 1);
      expect(await look('pictures-to-send')).toEqual([]);
      await page.getByRole('button', { name: 'Remove picture 1' }).click();
      await page.getByRole('button', { name: 'Remove picture' }).click();
      await composer(page).fill('');
    });

    test('pictures in a conversation, and one of them large', async () => {
      await openDrawer();
      await page.getByRole('link', { name: 'summer-holiday' }).click();
      await settle(page.getByRole('img', { name: /A small house/ }));
      await page.mouse.move(1, 1);
      expect(await look('pictures')).toEqual([]);
      await page.getByRole('button', { name: /A small house/ }).click();
      await settle(page.getByRole('dialog').getByRole('img', { name: /A small house/ }));
      expect(await look('picture-large')).toEqual([]);
      await page.keyboard.press('Escape');
      await openDrawer();
      await page.getByRole('link', { name: 'general' }).click();
      await page.getByText('Found it. Thank you!').waitFor();
      await page.mouse.move(1, 1);
    });

    test('toolbar of a message, and emoji', async () => {
      await page.getByRole('article').filter({ hasText: 'On the hook' }).focus();
      await page.getByRole('toolbar', { name: 'Message' }).waitFor();
      expect(await look('message-tools')).toEqual([]);
      await page.getByRole('button', { name: 'More reactions' }).click();
      const panel = page.getByRole('group', { name: 'More reactions' });
      await panel.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
      // For all two thousand buttons, axe-core would take longer than for all other screens.
      await panel.getByLabel('Search emoji').fill('smil');
      await panel.getByRole('group', { name: 'Found' }).waitFor();
      expect(await look('emoji')).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test('reply, mention and edit', async () => {
      await page.getByRole('article').filter({ hasText: 'On the hook' }).focus();
      await page.getByRole('button', { name: 'Reply', exact: true }).click();
      await composer(page).pressSequentially('Thank you, @');
      await page.getByRole('listbox', { name: 'People' }).waitFor();
      expect(await look('reply-and-mention')).toEqual([]);
      await page.keyboard.press('Escape');
      await composer(page).fill('');
      await page.keyboard.press('Escape');
      await composer(page).press('ArrowUp');
      await page.getByLabel('Edit message').waitFor();
      expect(await look('edit')).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test('sidebar', async () => {
      await openDrawer();
      await page.getByRole('navigation', { name: 'Channels' }).getByRole('link').first().waitFor();
      expect(await look('sidebar')).toEqual([]);
      await page.getByRole('button', { name: 'The Millers' }).click();
      await page.getByRole('button', { name: 'Family settings and invite' }).waitFor();
      expect(await look('family-menu')).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test('new channel, and an empty one', async () => {
      await page.getByRole('button', { name: 'New channel' }).click();
      await page.getByRole('dialog', { name: 'New channel' }).waitFor();
      expect(await look('new-channel')).toEqual([]);
      await page.getByLabel('Name', { exact: true }).fill('Garden');
      await page.getByRole('button', { name: 'Create channel' }).click();
      await page.getByText('No messages yet.').waitFor();
      expect(await look('empty-channel')).toEqual([]);
    });

    test('search', async () => {
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByLabel('Search messages').fill('straw');
      await page.getByText('I bring the strawberries.').waitFor();
      expect(await look('search')).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test('family settings', async () => {
      await openDrawer();
      await page.getByRole('button', { name: 'The Millers' }).click();
      await page.getByRole('button', { name: 'Family settings and invite' }).click();
      await page.getByRole('heading', { name: 'Invite' }).waitFor();
      expect(await look('family-settings')).toEqual([]);
      await page.getByRole('button', { name: 'Leave The Millers' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await look('leave-family')).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test('settings', async () => {
      await page.goto(`${shared.chat.url}/settings`);
      await page.getByRole('radio', { name: 'pink' }).waitFor();
      await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
      await settle(page.locator('main img'));
      expect(await look('settings')).toEqual([]);
      const karl = 'a0000000-0000-4000-8000-000000000004/5eed0000-0000-4000-8000-000000000004.webp';
      const avatar = new URL(`../../../supabase/seed/avatars/${karl}`, import.meta.url);
      await page.locator('input[aria-label="Your picture"]').setInputFiles(fileURLToPath(avatar));
      await settle(page.getByRole('dialog').getByRole('img').first());
      expect(await look('new-avatar')).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
      await page.getByRole('img', { name: 'QR code for the authenticator app' }).scrollIntoViewIfNeeded();
      expect(await look('two-factor')).toEqual([]);
    });

    test('offline, with a message waiting', async () => {
      await page.goto(shared.chat.url);
      await waitForState(page, 'live');
      await page.context().setOffline(true);
      await waitForState(page, 'offline');
      await composer(page).fill(WAITING);
      await page.keyboard.press('Enter');
      await page.getByText('Waiting for the connection').waitFor();
      expect(await look('offline')).toEqual([]);
      await page.context().setOffline(false);
      await waitForState(page, 'live');
      await page.getByText('Waiting for the connection').waitFor({ state: 'detached' });
    });

    test('throws no error', () => {
      expect(visitor.errors).toEqual([]);
    });
  });
});
