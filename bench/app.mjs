// OurChat with 10,000 messages in a channel, as built for production and served by `vite preview`: how soon its pages are
// there (the figures that Lighthouse reports, measured by Chromium itself), opening the channel, scrolling through its
// history, the heap afterwards, the size of the first load, and layout shifts (including those right after a click, which
// the metric CLS ignores).
// Usage: npm run build && npm run build:app && node bench/app.mjs   (Chromium: CHROME_PATH or /usr/bin/chromium)
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { chromium } from 'playwright-core';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const CHANNEL = 'c0000000-0000-4000-8000-000000000001';
const FAMILY = 'f0000000-0000-4000-8000-000000000001';
const MESSAGES = 10_000;
const OPENINGS = 9;
const LOADS = 5;
const SCROLL_MS = 10_000;
const ARRIVING = 20;

console.log(`${cpus().length} cores, Node ${process.version}, ${MESSAGES} messages in the channel`);
await printSizes();
const root = await makeProject();
const preview = await startPreview();
try {
  await addMessages(preview.dbUrl);
  await measureInBrowser(preview);
} finally {
  await preview.stop();
  await rm(root, { recursive: true, force: true });
}

async function printSizes() {
  const html = await readFile(join(REPOSITORY, 'dist-app/index.html'), 'utf8');
  const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]);
  const all = await readdir(join(REPOSITORY, 'dist-app/assets'));
  const size = async (paths) => {
    const files = await Promise.all(paths.map((path) => readFile(join(REPOSITORY, 'dist-app', path))));
    return files.reduce((sum, file) => sum + gzipSync(file).length, 0) / 1024;
  };
  console.log(`first load, gzip: ${(await size(first)).toFixed(0)} KiB in ${first.length} files`);
  console.log(`everything, gzip: ${(await size(all.map((name) => `assets/${name}`))).toFixed(0)} KiB`);
}

async function makeProject() {
  const dir = await mkdtemp(join(tmpdir(), 'bench-app-'));
  await chmod(dir, 0o755);
  await symlink(join(REPOSITORY, 'node_modules'), join(dir, 'node_modules'), 'junction');
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  const options = {
    root: REPOSITORY,
    backend: 'embedded',
    embedded: { dataDir: join(dir, 'data'), dbPort: 0 },
  };
  await writeFile(
    join(dir, 'vite.config.mjs'),
    `import supabase from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
export default {
  root: ${JSON.stringify(join(REPOSITORY, 'app'))},
  build: { outDir: '../dist-app' },
  plugins: [supabase(${JSON.stringify(options)})],
};
`,
  );
  return dir;
}

async function startPreview() {
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, 'node_modules/vite/bin/vite.js'), 'preview', '--port', '0'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  const ready = new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`vite preview has ended:\n${output}`)));
    child.stdout.on('data', (chunk) => {
      output += stripVTControlCharacters(String(chunk));
      const url = /Local:\s+(http:\/\/\S+?)\/?\s/.exec(output)?.[1];
      const dbUrl = /(postgresql:\/\/\S+)/.exec(output)?.[1];
      if (url && dbUrl && output.includes('Migrations')) resolve({ url, dbUrl });
    });
  });
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  try {
    return { ...(await ready), stop };
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
}

async function addMessages(dbUrl) {
  const client = new pg.Client(dbUrl);
  await client.connect();
  await client.query(
    `insert into public.messages (id, channel_id, author_id, body, created_at)
     select gen_random_uuid(), $1, ('a0000000-0000-4000-8000-00000000000' || 1 + n % 4)::uuid,
       'Message number ' || n || repeat(' and some more words', n % 12), now() - (${MESSAGES} - n) * interval '1 minute'
     from generate_series(1, ${MESSAGES}) n`,
    [CHANNEL],
  );
  await client.query('analyze public.messages');
  await client.end();
}

async function measureInBrowser({ url, dbUrl }) {
  const browser = await chromium.launch({
    executablePath: process.env['CHROME_PATH'] || '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'],
  });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.addInitScript(observePage);
    await page.goto(url);
    await page.getByLabel('Email').fill('anna@example.com');
    await page.getByLabel('Password').fill('family-demo');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('[data-state="live"]').waitFor();
    await measureLoads(browser, url, await page.context().storageState());
    console.log(`opening the channel: ${await timeOpenings(page)}`);
    const shifts = { 'opening a channel': await takeShift(page) };
    await page.goto(`${url}/family/${FAMILY}/channel/${CHANNEL}`);
    await page.getByText(`Message number ${MESSAGES}`).waitFor();
    await page.locator('[data-state="live"]').waitFor();
    shifts['first load'] = await takeShift(page);
    await receiveMessages(page, dbUrl);
    shifts[`${ARRIVING} messages arriving`] = await takeShift(page);
    await scrollThroughHistory(page);
    shifts['scrolling back'] = await takeShift(page);
    const list = Object.entries(shifts).map(([what, shift]) => `${what} ${shift.toFixed(4)}`);
    console.log(`layout shift: ${list.join(', ')}`);
  } finally {
    await browser.close();
  }
}

/** Runs in the page, before everything else. */
function observePage() {
  globalThis.longTasks = [];
  globalThis.shift = 0;
  globalThis.vitals = { largest: 0, shift: 0, tasks: [] };
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe('layout-shift', ({ value, hadRecentInput }) => {
    globalThis.shift += value;
    if (!hadRecentInput) globalThis.vitals.shift += value;
  });
  observe('largest-contentful-paint', ({ startTime }) => (globalThis.vitals.largest = startTime));
  observe('longtask', ({ startTime, duration }) => {
    globalThis.longTasks.push(Math.round(duration));
    globalThis.vitals.tasks.push({ startTime, duration });
  });
}

/** Prints a table: each page loaded in a new window, without and with what the browser keeps from an earlier visit. */
async function measureLoads(browser, url, storageState) {
  const channel = `${url}/family/${FAMILY}/channel/${CHANNEL}`;
  const pages = [
    { name: 'sign-in', address: url, ready: 'h1' },
    { name: 'channel', address: channel, ready: '[data-state="live"]', storageState },
    {
      name: 'channel, again',
      address: channel,
      ready: '[data-state="live"]',
      storageState,
      isRepeated: true,
    },
  ];
  console.log(`\npage load, median of ${LOADS}`);
  console.log('                  first paint  largest paint  blocking  layout shift');
  for (const { name, address, ready, storageState: stored, isRepeated } of pages) {
    const loads = [];
    for (let i = 0; i < LOADS; i += 1) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        storageState: stored,
      });
      const page = await context.newPage();
      await page.addInitScript(observePage);
      for (let visit = 0; visit < (isRepeated ? 2 : 1); visit += 1) {
        await page.goto(address);
        await page.locator(ready).first().waitFor({ state: 'attached' });
        await page.waitForLoadState('networkidle');
      }
      loads.push(await page.evaluate(readVitals));
      await context.close();
    }
    const median = (key) => loads.map((load) => load[key]).toSorted((a, b) => a - b)[Math.floor(LOADS / 2)];
    const ms = (key, width) => `${Math.round(median(key))} ms`.padStart(width);
    console.log(
      `${name.padEnd(16)}${ms('first', 13)}${ms('largest', 15)}${ms('blocking', 10)}` +
        median('shift').toFixed(4).padStart(14),
    );
  }
  console.log('');
}

/** Runs in the page. Blocking time: what tasks after the first paint take beyond 50 ms each, as Lighthouse counts. */
function readVitals() {
  const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN;
  const { largest, shift, tasks } = globalThis.vitals;
  const blocking = tasks
    .filter(({ startTime, duration }) => startTime + duration > first)
    .reduce((sum, { duration }) => sum + duration - 50, 0);
  return { first, largest, blocking, shift };
}

/** Sum of the layout shifts since the last call, two frames later. */
async function takeShift(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const take = () => {
          resolve(globalThis.shift);
          globalThis.shift = 0;
        };
        requestAnimationFrame(() => requestAnimationFrame(take));
      }),
  );
}

/** Inserts messages of another person one by one, while the end of the channel is on screen. */
async function receiveMessages(page, dbUrl) {
  const client = new pg.Client(dbUrl);
  await client.connect();
  for (let n = 1; n <= ARRIVING; n += 1) {
    await client.query(
      `insert into public.messages (id, channel_id, author_id, body)
       values (gen_random_uuid(), $1, 'a0000000-0000-4000-8000-000000000002', 'News ' || $2::text)`,
      [CHANNEL, n],
    );
    await page.getByText(`News ${n}`, { exact: true }).waitFor();
  }
  await client.end();
}

/** From the click on the link to the first frame that shows the newest message, in the browser's own time. */
async function timeOpenings(page) {
  const times = [];
  for (let i = 0; i < OPENINGS; i += 1) {
    // Reload, so that the conversation comes from the database each time.
    await page.goto(page.url().replace(/\/channel\/.*/, '/channel/c0000000-0000-4000-8000-000000000002'));
    await page.locator('[data-state="live"]').waitFor();
    await page.getByText('nutmeg').first().waitFor();
    times.push(
      await page.evaluate(
        (newest) =>
          new Promise((resolve) => {
            const link = [...document.querySelectorAll('nav a')].find((a) =>
              a.textContent.startsWith('general'),
            );
            const start = performance.now();
            const check = () => {
              const log = document.querySelector('[role="log"]');
              const isShown =
                log?.textContent.includes(newest) && getComputedStyle(log).visibility === 'visible';
              if (isShown) resolve(performance.now() - start);
              else requestAnimationFrame(check);
            };
            link.click();
            check();
          }),
        `Message number ${MESSAGES}`,
      ),
    );
  }
  const sorted = times.toSorted((a, b) => a - b).map((time) => Math.round(time));
  return `${sorted[Math.floor(sorted.length / 2)]} ms (${sorted[0]} to ${sorted.at(-1)}), ${OPENINGS} times`;
}

/** Scrolls back as fast as frames are drawn, for ten seconds or to the beginning. */
async function scrollThroughHistory(page) {
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, -50);
  await page.evaluate(() => globalThis.longTasks.splice(0));
  const start = Date.now();
  const { frames, slow, positions } = await page.evaluate(
    (limit) =>
      new Promise((resolve) => {
        const end = performance.now() + limit;
        const scroller = document.querySelector('[role="log"]').parentElement;
        let last = performance.now();
        let frames = 0;
        let slow = 0;
        let positions = 0;
        const step = (now) => {
          frames += 1;
          if (now - last > 50) slow += 1;
          last = now;
          scroller.scrollTop -= 400;
          positions = Math.max(positions, scroller.scrollHeight);
          const isAtBeginning =
            scroller.scrollTop === 0 && scroller.textContent.includes('This is the beginning of');
          if (isAtBeginning || now > end) resolve({ frames, slow, positions });
          else requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    SCROLL_MS,
  );
  const tasks = await page.evaluate(() => globalThis.longTasks);
  const lines = await page.getByRole('article').count();
  await page.evaluate(() => globalThis.gc?.());
  const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1024 / 1024);
  console.log(
    `scrolling back: ${((Date.now() - start) / 1000).toFixed(1)} s, ${positions} px, ${frames} frames, ` +
      `${slow} of them over 50 ms; long tasks (50 ms and more): ${tasks.length}, longest ${Math.max(0, ...tasks)} ms`,
  );
  console.log(`afterwards: ${lines} lines in the page, heap ${heap.toFixed(0)} MiB`);
}
