import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { gzipSync } from 'node:zlib';
import { createClient } from '@supabase/supabase-js';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import { ask } from '../../helpers/gateway/support.ts';
import type { TestProject } from '../../helpers/project.ts';
import { buildPages } from '../../helpers/studio.ts';
import '../../helpers/to-be-visible.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';
import { testAuth } from './auth.ts';
import { testJobs } from './jobs.ts';
import { testRequests } from './requests.ts';
import { testRows } from './rows.ts';
import { testSql } from './sql.ts';
import { testStorage } from './storage.ts';
import { WORKBENCH_FILES } from './workbench-project.ts';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const MIGRATION = `
create table notes (id int primary key, body text);
insert into notes values (1, 'one');
alter table notes enable row level security;
create table open (id int primary key);
create sequence attempts;
create table diary (id int primary key, owner uuid, text text);
alter table diary enable row level security;
create policy "own diary" on diary for select to authenticated using ((select auth.uid()) = owner);
create policy "own photos" on storage.objects for select to authenticated
  using (bucket_id = 'photos' and (select auth.uid()) = owner);
create policy "read papers" on storage.objects for select to anon using (bucket_id = any (array['papers', 'drafts']));`;
const CONFIG = `
[api]
port = 1
auto_expose_new_tables = true
[db]
port = 0
[auth.mfa.totp]
enroll_enabled = true
verify_enabled = true`;

let project: TestProject;
let server: DevServer;

beforeAll(async () => {
  await buildPages();
  project = await makeViteProject({
    'supabase/migrations/1_notes.sql': MIGRATION,
    ...WORKBENCH_FILES,
    'supabase/config.toml': CONFIG,
  });
  server = await startDevServer(project.root, { args: ['--host'] });
  await server.waitForOutput(/Studio:/, 120_000);
}, 240_000);

afterAll(async () => {
  await server.kill('SIGTERM');
  await project.remove();
});

test('the banner has its address', () => {
  expect(server.output()).toContain(`Studio: ${server.url}/__supabase/`);
});

describe.skipIf(skipsBrowserTests())('in Chromium', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  });

  afterAll(async () => {
    await browser.close();
  });

  /** axe's findings, in both colour schemes and at both widths. */
  async function findings(): Promise<string[]> {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(AXE);
        const results = await page.evaluate<AxeResults>('axe.run()');
        const ids = results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
        const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        found.push(
          ...ids.map((id) => `${colorScheme} ${width} ${id}`),
          ...(overflow ? [`${width} scrolls sideways`] : []),
        );
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    return found;
  }

  async function makeScreenshot(name: string): Promise<void> {
    const folder = process.env.STUDIO_SCREENSHOTS;
    if (folder === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: `${folder}/${name}-phone.png` });
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  test('Home shows what runs, keys to copy, what went wrong, and the advisors', async () => {
    await client().from('notes').select();
    await server.waitForOutput(/no policy allows select to anon/);
    await page.goto(`${server.url}/__supabase/`);
    await expect(page.getByRole('heading', { name: 'Embedded stack' })).toBeVisible();
    await expect(page.getByText(/no other Supabase/)).toBeVisible();
    await expect(
      page.getByText(/1 row of public\.notes matches, and anon may see none of them/),
    ).toBeVisible();
    await expect(page.getByText('create policy "select notes"', { exact: false })).toBeVisible();
    await expect(page.locator('summary', { hasText: /public\.open rls disabled/ })).toBeVisible();
    for (const name of ['Auth', 'REST', 'Realtime', 'Storage'])
      await expect(page.locator('.health li', { hasText: name }).getByText('answers')).toBeVisible();
    await page.getByRole('button', { name: 'Copy Publishable key' }).click();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(LOCAL_KEYS.publishableKey);
    const secret = page.locator('.value-row', { hasText: 'Secret key' });
    expect(await secret.textContent()).not.toContain('sb_secret');
    await secret.getByRole('button', { name: 'Show Secret key' }).click();
    await expect(secret.getByText('sb_secret_', { exact: false })).toBeVisible();
    await makeScreenshot('home');
    expect(await findings()).toEqual([]);
  });

  test('Requests lists what passes the gateway, with credential, SQL and the cause', async () => {
    await page.goto(`${server.url}/__supabase/requests`);
    await expect(page.getByText('Recording while this page is open.')).toBeVisible();
    await client().from('notes').select('id').eq('id', 1);
    await client().from('open').insert({ id: 7 });
    await page.getByRole('button', { name: /200 GET \/rest\/v1\/notes/ }).click();
    const panel = page.getByRole('region', { name: 'Request', exact: true });
    await expect(panel.getByText('anon key: translated from the publishable key')).toBeVisible();
    await expect(
      panel.getByText('FROM "public"."notes" WHERE "public"."notes"."id" = $1', { exact: false }),
    ).toBeVisible();
    await expect(panel.getByText('$1 = 1')).toBeVisible();
    await expect(
      panel.getByText(/row level security is on and no policy allows select to anon/),
    ).toBeVisible();
    await makeScreenshot('requests');
    expect(await findings()).toEqual([]);
    await panel.getByRole('button', { name: 'Copy as curl' }).click();
    const curl = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(curl).toContain(`curl '${server.url}/rest/v1/notes?select=id&id=eq.1'`);
    expect(curl).toContain(`-H 'apikey: ${LOCAL_KEYS.publishableKey}'`);
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox', { name: 'Filter requests' }).fill('POST');
    await expect(page.getByRole('button', { name: /201 POST \/rest\/v1\/open/ })).toBeVisible();
    expect(await page.getByRole('button', { name: /GET/ }).count()).toBe(0);
  });

  test('Tables shows rows as any user sees them, and why some are hidden', async () => {
    const { data } = await client().auth.signUp({ email: 'anna@example.com', password: 'password' });
    const secret = /sb_secret_[\w-]+/.exec(JSON.stringify(await home()))?.[0] ?? '';
    const admin = createClient(server.url, secret, { realtime: { transport: WebSocket as never } });
    const rows = [
      { id: 1, owner: data.user?.id, text: 'of Anna' },
      { id: 2, owner: null, text: 'of nobody' },
    ];
    expect((await admin.from('diary').insert(rows)).error).toBeNull();
    await page.goto(`${server.url}/__supabase/tables`);
    await page.getByRole('link', { name: 'diary' }).click();
    expect(page.url()).toBe(`${server.url}/__supabase/tables/public/diary`);
    const grid = page.getByRole('region', { name: 'Rows of diary' });
    await expect(grid.getByText('of nobody')).toBeVisible();
    await page.getByLabel('Rows as').selectOption({ label: 'anna@example.com' });
    await expect(page.getByText('1 of 2 rows are visible.')).toBeVisible();
    await expect(grid.getByText('of Anna')).toBeVisible();
    expect(await grid.getByText('of nobody').count()).toBe(0);
    await expect(
      page.getByText(
        /authenticated \(anna@example\.com\) may not see the row id=2 of public\.diary: policy "own diary" is not true/,
      ),
    ).toBeVisible();
    await makeScreenshot('tables');
    expect(await findings()).toEqual([]);
    await page.getByLabel('Rows as').selectOption({ label: 'anon: a visitor' });
    await expect(page.getByText(/came without a user's token/)).toBeVisible();
  });

  test('Realtime shows sockets, channels and subscriptions, and what is not published', async () => {
    await page.goto(`${server.url}/__supabase/realtime`);
    await expect(page.getByText('No connection')).toBeVisible();
    const supabase = client();
    const filter = { event: 'INSERT', schema: 'public', table: 'notes', filter: 'id=eq.1' } as const;
    const channel = supabase.channel('room').on('postgres_changes', filter, () => {});
    await new Promise<void>((resolve) => {
      channel.subscribe(() => resolve());
    });
    await expect(page.getByRole('heading', { name: 'Socket 1' })).toBeVisible();
    await expect(page.getByText('INSERT public.notes where id=eq.1')).toBeVisible();
    await expect(page.getByText('not in the publication')).toBeVisible();
    await makeScreenshot('realtime');
    expect(await findings()).toEqual([]);
    await supabase.removeAllChannels();
  });

  const pageUnderTest = () => ({ page, server, client, findings, makeScreenshot });
  testSql(pageUnderTest);
  testAuth(pageUnderTest);
  testStorage(pageUnderTest);
  testRequests(pageUnderTest);
  testRows(pageUnderTest);
  testJobs(pageUnderTest);

  test('no page reports an error, and the first load is below 150 KiB', async () => {
    expect(errors).toEqual([]);
    const sizes = await page.evaluate(async () => {
      const html = await (await fetch('/__supabase/')).text();
      const files = [...html.matchAll(/(?:src|href)="(\/__supabase\/assets\/[^"]+)"/g)].map(
        ([, path = '']) => path,
      );
      return Promise.all(files.map(async (path) => (await fetch(path)).text()));
    });
    const bytes = sizes.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(sizes.length).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(150 * 1024);
  });
});

test('stopping with an open list of requests ends at once, and prints nothing wrong', async () => {
  const other = await makeViteProject({ 'supabase/migrations/1_notes.sql': MIGRATION });
  const stopped = await startDevServer(other.root);
  await stopped.waitForOutput(/Studio:/);
  const stream = await fetch(`${stopped.url}/__supabase/api/requests`);
  const reader = stream.body?.getReader();
  await reader?.read();
  const before = stopped.output().length;
  await stopped.kill('SIGINT');
  expect(stopped.output().slice(before)).not.toMatch(/error|supabase|undefined/i);
  await reader?.cancel().catch(() => {});
  await other.remove();
});

describe('nobody else can read any of it', () => {
  const PATHS = [
    '/__supabase/',
    '/__supabase/requests',
    '/__supabase/api/home',
    '/__supabase/api/requests',
    '/__supabase/api/why?id=1',
    '/__supabase/api/realtime',
    '/__supabase/api/catalogue',
    '/__supabase/api/sessions?user=x',
    '/__supabase/api/storage-policies?bucket=x',
    '/__supabase/api/rows?schema=auth&name=users',
    '/__supabase/api/frames',
    '/__supabase/api/logs',
    '/__supabase/api/export?schema=auth&name=users&as=postgres',
    '/__supabase/api/webhooks',
    '/__supabase/assets/x.js',
  ];
  const address = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  test.each(PATHS)('%s', async (path) => {
    const { port } = new URL(server.url);
    const hostile: [who: string, headers: Record<string, string>][] = [
      ['a foreign site', { origin: 'https://evil.example' }],
      ['a foreign site without Origin', { 'sec-fetch-site': 'cross-site' }],
      ['a page of another port', { origin: 'http://localhost:9999' }],
      ['the same site, another origin', { 'sec-fetch-site': 'same-site' }],
      ['a sandboxed frame', { origin: 'null' }],
      ['a name that leads here', { host: `evil.example:${port}` }],
      ['a tunnel', { 'x-forwarded-for': '203.0.113.7' }],
      ['a proxy', { via: '1.1 proxy' }],
    ];
    for (const [who, headers] of hostile) {
      const { status, body } = await ask(server.url, path, { headers });
      expect([who, status]).toEqual([who, 403]);
      expect(body).not.toMatch(/sb_secret|postgres:/);
    }
    const neighbour = await ask(`http://${address}:${port}`, path, {
      headers: { apikey: LOCAL_KEYS.secretKey },
    });
    expect(neighbour.status).toBe(403);
    const frame = await ask(server.url, '/__supabase/');
    expect([frame.status, frame.headers['content-security-policy']]).toEqual([
      200,
      expect.stringContaining("frame-ancestors 'none'"),
    ]);
  });

  test('only a page of the own origin changes something, and only with JSON', async () => {
    const { port } = new URL(server.url);
    // A sequence counts each time that it runs, also in transactions that fail.
    const body = JSON.stringify({ sql: `select nextval('attempts')` });
    const send = (headers: Record<string, string>, method = 'POST') =>
      ask(server.url, '/__supabase/api/sql', { method, headers, ...(method === 'POST' && { body }) });
    const json = { 'content-type': 'application/json' };
    const own = { ...json, origin: server.url };
    const honest = await send({ ...own, 'sec-fetch-site': 'same-origin' });
    expect([honest.status, honest.body]).toEqual([200, expect.stringContaining('[["1"]]')]);
    const refused: [who: string, status: number, headers: Record<string, string>][] = [
      ['a program that names no origin', 403, json],
      ['the address bar', 403, { ...json, 'sec-fetch-site': 'none' }],
      ['a foreign site', 403, { ...json, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
      ['a foreign site that the browser does not name', 403, { ...json, 'sec-fetch-site': 'cross-site' }],
      ['another port', 403, { ...json, origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site' }],
      ['a sandboxed frame', 403, { ...json, origin: 'null', 'sec-fetch-site': 'cross-site' }],
      ['a sandboxed frame in an old browser', 403, { ...json, origin: 'null' }],
      ['the own origin under a foreign name', 403, { ...own, host: `evil.example:${port}` }],
      ['a tunnel', 403, { ...own, 'x-forwarded-for': '203.0.113.7' }],
      ['a form', 415, { ...own, 'content-type': 'application/x-www-form-urlencoded' }],
      ['a form with files', 415, { ...own, 'content-type': 'multipart/form-data; boundary=x' }],
      ['a form of plain text', 415, { ...own, 'content-type': 'text/plain; a=application/json' }],
      ['a type that begins like JSON', 415, { ...own, 'content-type': 'application/jsonp' }],
      ['no type', 415, { origin: server.url }],
    ];
    for (const [who, status, headers] of refused)
      expect([who, (await send(headers)).status]).toEqual([who, status]);
    const preflight = await send(
      { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      'OPTIONS',
    );
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect([method, (await send(own, method)).status]).toEqual([method, 405]);
    const last = await send({ ...own, 'content-type': 'application/json; charset=utf-8' });
    expect([last.status, last.body]).toEqual([200, expect.stringContaining('[["2"]]')]);
    expect(
      (await ask(server.url, '/__supabase/api/__proto__', { method: 'POST', headers: own })).status,
    ).toBe(404);
  });

  test('no other file is served', async () => {
    expect((await ask(server.url, '/__supabase/assets/..%2f..%2fstudio.ts')).status).toBe(400);
    expect((await ask(server.url, '/__supabase/assets/nothing.js')).status).toBe(404);
  });
});

async function home(): Promise<unknown> {
  return JSON.parse((await ask(server.url, '/__supabase/api/home')).body);
}

function client() {
  return createClient(server.url, LOCAL_KEYS.publishableKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });
}
