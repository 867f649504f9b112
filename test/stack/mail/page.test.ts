import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InboxApi } from '../../../plugin/stack/mail/api.ts';
import { Inbox } from '../../../plugin/stack/mail/inbox.ts';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';

const isSkipped = skipsBrowserTests();
const inbox = new Inbox({ name: 'Admin', address: 'admin@email.com' });
let server: Server;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  if (isSkipped) return;
  const api = new InboxApi(inbox);
  server = createServer((req, res) => api.handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
});
afterAll(async () => {
  if (isSkipped) return;
  await browser.close();
  server.closeAllConnections();
  server.close();
});

test.skipIf(isSkipped)('shows mails as they arrive, without a message in the console', async () => {
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  await page.goto(`${origin}/`);
  await page.getByText('No mail yet').waitFor();
  inbox.add({ to: 'ann@example.com', subject: 'First', html: '<p>one</p>' });
  await page.getByRole('button', { name: 'First' }).click();
  await page.frameLocator('iframe').getByText('one').waitFor();
  inbox.add({ to: 'ann@example.com', subject: 'Second', html: '<p>two</p>' });
  await page.getByRole('button', { name: 'Second' }).waitFor();
  expect(messages).toEqual([]);
  await page.close();
});

test.skipIf(isSkipped)('a mail runs no script, in the page and on its own', async () => {
  const html = `<p>hostile</p><script>document.title = 'ran'; top.document.title = 'ran'</script>
    <img src="x" onerror="document.title = 'ran'"><svg onload="document.title = 'ran'"></svg>
    <meta http-equiv="refresh" content="0; url=/?away"><form action="/?away"><button id="b">x</button></form>`;
  const { id } = inbox.add({ to: 'eve@example.com', subject: 'Hostile', html });
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Hostile' }).click();
  const frame = page.frameLocator('iframe');
  await frame.getByText('hostile').waitFor();
  await frame.locator('#b').click();
  expect(await page.title()).toBe('Mail inbox');
  await page.goto(`${origin}/view/${id}.html`);
  await page.getByText('hostile').waitFor();
  await page.locator('#b').click();
  expect([await page.title(), new URL(page.url()).pathname]).toEqual(['', `/view/${id}.html`]);
  await page.close();
});
