import { symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { ConfigOverrides } from '../../plugin/start-stack.ts';
import { type DevServer, startDevServer } from './dev-server.ts';
import { makeProject } from './project.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** OurChat on its own dev server, with its own database in a temporary folder. */
export interface OurChat extends AsyncDisposable {
  /** Origin, the same after every restart. */
  readonly url: string;
  readonly server: DevServer;
  /** Ends the server with a signal and starts it again on the same port and data. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** Ends the server with a signal. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts a stopped server again on the same port and data. */
  start(): Promise<void>;
}

/**
 * Starts the real dev server (as `npm run dev` does) on a free port.
 *
 * @param config settings that win over config.toml
 */
export async function startOurChat({ config = {} }: { config?: ConfigOverrides } = {}): Promise<OurChat> {
  const project = await makeProject({ 'package.json': '{ "type": "module" }' });
  await symlink(join(REPOSITORY, 'node_modules'), join(project.root, 'node_modules'), 'junction');
  const fromProject = (path: string): string =>
    relative(project.root, join(REPOSITORY, path)).split(sep).join('/');
  await project.write(
    'vite.config.ts',
    `import react from '@vitejs/plugin-react';
import supabase from './${fromProject('plugin/index.ts')}';

export default {
  root: ${JSON.stringify(join(REPOSITORY, 'app'))},
  cacheDir: ${JSON.stringify(join(project.root, 'vite'))},
  // Nothing is edited during the tests, and a watcher would cost more than the app.
  server: { watch: null, strictPort: true },
  plugins: [
    react(),
    supabase({
      root: ${JSON.stringify(REPOSITORY)},
      backend: 'embedded',
      embedded: { dataDir: ${JSON.stringify(join(project.root, 'data'))}, dbPort: 0,
        config: ${JSON.stringify(config)} },
    }),
  ],
};
`,
  );
  const run = (port: number): Promise<DevServer> => startDevServer(project.root, { port });
  let server = await run(0).catch(async (error: unknown) => {
    await project.remove();
    throw error;
  });
  const { url } = server;
  const start = async (): Promise<void> => {
    server = await run(Number(new URL(url).port));
  };
  return {
    url,
    get server() {
      return server;
    },
    start,
    stop: async (signal = 'SIGTERM') => void (await server.kill(signal)),
    restart: async (signal) => {
      await server.kill(signal);
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill('SIGTERM');
      await project.remove();
    },
  };
}

/** A person with their own browser context: cookies and storage are not shared. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  /** Origins that the page has contacted, over HTTP and WebSocket. */
  readonly origins: ReadonlySet<string>;
  /** Uncaught errors of the page. */
  readonly errors: readonly string[];
}

export async function openVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const origins = new Set<string>();
  const errors: string[] = [];
  const note = (url: string): void => {
    if (/^(https?|wss?):/.test(url)) origins.add(new URL(url).host);
  };
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, origins, errors, [Symbol.asyncDispose]: () => context.close() };
}

let people = 0;

/** An unused email address. */
export function newEmail(name: string): string {
  people += 1;
  return `${name.toLowerCase()}.${process.pid}.${people}@example.com`;
}

export const PASSWORD = 'correct horse battery';

/** Creates an account through the page, which then asks for a family. @returns the email address */
export async function signUp(page: Page, url: string, name: string, email = newEmail(name)): Promise<string> {
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Start your family' }).waitFor();
  return email;
}

export async function signIn(page: Page, url: string, email: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** @returns the invite code, once the family's first channel is open and live */
export async function createFamily(page: Page, name: string): Promise<string> {
  await page.getByLabel('Name of your family').fill(name);
  await page.getByRole('button', { name: 'Create family' }).click();
  await waitForState(page, 'live');
  const hint = await page.getByRole('region', { name: 'Invite your family' }).textContent();
  return /([0-9A-Z]{5}-[0-9A-Z]{5})/.exec(hint ?? '')?.[1] ?? '';
}

export async function joinFamily(page: Page, code: string): Promise<void> {
  await page.getByRole('button', { name: 'I have an invite code' }).click();
  await page.getByLabel('Invite code').fill(code);
  await page.getByRole('button', { name: 'Join family' }).click();
  await waitForState(page, 'live');
}

/** Waits until the connection badge shows a state. */
export async function waitForState(page: Page, state: string, timeout = 20_000): Promise<void> {
  await page.locator(`[data-state="${state}"]`).waitFor({ timeout });
}

/** The field for the next message. */
export function composer(page: Page): Locator {
  return page.getByRole('textbox', { name: /^Message #/ });
}

/** A message of the open channel. */
export function line(page: Page, text: string | RegExp): Locator {
  return page.getByRole('log').getByRole('article').filter({ hasText: text });
}

export async function sendMessage(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.keyboard.press('Enter');
}
