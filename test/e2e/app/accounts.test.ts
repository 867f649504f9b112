import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import {
  createFamily,
  openVisitor,
  type OurChat,
  PASSWORD,
  signIn,
  signUp,
  startOurChat,
  type Visitor,
  waitForState,
} from '../../helpers/ourchat.ts';
import '../../helpers/to-be-visible.ts';

/** The operating system of this machine, as the page names it. */
const SYSTEM = { darwin: 'macOS', win32: 'Windows' }[process.platform as string] ?? 'Linux';

describe.skipIf(skipsBrowserTests())('an account', () => {
  let chat: OurChat;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let email: string;

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startOurChat(), launchChromium()]);
    visitor = await openVisitor(browser);
    ({ page } = visitor);
    email = await signUp(page, chat.url, 'Anna');
    await createFamily(page, 'The Account Family');
  });

  // Every test starts signed out: the session is in cookies.
  beforeEach(() => page.context().clearCookies());

  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  const signOut = async (): Promise<void> => {
    await page.goto(`${chat.url}/settings`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  };

  /** The link in the newest email to this account, from the development inbox. */
  async function linkInMail(): Promise<string> {
    const response = await page.request.get(`${chat.url}/__supabase/mail/api/v1/messages?limit=1`);
    const { messages } = (await response.json()) as { messages: { ID: string; To: { Address: string }[] }[] };
    expect(messages[0]?.To[0]?.Address).toBe(email);
    const mail = await page.request.get(`${chat.url}/__supabase/mail/api/v1/message/${messages[0]?.ID}`);
    const { HTML } = (await mail.json()) as { HTML: string };
    return (/href="([^"]+)"/.exec(HTML)?.[1] ?? '').replaceAll('&amp;', '&');
  }

  test('is offered the demo family in development', async () => {
    await page.goto(chat.url);
    await page.getByRole('region', { name: 'Demo family' }).getByRole('button', { name: 'Ben' }).click();
    await waitForState(page, 'live');
    await expect(page.getByText('Ben (you)')).toBeVisible();
  });

  test('shows an error for a wrong password', async () => {
    await signIn(page, chat.url, email, 'wrong password');
    expect(await page.getByRole('alert').textContent()).toBe('Wrong email or password.');
  });

  test('opens the requested URL after signing in', async () => {
    await signIn(page, `${chat.url}/settings`, email);
    await expect(page.getByRole('heading', { name: 'Your settings' })).toBeVisible();
  });

  test('changes its name and colour for everybody', async () => {
    await signIn(page, `${chat.url}/settings`, email);
    await page.getByLabel('Your name').fill('Anna Maria');
    await page.getByRole('radio', { name: 'violet' }).check({ force: true });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.goto(chat.url);
    const people = page.getByRole('region', { name: 'People' });
    await expect(people.getByText('Anna Maria (you)')).toBeVisible();
  });

  test('signs in with an emailed link', async () => {
    await page.goto(`${chat.url}/settings`);
    await page.getByRole('button', { name: 'Email me a sign-in link instead' }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Send sign-in link' }).click();
    await page.getByText('We sent you an email.').waitFor();
    expect(await page.getByRole('link', { name: 'Open the development inbox' }).getAttribute('href')).toBe(
      '/__supabase/mail/',
    );
    await page.goto(await linkInMail());
    // Back at the URL where the link was requested.
    await page.getByRole('heading', { name: 'Your settings' }).waitFor();
  });

  test('resets its password by email', async () => {
    await page.goto(chat.url);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Send reset link' }).click();
    await page.getByText('an email is on its way').waitFor();
    await page.goto(await linkInMail());
    await page.getByLabel('New password').fill('another good password');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Your password has been changed.').waitFor();
    await signOut();
    await signIn(page, chat.url, email, 'another good password');
    await waitForState(page, 'live');
    await page.goto(`${chat.url}/settings`);
    const section = page.getByRole('region', { name: 'Password' });
    await section.getByLabel('Current password').fill('wrong password');
    await section.getByLabel('New password').fill(PASSWORD);
    await section.getByRole('button', { name: 'Change password' }).click();
    await section.getByText('Wrong email or password.').waitFor();
    await section.getByLabel('Current password').fill('another good password');
    await section.getByRole('button', { name: 'Change password' }).click();
    await expect(section.getByText('Your password has been changed.')).toBeVisible();
  });

  test('shows a password on request', async () => {
    await page.goto(chat.url);
    const field = page.getByLabel('Password');
    await field.fill('a secret');
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Show what is typed' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Hide what is typed' }).click();
    expect(await field.getAttribute('type')).toBe('password');
  });

  test('sends links to both addresses before it changes its email', async () => {
    await signIn(page, `${chat.url}/settings`, email);
    const section = page.getByRole('region', { name: 'Email' });
    const newEmail = `new.${email}`;
    await section.getByLabel('New email').fill(newEmail);
    await section.getByLabel('Current password').fill(PASSWORD);
    await section.getByRole('button', { name: 'Change email' }).click();
    await section.getByText('We sent an email to the new and to the old address.').waitFor();
    const response = await page.request.get(`${chat.url}/__supabase/mail/api/v1/messages?limit=2`);
    const { messages } = (await response.json()) as { messages: { To: { Address: string }[] }[] };
    expect(messages.map(({ To }) => To[0]?.Address).toSorted()).toEqual([email, newEmail].toSorted());
  });

  test('deletes its account, and the family that nobody else belongs to', async () => {
    await using other = await openVisitor(browser);
    const otherEmail = await signUp(other.page, chat.url, 'Otto');
    await createFamily(other.page, 'The Lonely Family');
    await other.page.goto(`${chat.url}/settings`);
    await other.page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = other.page.getByRole('dialog');
    await dialog.getByLabel('Current password').fill('wrong password');
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await dialog.getByText('Wrong email or password.').waitFor();
    await dialog.getByLabel('Current password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await signIn(other.page, chat.url, otherEmail);
    await expect(other.page.getByText('Wrong email or password.')).toBeVisible();
  });

  test('sees where it is signed in, and signs out everywhere else', async () => {
    await using second = await openVisitor(browser, {
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1',
    });
    await signIn(second.page, chat.url, email);
    await waitForState(second.page, 'live');
    let requests = 0;
    page.on('request', (request) => void (requests += Number(request.url().endsWith('/rpc/my_sessions'))));
    await signIn(page, `${chat.url}/settings`, email);
    const section = page.getByRole('region', { name: 'Where you are signed in' });
    const own = section.getByRole('listitem').filter({ hasText: 'This device' });
    await own.waitFor();
    expect(await own.allTextContents()).toEqual([expect.stringContaining(`Chrome on ${SYSTEM}`)]);
    await section.getByRole('listitem').filter({ hasText: 'Safari on iPhone' }).waitFor();
    expect(requests).toBe(1);
    await section.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await page.getByText('You are signed in on this device only.').waitFor();
    await expect.poll(() => section.getByRole('listitem').count()).toBe(1);
    // The other device notices at its next request about the account, at the latest when its token is refreshed.
    await second.page.goto(`${chat.url}/settings`);
    await expect(second.page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  });

  test('keeps the chosen theme', async () => {
    await signIn(page, `${chat.url}/settings`, email);
    await page.getByRole('radio', { name: 'Dark' }).check();
    await page.reload();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
  });

  test('asks for the second factor once it is set up, and the database enforces it', async () => {
    await signIn(page, `${chat.url}/settings`, email);
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
    const secret = /Or enter this key: (\w+)/.exec(
      (await page.getByText('Or enter this key').textContent()) ?? '',
    )?.[1];
    await page.getByLabel('Code').fill(totp(secret ?? ''));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByRole('button', { name: 'Turn off two-factor authentication' }).waitFor();
    await signOut();
    await signIn(page, chat.url, email);
    await page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor();
    // With the password alone there is a session, but it can read nothing.
    const rows = await page.evaluate(async (key) => {
      // The gateway uses the session cookie for requests from the page's own origin.
      const response = await fetch('/rest/v1/families?select=id', { headers: { apikey: key } });
      return (await response.json()) as unknown[];
    }, 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH');
    expect(rows).toEqual([]);
    await page.getByLabel('Code').fill(totp(secret ?? '', 1));
    await page.getByRole('button', { name: 'Continue' }).click();
    await waitForState(page, 'live');
    await page.goto(`${chat.url}/settings`);
    await page.getByRole('button', { name: 'Turn off two-factor authentication' }).click();
    await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
  });

  test('throws no error', () => {
    expect(visitor.errors).toEqual([]);
  });
});

/** The code that an authenticator app shows (RFC 6238, 30 seconds, six digits), now or some 30-second steps later. */
function totp(secret: string, steps = 0): string {
  const bits = Array.from(secret, (c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
