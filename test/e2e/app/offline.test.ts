import { cp, rm } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import type { DevServer } from '../../helpers/dev-server.ts';
import { buildOurChat, type OurChatBuild } from '../../helpers/ourchat-build.ts';
import {
  createFamily,
  openVisitor,
  sendMessage,
  signIn,
  signUp,
  type Visitor,
} from '../../helpers/ourchat.ts';
import '../../helpers/to-be-visible.ts';

/** Globals of the page; tests are compiled without DOM types. */
interface PageGlobals {
  readonly navigator: {
    readonly serviceWorker: { readonly controller: unknown; readonly ready: Promise<unknown> };
  };
  readonly caches: {
    keys(): Promise<string[]>;
    open(name: string): Promise<{ keys(): Promise<{ url: string }[]> }>;
  };
}

/** Paths of everything that the page's service worker has stored, by cache. */
const stored = (page: Page): Promise<string[][]> =>
  page.evaluate(async () => {
    const { caches } = globalThis as unknown as PageGlobals;
    const names = await caches.keys();
    return Promise.all(
      names.map(async (name) =>
        (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname),
      ),
    );
  });

const isControlled = (page: Page): Promise<boolean> =>
  page.evaluate(() => (globalThis as unknown as PageGlobals).navigator.serviceWorker.controller !== null);

const script = (page: Page): Promise<string | null> =>
  page.locator('script[type="module"]').getAttribute('src');

const WAIT = { timeout: 20_000 };

/** Instead of a push service, which no test can reach. Keeps the one subscription of the browser across reloads. */
const PUSH_MANAGER = `
  const present = () => localStorage.getItem('test:push');
  const subscription = (endpoint) => ({
    endpoint,
    toJSON: () => ({ endpoint, keys: { p256dh: 'B' + 'a'.repeat(86), auth: 'a'.repeat(22) } }),
    unsubscribe: async () => localStorage.removeItem('test:push') ?? true,
  });
  PushManager.prototype.getSubscription = async () => (present() ? subscription(present()) : null);
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || !applicationServerKey) throw new TypeError('as browsers refuse it');
    const count = Number(localStorage.getItem('test:count') ?? 0) + 1;
    localStorage.setItem('test:count', String(count));
    localStorage.setItem('test:push', 'https://push.example/' + count);
    return subscription(present());
  };`;

const subscribed = (page: Page): Promise<unknown> => page.evaluate(`localStorage.getItem('test:push')`);

async function chooseLevel(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: 'Notifications' }).click();
  await page.getByRole('group', { name: 'Notify me of' }).getByRole('button', { name: label }).click();
}

/** Titles and texts of what the service worker shows. */
const notifications = (page: Page): Promise<unknown> =>
  page.evaluate(`navigator.serviceWorker.ready
    .then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body }) => title + ': ' + body).sort())`);

/** @returns a function that delivers a message to the service worker of a page, as the browser does after decryption */
async function pushTo(page: Page): Promise<(message: object) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => {
      if (first) resolve(first.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await registered;
  const { origin } = new URL(page.url());
  return async (message) => {
    await session.send('ServiceWorker.deliverPushMessage', {
      origin,
      registrationId,
      data: JSON.stringify(message),
    });
  };
}

/** A click on a notification, which happens outside of the browser. */
async function click(page: Page, title: string): Promise<void> {
  const worker = page
    .context()
    .serviceWorkers()
    .find((one) => one.url().startsWith(new URL(page.url()).origin));
  await worker?.evaluate(`registration.getNotifications().then((all) => {
    const notification = all.find((one) => one.title === ${JSON.stringify(title)});
    dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  })`);
}

describe.skipIf(skipsBrowserTests())('the built app without a connection', () => {
  let build: OurChatBuild;
  let server: DevServer;
  let browser: Browser;
  let anna: Visitor;
  let page: Page;
  let email: string;

  beforeAll(async () => {
    [build, browser] = await Promise.all([buildOurChat(), launchChromium()]);
    server = await build.preview('embedded');
    anna = await openVisitor(browser);
    ({ page } = anna);
    await page.addInitScript({ content: PUSH_MANAGER });
    await page.route('**/functions/v1/push', (route) => route.fulfill({ json: { public_key: 'BA' } }));
    email = await signUp(page, server.url, 'Anna');
    await createFamily(page, 'The Test Family');
    await sendMessage(page, 'Before the tunnel');
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await build?.[Symbol.asyncDispose]();
  });

  test('can be installed', async () => {
    await expect.poll(() => isControlled(page)).toBe(true);
    const session = await page.context().newCDPSession(page);
    const { errors } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // Every context of Playwright is a private window.
    const reasons = installabilityErrors.map(({ errorId }) => errorId);
    expect(reasons.filter((reason) => reason !== 'in-incognito')).toEqual([]);
  });

  test('subscribes to pushed messages when the user asks for notifications', async () => {
    await page.context().grantPermissions(['notifications'], { origin: server.url });
    const stored = page.waitForResponse(
      (response) => response.url().includes('/push_subscriptions') && response.request().method() === 'POST',
    );
    await chooseLevel(page, 'Mentions of you');
    expect((await stored).status()).toBe(201);
    const row = (await stored).request().postDataJSON() as Record<string, unknown>;
    const channelId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    expect(row).toMatchObject({
      endpoint: 'https://push.example/1',
      levels: { [channelId]: 'mentions' },
    });
    const changed = page.waitForResponse(
      (response) => response.url().includes('/push_subscriptions') && response.request().method() === 'PATCH',
    );
    await chooseLevel(page, 'All messages');
    expect(await (await changed).json()).toHaveLength(1);
    expect(await subscribed(page)).toBe('https://push.example/1');
  });

  test('shows pushed messages unless the channel is on the screen, the newest of each channel', async () => {
    const url = new URL(page.url()).pathname;
    const push = await pushTo(page);
    const notify = (title: string, id: number, tag = 'channel'): Promise<void> =>
      push({ title, body: `Message ${id}`, tag, url: `${tag === 'channel' ? url : '/other'}?message=${id}` });
    await notify('On the screen', 1);
    await notify('Of another channel', 2, 'other');
    await expect.poll(() => notifications(page), WAIT).toEqual(['Of another channel: Message 2']);
    await page.getByRole('link', { name: 'Your settings' }).click();
    await page.getByRole('heading', { name: 'Your settings' }).waitFor();
    await notify('Not on the screen', 3);
    await expect
      .poll(() => notifications(page), WAIT)
      .toEqual(['Not on the screen: Message 3', 'Of another channel: Message 2']);
    await notify('Newer', 4);
    await expect
      .poll(() => notifications(page), WAIT)
      .toEqual(['Newer: Message 4', 'Of another channel: Message 2']);
    await click(page, 'Newer');
    await page.waitForURL(`**${url}?message=4`);
    await expect.poll(() => notifications(page), WAIT).toEqual(['Of another channel: Message 2']);
  });

  test('subscribes anew after a session of somebody else, and not without a session', async () => {
    await page.evaluate(`localStorage.setItem('test:push', 'https://push.example/of-somebody-else')`);
    await page.reload();
    await expect.poll(() => subscribed(page), WAIT).toBe('https://push.example/2');
    await page.getByRole('link', { name: 'Your settings' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect.poll(() => subscribed(page), WAIT).toBe(null);
    expect(await notifications(page)).toEqual([]);
    await signIn(page, server.url, email);
    await expect.poll(() => subscribed(page), WAIT).toBe('https://push.example/3');
    await page.getByText('Before the tunnel').waitFor();
  });

  test('stores the files of the page, and no answer of Supabase', async () => {
    const [files = [], ...others] = await stored(page);
    expect(others).toEqual([]);
    expect(files).toContain('/');
    expect(files).toContain('/manifest.webmanifest');
    expect(files.filter((path) => !/^\/(assets\/[^/]+|[\w-]+\.(svg|png|webmanifest))?$/.test(path))).toEqual(
      [],
    );
  });

  test('opens every screen of it, and says what is missing', async () => {
    const chat = page.url();
    await server.kill('SIGKILL');
    for (const path of ['/settings', '/welcome', '/join/ABC']) {
      await page.goto(new URL(path, chat).href);
      await page.locator('#root > *').first().waitFor();
    }
    await page.goto(chat);
    await expect(page.getByText('No connection')).toBeVisible();
  });

  test('does not answer for Supabase', async () => {
    const answer = page
      .evaluate(async () => (await fetch('/storage/v1/status')).status)
      .catch(() => 'failed');
    expect(await answer).toBe('failed');
    await expect(page.goto(new URL('/storage/v1/object/public/a/b', page.url()).href)).rejects.toThrow(
      /ERR_CONNECTION_REFUSED/,
    );
  });

  test('goes on when the server is back', async () => {
    server = await build.preview('embedded', Number(new URL(server.url).port));
    await page.goto(server.url);
    await page.getByRole('log').getByText('Before the tunnel').waitFor();
    expect(anna.errors).toEqual([]);
  });
});

/** Whether no newer worker than the active one is on its way. */
const hasTakenOver = (page: Page): Promise<boolean> =>
  page.evaluate(`navigator.serviceWorker.getRegistration().then(({ installing, waiting, active }) =>
    !installing && !waiting && active?.state === 'activated')`);

describe.skipIf(skipsBrowserTests())('a deploy', () => {
  const env = { VITE_SUPABASE_URL: 'http://127.0.0.1:9', VITE_SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_a' };
  let [first, second]: OurChatBuild[] = [];
  let server: DevServer;
  let browser: Browser;
  let open: Visitor;
  let loads = 0;

  beforeAll(async () => {
    browser = await launchChromium();
    first = await buildOurChat(env);
    second = await buildOurChat({ ...env, VITE_SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_b' });
    server = await first.preview('static');
    open = await openVisitor(browser);
    open.page.on('load', () => void (loads += 1));
    await open.page.goto(server.url);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
  });

  test('shows at the next visit, at once', async () => {
    await expect.poll(() => isControlled(open.page)).toBe(true);
    const before = await script(open.page);
    await rm(first?.dir ?? '', { recursive: true });
    await cp(second?.dir ?? '', first?.dir ?? '', { recursive: true });
    const next = await open.page.context().newPage();
    await next.goto(server.url);
    await next.getByRole('heading', { name: 'Welcome back' }).waitFor();
    expect(await script(next)).not.toBe(before);
    // It is the new version already.
    await expect.poll(async () => (await stored(next)).length, { timeout: 20_000 }).toBe(2);
    await expect.poll(() => next.getByText('A new version').count()).toBe(0);
    // Chromium runs the new worker in the process of this page: not closed while the worker takes over.
    await expect.poll(() => hasTakenOver(next), { timeout: 20_000 }).toBe(true);
    await next.close();
  });

  test('leaves an open page alone, which still finds its files', async () => {
    await open.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await open.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    expect(loads).toBe(1);
  });

  test('offers to reload it, once', async () => {
    const old = await script(open.page);
    await open.page.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(() => script(open.page)).not.toBe(old);
    await open.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    expect(await open.page.getByText('A new version').count()).toBe(0);
    await open.page.reload();
    await open.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    // The first visit, the button, and the reload above.
    expect(loads).toBe(3);
    expect(await open.page.getByText('A new version').count()).toBe(0);
  });

  test('opens in the new version without a connection', async () => {
    const current = await script(open.page);
    await server.kill('SIGKILL');
    await open.page.reload();
    await open.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    expect(await script(open.page)).toBe(current);
    expect(open.errors).toEqual([]);
  });
});
