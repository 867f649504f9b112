import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChromium, skipsBrowserTests } from '../helpers/chromium.ts';
import { installPackage } from '../helpers/installed-package.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';
import { readSnippets } from '../helpers/snippets.ts';

// The set-ups of docs/testing.md as they stand there, in a project with the published package.

const APP = {
  'package.json': '{ "type": "module", "scripts": { "dev": "vite --port 5173 --strictPort" } }',
  'vite.config.ts': `import supabase from 'vite-plugin-supabase';
const serverCode = {
  name: 'server-code',
  configureServer: (server) => void server.middlewares.use('/on-the-server', async (req, res) => {
    res.end(await (await server.ssrLoadModule('/src/on-the-server.ts')).findUrl());
  }),
};
export default { plugins: [supabase({ requireKey: true }), serverCode] };
`,
  'src/on-the-server.ts': `export async function findUrl() {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return import.meta.env.VITE_SUPABASE_URL;
}
`,
  'index.html': `<!doctype html><title>Notes</title><ul></ul><output></output>
<script type="module" src="/src/main.ts"></script>`,
  'src/client.ts': `import { createClient } from '@supabase/supabase-js';
const { VITE_SUPABASE_URL: url, VITE_SUPABASE_PUBLISHABLE_KEY: key } = import.meta.env;
const transport = (globalThis as any).WebSocket ?? (await import(/* @vite-ignore */ 'w' + 's')).WebSocket;
export const app = createClient(url, key, { realtime: { transport } });
`,
  'src/notes.ts': `import { app } from './client';
export const listNotes = async () => (await app.from('notes').select('body')).data;
`,
  'src/main.ts': `import { app } from './client';
const list = document.querySelector('ul')!;
const state = document.querySelector('output')!;
const show = ({ body }: { body: string }) => list.append(Object.assign(document.createElement('li'), { textContent: body }));
const { data: { session } } = await app.auth.getSession();
app.realtime.setAuth(session?.access_token ?? null);
app.channel('notes')
  .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, ({ new: note }) => show(note as never))
  .on('system', {}, async ({ status }) => {
    if (status !== 'ok') return;
    for (const note of (await app.from('notes').select('body').order('id')).data ?? []) show(note);
    state.textContent = 'ready as ' + (session?.user.email ?? 'nobody');
  })
  .subscribe();
if (import.meta.hot) document.title = 'Notes, hot';
`,
  'supabase/config.toml': '[api]\nport = 1\nauto_expose_new_tables = true\n[db]\nport = 0\n',
  'supabase/migrations/1_notes.sql': `create table notes (id serial primary key, body text, author uuid default auth.uid());
    alter table notes enable row level security;
    create policy own on notes to authenticated using (author = auth.uid()) with check (author = auth.uid());
    alter publication supabase_realtime add table notes;`,
  'supabase/seed.sql': "insert into notes (body) values ('seed');",
};

/** Each file adds the same row: it succeeds in a database of its own only. */
const VITEST_FILE = `
import { expect } from 'vitest';
import { isolatedTest, test } from 'vite-plugin-supabase/vitest';
import { app } from './client';
test('has the seed, and the client of the app', async ({ supabase }) => {
  expect((await supabase.admin.from('notes').select('id')).data).toEqual([{ id: 1 }]);
  expect((await app.from('notes').select()).data).toEqual([]);
  expect(await supabase.sql('select count(*)::int as notes from notes')).toEqual([{ notes: 1 }]);
});
test('signs users in, whose rows are their own', async ({ supabase }) => {
  const [anna, ben] = [await supabase.signIn(), await supabase.signIn({ email: 'ben@example.com' })];
  expect((await anna.client.from('notes').insert({ id: 102 })).error).toBeNull();
  expect((await anna.client.from('notes').select('id')).data).toEqual([{ id: 102 }]);
  expect((await ben.client.from('notes').select('id')).data).toEqual([]);
  await supabase.anon.auth.resetPasswordForEmail('ben@example.com');
  expect(await supabase.mailTo('ben@example.com')).toMatchObject({ subject: expect.any(String), link: expect.stringContaining('/auth/v1/verify') });
});
test('time passes', async ({ supabase }) => {
  const late = await supabase.signIn({ email: 'late@example.com', expiresIn: -60 });
  const refused = supabase.client(undefined, { accessToken: async () => late.session.access_token });
  expect((await refused.from('notes').select()).error).toMatchObject({ message: 'JWT expired' });
  expect((await supabase.anon.auth.getUser(late.session.access_token)).error?.message).toContain('expired');
  expect((await late.client.from('notes').insert({ body: 'late' })).error).toBeNull();
  const { data } = await late.client.auth.getSession();
  expect(data.session?.expires_at).toBeGreaterThan(Date.now() / 1000);
  for (const _ of ['first', 'second after the pause between mails'])  {
    expect((await supabase.anon.auth.signInWithOtp({ email: 'late@example.com' })).error).toBeNull();
    await supabase.passTime('50 minutes');
  }
  const { code: token } = await supabase.mailTo('late@example.com');
  const verify = () => supabase.client().auth.verifyOtp({ email: 'late@example.com', token: token!, type: 'email' });
  await supabase.passTime('20 minutes');
  expect((await verify()).error?.code).toBe('otp_expired');
});
test('starts again where it was', async ({ supabase }) => {
  const { url } = supabase;
  await supabase.sql("insert into notes (id, body) values (3, 'gone')");
  await supabase.reset();
  expect(supabase.url).toBe(url);
  expect(await supabase.sql('select id from notes')).toEqual([{ id: 1 }]);
  expect((await supabase.admin.from('notes').select('id')).data).toEqual([{ id: 1 }]);
});
for (const name of ['first', 'second'])
  isolatedTest('a database of its own: ' + name, async ({ supabase }) => {
    expect((await supabase.admin.from('notes').insert({ id: 5 }).select('id')).data).toEqual([{ id: 5 }]);
    expect(await supabase.sql('select count(*)::int as notes from notes')).toEqual([{ notes: 2 }]);
  });
`;

/** One run for what has other set-ups. */
const OTHER_VITEST = {
  'other.config.ts': `import supabase from 'vite-plugin-supabase';
const plugins = [supabase()];
export default { test: { projects: [
  { plugins, test: { name: 'without', include: ['without/*.test.ts'] } },
  { plugins, test: { name: 'own', include: ['own/*.test.ts'], globalSetup: ['test/global-setup.ts'] } },
] } };
`,
  'without/load.test.ts': `import { expect, test } from 'vitest';
import { app } from '../src/client';
test('loads', () => expect(app.auth).toBeDefined());
`,
  'own/options.test.ts': `import { expect } from 'vitest';
import { test } from 'vite-plugin-supabase/vitest';
test('nobody signs up', async ({ supabase }) => {
  const { error } = await supabase.anon.auth.signUp({ email: 'a@example.com', password: 'secret-1' });
  expect(error?.code).toBe('signup_disabled');
});
`,
};

/** The config of the page with the browser and the port of this machine, and patience. */
const PLAYWRIGHT_CONFIG = `import config from './playwright.config';
const { PORT, CHROMIUM: executablePath } = process.env;
const url = 'http://localhost:' + PORT;
export default {
  ...config,
  workers: 2,
  retries: 0,
  reporter: 'line',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: { ...config.use, baseURL: url, launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] } },
  webServer: { ...config.webServer, url, timeout: 120_000 },
};
`;

const PLAYWRIGHT_SPECS = {
  // Both workers are inside their test at once: each waits for the other's mark.
  'e2e/both.spec.ts': `import { expect } from '@playwright/test';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'vite-plugin-supabase/playwright';
for (const [me, other] of [['first', 'second'], ['second', 'first']])
  test('sees its own rows only: ' + me, async ({ page, context, request, browser, supabase, baseURL }) => {
    const list = page.locator('li');
    const { client, user, session } = await supabase.signIn({ page });
    await page.goto('/');
    await expect(page.locator('output')).toHaveText('ready as ' + user.email);
    await expect(page).toHaveTitle('Notes, hot');
    writeFileSync(me + '.mark', '');
    await expect.poll(() => existsSync(other + '.mark'), { timeout: 60_000 }).toBe(true);
    expect((await client.from('notes').insert({ id: 100, body: 'of ' + me })).error).toBeNull();
    await expect(list).toHaveText(['of ' + me]);
    writeFileSync(me + '.written.mark', '');
    await expect.poll(() => existsSync(other + '.written.mark'), { timeout: 60_000 }).toBe(true);
    await supabase.sql('insert into notes (id, body, author) values (101, $1, $2)', ['later', user.id]);
    await expect(list).toHaveText(['of ' + me, 'later']);

    // Another window of the page, requests without a page, and another context with another user.
    const [popup] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void window.open('/'))]);
    await expect(popup.locator('li')).toHaveText(['of ' + me, 'later']);
    const headers = { apikey: supabase.publishableKey, authorization: 'Bearer ' + session.access_token };
    for (const each of [request, page.request])
      expect(await (await each.get('/rest/v1/notes?select=body&order=id', { headers })).json()).toEqual(
        ['of ' + me, 'later'].map((body) => ({ body })),
      );
    expect(await (await request.get('/on-the-server')).text()).toBe(new URL(baseURL!).origin);
    const guest = await browser.newContext();
    const ben = await supabase.signIn({ page: guest, email: 'ben@example.com' });
    const guestPage = await guest.newPage();
    await guestPage.goto('/');
    await expect(guestPage.locator('output')).toHaveText('ready as ben@example.com');
    await expect(guestPage.locator('li')).toHaveCount(0);
    expect(new URL(page.url()).port).not.toBe(process.env.PORT);
    await guest.close();
  });
`,
  'e2e/session.spec.ts': `import { expect } from '@playwright/test';
import { isolatedTest, test } from 'vite-plugin-supabase/playwright';
const state = (page) => page.locator('output');
test('an expired session is refreshed', async ({ page, supabase }) => {
  await supabase.signIn({ page, email: 'late@example.com', expiresIn: -3600 });
  const refreshed = page.waitForResponse((response) => response.url().includes('grant_type=refresh_token'));
  await page.goto('/');
  expect((await refreshed).status()).toBe(200);
  await expect(state(page)).toHaveText('ready as late@example.com');
});
test('the link of a mail leads back to the page', async ({ page, supabase }) => {
  await supabase.anon.auth.signInWithOtp({ email: 'link@example.com', options: { shouldCreateUser: true } });
  await page.goto('/');
  await page.evaluate(async () => {
    const { app } = await import('/src/client.ts' as string);
    await app.auth.signInWithOtp({ email: 'mail@example.com', options: { emailRedirectTo: location.origin } });
  });
  const { link } = await supabase.mailTo('mail@example.com');
  const origin = new URL(page.url()).origin;
  await page.goto(link!);
  await expect(state(page)).toHaveText('ready as mail@example.com');
  expect(new URL(page.url()).origin).toBe(origin);
});
for (const name of ['first', 'second'])
  isolatedTest('starts from the seed: ' + name, async ({ page, supabase }) => {
    const { user } = await supabase.signIn({ page });
    await page.goto('/');
    await expect(state(page)).toHaveText('ready as ' + user.email);
    expect(await supabase.sql('select id from notes')).toEqual([{ id: 1 }]);
    await supabase.sql('insert into notes (id) values (7)');
  });
`,
  'e2e/commonjs/package.json': '{ "type": "commonjs" }',
  'e2e/commonjs/cookies.spec.ts': `import { expect } from '@playwright/test';
import { test } from 'vite-plugin-supabase/playwright';
test.use({ supabaseSession: { storage: 'cookies' } });
test('a session in cookies counts for requests of the page', async ({ page, supabase }) => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => ['field' + index, 'x'.repeat(100)]));
  await supabase.signIn({ page, userMetadata: many });
  const { client, user } = await supabase.signIn({ page, email: 'cookie@example.com' });
  await client.from('notes').insert({ body: 'by cookie' });
  await page.goto('/');
  const rows = await page.evaluate(async (apikey) => {
    const response = await fetch('/rest/v1/notes?select=body', { headers: { apikey } });
    return response.json();
  }, supabase.publishableKey);
  expect(rows).toEqual([{ body: 'by cookie' }]);
});
`,
};

let project: TestProject;
let snippets: Record<string, string>;
beforeAll(async () => {
  snippets = await readSnippets('testing.md');
  project = await makeProject({ ...APP, ...snippets, ...OTHER_VITEST, ...PLAYWRIGHT_SPECS });
  for (const name of ['a', 'b']) await project.write(`src/${name}.test.ts`, VITEST_FILE);
  await installPackage(project.root, {}, ['ws']);
});
afterAll(() => project.remove());

/** Runs a command of a package as `npx` does. */
async function run(
  bin: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string }> {
  const script = join(await realpath(join(project.root, 'node_modules')), bin);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITE'));
  const child = spawn(process.execPath, [script, ...args], {
    cwd: project.root,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output: (await out) + (await errors) };
}

const PATIENCE_MS = 300_000;
const SLOW = ['--maxWorkers=2', '--testTimeout=60000', '--hookTimeout=60000'];

test(
  'Vitest: each test file, or each test, has its own database',
  async () => {
    const { code, output } = await run('vitest/vitest.mjs', ['run', ...SLOW]);
    expect([code, output]).toEqual([0, expect.stringMatching(/Tests {2}13 passed/)]);
  },
  PATIENCE_MS,
);

test(
  'Vitest: without the kit a module that creates a client can be loaded; the stack may have options',
  async () => {
    const { code, output } = await run('vitest/vitest.mjs', ['run', '--config', 'other.config.ts', ...SLOW]);
    expect([code, output]).toEqual([0, expect.stringMatching(/Tests {2}2 passed/)]);
  },
  PATIENCE_MS,
);

test.skipIf(skipsBrowserTests())(
  'Playwright: each worker has its own database behind the app',
  { timeout: PATIENCE_MS },
  async () => {
    const port = String(await freePort());
    await project.write('package.json', APP['package.json'].replace('5173', port));
    await project.write('other.playwright.config.ts', PLAYWRIGHT_CONFIG);
    const env = { PORT: port, CHROMIUM: findChromium() ?? '' };
    const { code, output } = await run(
      '@playwright/test/cli.js',
      ['test', '--config', 'other.playwright.config.ts'],
      env,
    );
    expect([code, output]).toEqual([0, expect.stringMatching(/\b8 passed/)]);
  },
);

test('GitHub Actions: the workflow runs what is run here', () => {
  const commands = [...(snippets['.github/workflows/test.yml'] ?? '').matchAll(/- run: (.*)/g)];
  expect(commands.map(([, command]) => command)).toEqual([
    'npm ci',
    'npx vitest run',
    'npx playwright install --with-deps chromium',
    'npx playwright test',
  ]);
});

/** A port below those that systems give to whoever asks for any. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
