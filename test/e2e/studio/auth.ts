import { expect, test } from 'vitest';
import { ask } from '../../helpers/gateway/support.ts';
import '../../helpers/to-be-visible.ts';
import type { PageUnderTest } from './page-under-test.ts';

/** The page Auth. The project has the user anna@example.com. */
export function testAuth(studio: () => PageUnderTest): void {
  const client = () => studio().client();
  const BEN = { email: 'ben@example.com', password: 'password' };

  test('Auth creates and invites users, finds them, and shows their mails', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/auth`);
    await page.getByRole('button', { name: 'Add user' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add user' });
    await dialog.getByLabel('Email address').fill(BEN.email);
    await dialog.getByLabel('Password').fill(BEN.password);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await expect(page.getByRole('heading', { name: BEN.email })).toBeVisible();
    expect((await client().auth.signInWithPassword(BEN)).error).toBeNull();
    await page.getByRole('button', { name: 'Add user' }).click();
    await dialog.getByLabel('Email address').fill('guest@example.com');
    await dialog.getByRole('button', { name: 'Invite by mail' }).click();
    await expect(page.getByRole('heading', { name: 'guest@example.com' })).toBeVisible();
    await expect(
      page.getByRole('region', { name: 'Mails' }).getByRole('link', { name: /invit/i }),
    ).toBeVisible();
    const users = page.getByRole('region', { name: 'Users' });
    await expect(users.getByText('invited')).toBeVisible();
    await page.getByRole('searchbox', { name: 'Search users' }).fill('Anna@');
    await expect(users.getByRole('button', { name: /anna@example\.com/ })).toBeVisible();
    await expect.poll(() => users.getByRole('listitem').count()).toBe(1);
  });

  test('Auth signs in as a user, sends mails, bans, ends sessions and removes factors', async () => {
    const { page, server, findings, makeScreenshot } = studio();
    const signedIn = client();
    const { data } = await signedIn.auth.signInWithPassword(BEN);
    expect((await signedIn.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'Phone' })).error).toBeNull();
    await page.goto(`${server.url}/__supabase/auth?user=${data.user?.id}`);
    await expect(page.getByRole('heading', { name: BEN.email })).toBeVisible();
    await page.getByRole('button', { name: 'Send password recovery' }).click();
    await expect(
      page.getByText('A link to choose a new password was sent to ben@example.com.'),
    ).toBeVisible();
    const mails = page.getByRole('region', { name: 'Mails' });
    await expect(mails.getByRole('link', { name: /password/i })).toBeVisible();
    await page.getByRole('button', { name: 'Sign in as' }).click();
    await expect(page.getByText(/The link was copied/)).toBeVisible();
    const link = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
    const { headers } = await ask(server.url, link.pathname + link.search);
    const token = /access_token=([^&]+)/.exec(String(headers.location))?.[1];
    expect((await client().auth.getUser(token)).data.user?.email).toBe(BEN.email);
    await makeScreenshot('auth');
    expect(await findings()).toEqual([]);

    await page.getByRole('button', { name: 'Ban' }).click();
    await expect(page.getByText('ben@example.com may not sign in any more.')).toBeVisible();
    expect((await client().auth.signInWithPassword(BEN)).error?.code).toBe('user_banned');
    await page.getByRole('button', { name: 'Lift the ban' }).click();
    await expect(page.getByText('ben@example.com may sign in again.')).toBeVisible();
    expect((await client().auth.signInWithPassword(BEN)).error).toBeNull();

    const factors = page.getByRole('region', { name: 'Factors' });
    await expect(factors.getByText('Phone')).toBeVisible();
    await factors.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect(factors.getByText('The factor was removed.')).toBeVisible();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page.getByText('Not signed in anywhere.')).toBeVisible();
    expect((await signedIn.auth.refreshSession()).error).not.toBeNull();
  });

  test('Auth deletes a user only after asking', async () => {
    const { page } = studio();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete ben@example.com?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await client().auth.signInWithPassword(BEN)).error).toBeNull();
    await page.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText(/Choose a user/)).toBeVisible();
    const users = page.getByRole('region', { name: 'Users' });
    await expect.poll(() => users.getByRole('button', { name: /ben@/ }).count()).toBe(0);
    expect((await client().auth.signInWithPassword(BEN)).error?.code).toBe('invalid_credentials');
  });
}
