import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makePicture } from '../../helpers/pictures.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { presign } from '../../stack/storage/helpers/s3-signature.ts';
import { makePdf, makeSound, recordVideo } from './media.ts';

// The app is a page of the origin that also serves Storage, as on the dev server.
const APP = '/app.html';
const SECRET = 'session of the app';

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let page: Page;

describe.skipIf(skipsBrowserTests())('in Chromium', () => {
  beforeAll(async () => {
    stack = await startTestStack({
      'supabase/config.toml': `[storage.buckets.shared]\npublic = true\n[storage.buckets.closed]\n`,
    });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    onTestEnd(() => context.close());
    page = await context.newPage();
    await context.route(`${stack.url}${APP}`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>app</title><main></main>' }),
    );
    await page.goto(`${stack.url}${APP}`);
    await page.evaluate(`localStorage.setItem('token', ${JSON.stringify(SECRET)})`);
  });

  const SCRIPT = `document.title = 'ran'; localStorage.setItem('ran', localStorage.getItem('token'));`;
  const HTML = `<!doctype html><script>${SCRIPT}</script><img src=x onerror="${SCRIPT}">`;
  const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="${SCRIPT}"><script>${SCRIPT}</script></svg>`;
  const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><script>${SCRIPT}</script></html>`;
  const MIXED = ['', '--b', 'Content-Type: text/html', '', HTML, '--b--', ''].join('\r\n');
  const HOSTILE: [type: string, body: string][] = [
    ...[
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'text/html;charset="utf-8"',
      'image/png, text/html',
      'text/html/x',
      'unknown/unknown',
      'application/unknown',
      '*/*',
      'text',
      '',
      'text/',
      'application/x-unknown-content-type',
      'text/plain, text/html',
      'application/pdf, text/html',
      'application/pdf;x=y',
      'multipart/related',
      'message/rfc822',
      'text/javascript',
    ].map((type): [string, string] => [type, HTML]),
    ['image/svg+xml', SVG],
    ['IMAGE/SVG+XML;charset=utf-8', SVG],
    ['image/svg+xml , text/html', SVG],
    ...[
      'application/xhtml+xml',
      'text/xml',
      'application/xml',
      'text/xsl',
      'application/rss+xml',
      'a/b+xml',
    ].map((type): [string, string] => [type, XHTML]),
    ['multipart/x-mixed-replace; boundary=b', MIXED],
  ];

  test('the hostile page does run where it is served as a page of the app', async () => {
    await context.route(`${stack.url}/control`, (route) =>
      route.fulfill({ contentType: 'text/html', body: HTML }),
    );
    await page.goto(`${stack.url}/control`);
    expect(await hasRun()).toBe(true);
  });

  test.each(HOSTILE)('no script runs in an object of type %j', async (type, body) => {
    const name = encodeURIComponent(`hostile ${type}`.replaceAll(/[^\w.-]/g, '_'));
    await upload(name, type, body);
    const object = `${stack.url}/storage/v1/object/public/shared/${name}`;
    for (const url of [
      object,
      `${object}?download`,
      presign('GET', `${stack.url}/storage/v1/s3/shared/${name}`),
    ]) {
      await visit(url);
      expect([url, await hasRun()]).toEqual([url, false]);
    }
  });

  test.each(['text/html', 'image/svg+xml', 'text/xml', 'TEXT/HTML;a=b', '*/*', 'text/html, text/html', 'x'])(
    'a presigned URL does not make a page of an object with response-content-type=%s',
    async (type) => {
      await upload('plain', 'text/plain', type.includes('xml') ? SVG : HTML);
      const overrides = new URLSearchParams({
        'response-content-type': type,
        'response-content-disposition': 'inline',
      });
      await visit(presign('GET', `${stack.url}/storage/v1/s3/shared/plain?${overrides.toString()}`));
      expect(await hasRun()).toBe(false);
    },
  );

  test('a style sheet of another object does not make a page of an XML document', async () => {
    const sheet = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
      <xsl:template match="/">${XHTML}</xsl:template></xsl:stylesheet>`;
    await upload('sheet.xsl', 'text/xsl', sheet);
    await upload('page.xml', 'text/xml', '<?xml-stylesheet type="text/xsl" href="sheet.xsl"?><x/>');
    await visit(`${stack.url}/storage/v1/object/public/shared/page.xml`);
    expect(await hasRun()).toBe(false);
  });

  test('frames, forms and redirects of an object are inert too', async () => {
    await upload(
      'frames.svg',
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg"><foreignObject width="100" height="100">
        <iframe xmlns="http://www.w3.org/1999/xhtml" src="${APP}"></iframe>
        <meta xmlns="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=javascript:${SCRIPT}"/>
      </foreignObject></svg>`,
    );
    await visit(`${stack.url}/storage/v1/object/public/shared/frames.svg`);
    expect(page.frames().map((frame) => frame.url())).not.toContain(`${stack.url}${APP}`);
    expect(await hasRun()).toBe(false);
  });

  test('errors that repeat the request are inert', async () => {
    for (const path of [
      'object/public/shared/<script>',
      's3/<script>',
      'object/<img src=x onerror=alert(1)>',
      'x<script>',
    ])
      for (const url of [`${stack.url}/storage/v1/${path}`]) {
        const headers = Object.fromEntries((await fetch(url)).headers);
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'content-security-policy': expect.stringContaining('sandbox'),
        });
      }
  });

  test('pictures are shown: as <img> of any stored type, in a style, and by navigation', async () => {
    const { buffer } = await makePicture('a.png', '#ff0000', { format: 'png', width: 40, height: 30 });
    await upload('a.png', 'image/png', buffer);
    await upload(
      'a.svg',
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><style>rect { fill: red }</style><rect width="40" height="30"/></svg>',
    );
    await upload('text', 'text/plain;charset=UTF-8', buffer);
    await upload('binary', 'application/octet-stream', buffer);
    for (const name of ['a.png', 'a.svg', 'text', 'binary'])
      expect([name, await imageWidth(objectUrl(name))]).toEqual([name, 40]);
    for (const name of ['a.png', 'a.svg']) {
      await page.goto(objectUrl(name));
      const pixel = await page.screenshot({
        clip: { x: name === 'a.png' ? 638 : 20, y: name === 'a.png' ? 358 : 15, width: 1, height: 1 },
      });
      expect([name, await isRed(pixel)]).toEqual([name, true]);
    }
  });

  test('video and sound are played: in a page, and by navigation', async () => {
    for (const type of ['webm', 'mp4'])
      await upload(`a.${type}`, `video/${type}`, await recordVideo(page, `video/${type}`));
    await upload('a.wav', 'audio/wav', makeSound());
    for (const [tag, name] of [
      ['video', 'a.webm'],
      ['video', 'a.mp4'],
      ['audio', 'a.wav'],
    ] as const) {
      await page.goto(`${stack.url}${APP}`);
      expect(await mediaState(tag, objectUrl(name))).toBe('can play');
      await page.goto(objectUrl(name));
      const player = page.locator('video');
      await expect
        .poll(() => player.evaluate((element) => (element as unknown as { readyState: number }).readyState))
        .toBeGreaterThan(1);
    }
  });

  test('a PDF is shown by the viewer of the browser', async () => {
    await upload('a.pdf', 'application/pdf', makePdf());
    const response = await page.goto(objectUrl('a.pdf'));
    expect(response?.headers()['content-type']).toBe('application/pdf');
    await expect
      .poll(() => page.frames().some((frame) => frame.url().startsWith('chrome-extension://')))
      .toBe(true);
  });

  test('files are saved: by ?download, by the download attribute, and those that browsers cannot show', async () => {
    await upload('b.zip', 'application/zip', 'zip');
    await upload('b.txt', 'text/plain', 'text');
    await upload('b.svg', 'image/svg+xml', SVG);
    for (const [link, name] of [
      [`<a href="${objectUrl('b.txt')}?download=saved.txt">`, 'saved.txt'],
      [`<a href="${objectUrl('b.svg')}?download">`, 'b.svg'],
      [`<a href="${objectUrl('b.txt')}" download="attribute.txt">`, 'attribute.txt'],
      [`<a href="${objectUrl('b.zip')}">`, 'b.zip'],
    ] as const) {
      await page.goto(`${stack.url}${APP}`);
      await page.setContent(`${link}save</a>`);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
      expect(download.suggestedFilename()).toBe(name);
      expect(await readFile(await download.path(), 'utf8')).toBe(
        name === 'b.svg' ? SVG : name === 'b.zip' ? 'zip' : 'text',
      );
    }
  });

  test('the app reads objects with fetch, and uses them as fonts, styles and blobs', async () => {
    await upload('data.json', 'application/json', '{"a":1}');
    await upload('style.css', 'text/css', 'main { color: rgb(1, 2, 3) }');
    const found = await page.evaluate(`(async () => {
      const data = await (await fetch('${objectUrl('data.json')}')).json();
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '${objectUrl('style.css')}' });
      const loaded = new Promise((resolve) => link.addEventListener('load', resolve));
      document.head.append(link);
      await loaded;
      return [data, getComputedStyle(document.querySelector('main')).color];
    })()`);
    expect(found).toEqual([{ a: 1 }, 'rgb(1, 2, 3)']);
  });
});

function objectUrl(name: string): string {
  return `${stack.url}/storage/v1/object/public/shared/${name}`;
}

async function upload(name: string, type: string, body: string | Buffer): Promise<void> {
  // S3 keeps any type, also an empty or a malformed one.
  const response = await fetch(presign('PUT', `${stack.url}/storage/v1/s3/shared/${name}`), {
    method: 'PUT',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  expect(response.status).toBe(200);
}

/** Navigates like a click on a link; a response that the browser saves leaves the page as it was. */
async function visit(url: string): Promise<void> {
  await page.goto(url).catch((error: Error) => {
    if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error;
  });
}

/** Whether a script has run on the origin of the app. */
async function hasRun(): Promise<boolean> {
  const title = await page.title();
  await page.goto(`${stack.url}${APP}`);
  return title === 'ran' || (await page.evaluate(`localStorage.getItem('ran')`)) !== null;
}

/** Pixels; -1 for a picture that cannot be shown. */
function imageWidth(url: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const image = new Image();
    image.addEventListener('load', () => resolve(image.naturalWidth));
    image.addEventListener('error', () => resolve(-1));
    image.src = '${url}';
  })`);
}

/** "can play", or the error of the player. */
function mediaState(tag: 'video' | 'audio', url: string): Promise<string> {
  return page.evaluate<string>(`new Promise((resolve) => {
    const media = document.createElement('${tag}');
    media.addEventListener('canplay', () => resolve('can play'));
    media.addEventListener('error', () => resolve(media.error.message || 'error'));
    media.src = '${url}';
  })`);
}

/** Whether a screenshot of one pixel is red. */
async function isRed(png: Buffer): Promise<boolean> {
  const { default: sharp } = await import('sharp');
  const [red = 0, green = 0, blue = 0] = await sharp(png).raw().toBuffer();
  return red > 200 && green < 50 && blue < 50;
}
