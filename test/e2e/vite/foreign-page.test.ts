import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_KEYS, signApiKey } from '../../../plugin/stack/keys.ts';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import { listen } from '../../helpers/gateway/support.ts';
import type { TestProject } from '../../helpers/project.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

// A website that the developer visits while the dev server runs. It knows the port and all keys of a local Supabase.

const SERVICE = signApiKey('service_role', LOCAL_KEYS.jwtSecret);
const CREDENTIAL = encodeURIComponent(`${LOCAL_KEYS.s3AccessKey}/20261129/local/s3/aws4_request`);

describe.skipIf(skipsBrowserTests())('a page of a foreign site in Chromium', () => {
  let project: TestProject;
  let server: DevServer;
  let browser: Browser;

  beforeAll(async () => {
    project = await makeViteProject({
      'supabase/migrations/1_items.sql':
        'create table items (id int primary key); grant select on items to anon, service_role; insert into items values (1);',
    });
    server = await startDevServer(project.root);
    browser = await launchChromium(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
  });

  afterAll(async () => {
    await browser.close();
    await server.kill('SIGTERM');
    await project.remove();
  });

  async function openEvil(body = ''): Promise<Page> {
    const site = createServer((_, res) => {
      res.setHeader('content-type', 'text/html');
      res.end(`<!doctype html><title>Evil</title>${body}`);
    });
    const { port } = await listen(site);
    const page = await browser.newPage();
    await page.goto(`http://evil.example:${port}/`);
    return page;
  }

  /** Sends a form, and returns the status of the answer. */
  async function sendForm(path: string, attributes: string, fields = ''): Promise<number> {
    const page = await openEvil(
      `<form method="post" action="${server.url}${path}" ${attributes}>${fields}<button>x</button></form>`,
    );
    const [response] = await Promise.all([
      page.waitForResponse((answer) => answer.url().includes(path)),
      page.click('button'),
    ]);
    await page.close();
    return response.status();
  }

  test('reads nothing, with whatever key', async () => {
    const page = await openEvil();
    for (const key of [LOCAL_KEYS.publishableKey, LOCAL_KEYS.secretKey, SERVICE]) {
      const read = page.evaluate(
        async ([url, apikey]) =>
          (await fetch(`${url}/rest/v1/items`, { headers: { apikey: apikey ?? '' } })).text(),
        [server.url, key],
      );
      await expect(read).rejects.toThrow('Failed to fetch');
    }
    await page.close();
  });

  test('opens no WebSocket', async () => {
    const page = await openEvil();
    const outcome = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.addEventListener('open', () => resolve('open'));
          socket.addEventListener('error', () => resolve('error'));
        }),
      `${server.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${LOCAL_KEYS.publishableKey}`,
    );
    expect(outcome).toBe('error');
    await page.close();
  });

  test('sends no S3 form, and no signed request without a preflight', async () => {
    const field = `<input name="x-amz-credential" value="${CREDENTIAL}">`;
    expect(await sendForm('/storage/v1/s3/avatars', 'enctype="multipart/form-data"', field)).toBe(401);
    const query = `?delete&X-Amz-Signature=a&X-Amz-Credential=${CREDENTIAL}`;
    expect(await sendForm(`/storage/v1/s3/avatars${query}`, 'enctype="text/plain"')).toBe(401);
  });

  test('navigates to no presigned object', async () => {
    const page = await openEvil();
    const url = `${server.url}/storage/v1/s3/b/p.html?X-Amz-Signature=a&X-Amz-Credential=${CREDENTIAL}`;
    const [response] = await Promise.all([
      page.waitForResponse((answer) => answer.url() === url),
      page.evaluate(`void (location.href = ${JSON.stringify(url)})`),
    ]);
    expect([response.status(), await response.text()]).toEqual([
      401,
      expect.stringContaining('SIGNATURE_REFUSED'),
    ]);
    await page.close();
  });

  test('answers no consent page, and frames neither it nor the inbox', async () => {
    expect(await sendForm('/auth/v1/dev/consent', '')).toBe(403);
    for (const path of ['/auth/v1/dev/consent?x=1', '/__supabase/mail/']) {
      const page = await openEvil();
      const [response] = await Promise.all([
        page.waitForResponse((answer) => answer.url().endsWith(path)),
        page.evaluate(`document.body.innerHTML = '<iframe src="${server.url}${path}"></iframe>'`),
      ]);
      expect(response.status()).toBe(403);
      await page.close();
    }
  });

  test('the app’s own page beside it works', async () => {
    const page = await browser.newPage();
    await page.goto(server.url);
    const [items, inbox] = await page.evaluate(async (apikey) => {
      const answer = await fetch('/rest/v1/items', { headers: { apikey } });
      return [await answer.text(), (await fetch('/__supabase/mail/')).status];
    }, LOCAL_KEYS.publishableKey);
    expect([items, inbox]).toEqual(['[{"id":1}]', 200]);
    await page.close();
  });
});
