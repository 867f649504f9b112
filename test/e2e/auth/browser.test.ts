import type { SupabaseClient } from '@supabase/supabase-js';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import type { TestProject } from '../../helpers/project.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

const MAIN = `
import { createClient } from '@supabase/supabase-js';
const { VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY } = import.meta.env;
globalThis.client = createClient(VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY, { auth: { flowType: 'pkce' } });
await client.auth.getSession();
document.title = 'ready';
`;
const CONFIG = '[api]\nport = 1\n[db]\nport = 0\n[auth.external.github]\nenabled = true\n';

// Globals of the functions that run in the page.
declare const client: SupabaseClient;
declare const document: { title: string };
declare const location: { origin: string };

describe.skipIf(skipsBrowserTests())('the official client in a browser', () => {
  let project: TestProject;
  let server: DevServer;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    project = await makeViteProject({ 'main.js': MAIN, 'supabase/config.toml': CONFIG });
    server = await startDevServer(project.root);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await project?.remove();
  });
  afterEach(() => context.close());

  async function open(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => document.title === 'ready');
    return page;
  }

  test('signs in with a provider on the local consent page, by PKCE', async () => {
    context = await browser.newContext();
    const page = await open();
    await page.evaluate(() =>
      client.auth.signInWithOAuth({ provider: 'github', options: { redirectTo: location.origin } }),
    );
    await page.getByLabel('Email').fill('octo@example.com');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.waitForFunction(() => document.title === 'ready');
    const user = await page.evaluate(async () => (await client.auth.getUser()).data.user);
    expect(user).toMatchObject({ email: 'octo@example.com', app_metadata: { provider: 'github' } });
    expect(page.url()).not.toContain('code=');
  });

  test('redirects with an error when consent is refused', async () => {
    context = await browser.newContext();
    const page = await open();
    await page.evaluate(() =>
      client.auth.signInWithOAuth({ provider: 'github', options: { redirectTo: location.origin } }),
    );
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(/error=/);
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
  });

  test('keeps both of two tabs signed in while they refresh at once', async () => {
    context = await browser.newContext();
    const first = await open();
    await first.evaluate(() =>
      client.auth.signUp({ email: 'tabs@example.com', password: 'two tabs at once' }),
    );
    const second = await open();
    const refresh = (page: Page): Promise<(string | undefined)[]> =>
      page.evaluate(async () => {
        const results = [];
        for (let i = 0; i < 5; i += 1) results.push((await client.auth.refreshSession()).error?.message);
        return results;
      });
    const messages = (await Promise.all([refresh(first), refresh(second)])).flat();
    // The client discards a result when the other tab was faster; the server never refuses.
    const refusals = messages.filter((message) => message !== undefined && !message.includes('discarded'));
    expect(refusals).toEqual([]);
    for (const page of [first, second]) {
      expect(await page.evaluate(async () => (await client.auth.refreshSession()).error)).toBeNull();
      const email = await page.evaluate(async () => (await client.auth.getUser()).data.user?.email);
      expect(email).toBe('tabs@example.com');
    }
  });
});
