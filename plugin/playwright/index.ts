import {
  test as base,
  type BrowserContext,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findUpwards } from '../stack/project.ts';
import { createTestSupabase, type SignedIn, type TestSupabase } from '../testing/test-supabase.ts';
import { startSession, withExpiry, type NewUser } from '../testing/users.ts';
import { openAppFork, type AppFork } from './app-fork.ts';
import { storeSession, type SessionPlace } from './page-session.ts';

export type { TestMail } from '../testing/mails.ts';
export type { SignedIn } from '../testing/test-supabase.ts';
export type { NewUser } from '../testing/users.ts';
export type { SessionPlace } from './page-session.ts';

export interface NewPageUser extends NewUser {
  /** Signs the user in there too: the next page that is loaded has a session of this user. */
  readonly page?: Page | BrowserContext;
}

/** What a test has of its Supabase, and of the app in front of it. */
export interface PageSupabase extends TestSupabase {
  /** A new user with a confirmed address, a client that is signed in as this user, and with `page` a page that is. */
  signIn(user?: NewPageUser): Promise<SignedIn>;
}

interface TestFixtures {
  /** The Supabase behind the app that `page.goto('/')` opens: a database, users, files and mails of this worker. */
  supabase: PageSupabase;
  /** Where the app's client keeps its session. Default: cookies if package.json names `@supabase/ssr`, else localStorage. */
  supabaseSession: SessionPlace | undefined;
}

interface WorkerFixtures {
  supabaseFork: AppFork;
}

type Test = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & TestFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
>;

/** A fork is there at once, unless the dev server is still starting. */
const START_TIMEOUT_MS = 120_000;

/**
 * Playwright's `test`, whose workers have a Supabase of their own each, with the project's migrations and seed, and the app
 * in front of it at an origin of its own: `baseURL` names it.
 *
 * @example
 * test('shows the notes of a user', async ({ page, supabase }) => {
 *   const { client } = await supabase.signIn({ page });
 *   await client.from('notes').insert({ body: 'mine' });
 *   await page.goto('/');
 *   await expect(page.getByText('mine')).toBeVisible();
 * });
 */
export const test: Test = base.extend<TestFixtures, WorkerFixtures>({
  supabaseFork: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of used fixtures from this pattern
    async ({}, use, { project, config }) => {
      const fork = await openAppFork(findBaseUrl(project.use.baseURL, config.webServer?.url));
      await use(fork);
      await fork.stop();
    },
    { scope: 'worker', timeout: START_TIMEOUT_MS },
  ],
  supabaseSession: [undefined, { option: true }],
  baseURL: ({ supabaseFork }, use) => use(supabaseFork.appUrl),
  supabase: async ({ supabaseFork, supabaseSession }, use, { config }) => {
    const { supabase, close } = createTestSupabase(supabaseFork);
    const place =
      supabaseSession ??
      (await guessPlace(config.configFile === undefined ? config.rootDir : dirname(config.configFile)));
    await use(withPages(supabase, supabaseFork, place));
    await close();
  },
});

/** The same with a new database for each test. */
export const isolatedTest: Test = test.extend<{ supabaseReset: void }>({
  supabaseReset: [
    async ({ supabase }, use) => {
      await supabase.reset();
      await use();
    },
    { auto: true },
  ],
});

function findBaseUrl(...urls: readonly (string | undefined)[]): string {
  const url = urls.find((each) => each !== undefined) ?? process.env.PLAYWRIGHT_TEST_BASE_URL;
  if (url === undefined)
    throw new Error('Set use.baseURL in playwright.config to the URL of the dev server.');
  return url;
}

async function guessPlace(projectFolder: string): Promise<SessionPlace> {
  const folder = await findUpwards(projectFolder, 'package.json');
  const manifest = folder === undefined ? '' : await readFile(join(folder, 'package.json'), 'utf8');
  return { storage: manifest.includes('"@supabase/ssr"') ? 'cookies' : 'localStorage' };
}

function withPages(supabase: TestSupabase, fork: AppFork, place: SessionPlace): PageSupabase {
  return {
    ...supabase,
    get dbUrl() {
      return supabase.dbUrl;
    },
    async signIn({ page, password = randomBytes(12).toString('base64url'), ...wanted } = {}) {
      const signedIn = await supabase.signIn({ ...wanted, password });
      if (!page) return signedIn;
      // A session of its own: a refresh token is good for one client.
      const { email = '' } = signedIn.user;
      const { session } = await startSession(supabase.client(), { email, password });
      const ofPage = await withExpiry(session, wanted.expiresIn, fork.jwtSecret);
      await storeSession(page, ofPage, new URL(fork.appUrl).origin, place);
      return signedIn;
    },
  };
}
