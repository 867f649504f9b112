// What it costs to explain requests: dev servers that say nothing (log: 'silent'), that explain failures (the default) while
// nobody looks, and with a page open that follows every request; in front of the embedded stack and of another Supabase.
// All take turns. Usage: npm run build && node bench/looking.mjs [turns of a second per measurement]
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const TURNS = Number(process.argv[2] ?? 7);
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';
const BODY = JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, body: 'a message of the family' })));
const CONNECTIONS = 10;

const folders = [];
const servers = [];
const upstream = createServer((_req, res) =>
  res.writeHead(200, { 'content-type': 'application/json', 'content-range': '0-19/*' }).end(BODY),
);
try {
  await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${upstream.address().port}`;
  console.log(
    `${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}, median of ${TURNS} turns of 1 s, ${CONNECTIONS} connections`,
  );
  for (const [name, options] of [
    ['embedded', "backend: 'embedded'"],
    ['another Supabase', `backend: 'remote', url: '${url}'`],
  ])
    await measure(name, await startVite(`${options}, log: 'silent'`), await startVite(options));
} finally {
  upstream.closeAllConnections();
  upstream.close();
  await Promise.all(servers.map((server) => server.stop()));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

async function measure(name, silent, explaining) {
  const turns = { 'nobody listens': [], 'nobody looks': [], 'a page is open': [] };
  for (const server of [silent, explaining]) await load(server);
  for (let turn = 0; turn < TURNS; turn += 1) {
    turns['nobody listens'].push(await load(silent));
    turns['nobody looks'].push(await load(explaining));
    const page = await openPage(explaining);
    turns['a page is open'].push(await load(explaining));
    await page.close();
  }
  console.log(`\n${name}`.padEnd(25), 'requests/s   CPU µs each');
  const [base] = Object.values(turns).map(summarize);
  for (const [what, runs] of Object.entries(turns)) {
    const { requests, cpu } = summarize(runs);
    const more = `${(((cpu - base.cpu) / base.cpu) * 100).toFixed(1)} %`;
    console.log(
      `  ${what.padEnd(22)} ${requests.toFixed(0).padStart(10)} ${cpu.toFixed(1).padStart(13)}  ${more}`,
    );
  }
}

function summarize(runs) {
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  return { requests: median(runs.map((run) => run.requests)), cpu: median(runs.map((run) => run.cpu)) };
}

/** Requests per second, and the dev server's own CPU time for each, which other load disturbs less. */
async function load(server) {
  const before = await server.cpu();
  const {
    errors,
    non2xx,
    '2xx': good,
    duration,
  } = await autocannon({
    url: `${server.url}/rest/v1/items?select=*`,
    connections: CONNECTIONS,
    duration: 1,
    headers: { apikey: KEY },
  });
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} requests failed`);
  return { requests: good / duration, cpu: ((await server.cpu()) - before) / good };
}

/** Studio's list of requests, as a browser follows it. */
async function openPage({ url }) {
  const abort = new AbortController();
  const response = await fetch(`${url}/__supabase/api/requests`, { signal: abort.signal });
  const reading = response.body.pipeTo(new WritableStream()).catch(() => {});
  return {
    async close() {
      abort.abort();
      await reading;
    },
  };
}

async function startVite(options) {
  const root = await mkdtemp(join(tmpdir(), 'bench-looking-'));
  folders.push(root);
  // PostgreSQL's user must be able to enter this folder when the bench runs as root.
  await chmod(root, 0o755);
  const files = {
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><title>bench</title>',
    'vite.config.mjs': `import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase({ ${options} })] };\n`,
    'supabase/config.toml': '[api]\nauto_expose_new_tables = true\n[db]\nport = 0\n',
    'supabase/migrations/1_items.sql':
      "create table items (id int primary key, body text); insert into items select i, 'a message of the family' from generate_series(1, 20) i;",
  };
  await mkdir(join(root, 'supabase/migrations'), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  await mkdir(join(root, 'node_modules'));
  for (const name of await readdir(join(REPOSITORY, 'node_modules')))
    if (!name.startsWith('.'))
      await symlink(join(REPOSITORY, 'node_modules', name), join(root, 'node_modules', name), 'junction');
  await symlink(REPOSITORY, join(root, 'node_modules/vite-plugin-supabase'), 'junction');
  const port = await freePort();
  const args = [join(REPOSITORY, 'node_modules/vite/bin/vite.js'), '--port', String(port), '--strictPort'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://localhost:${port}`;
  const server = {
    url,
    cpu: () => cpuOf(child.pid),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
  servers.push(server);
  const isUp = () =>
    fetch(`${url}/rest/v1/items?limit=1`, { headers: { apikey: KEY } }).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await isUp())) await delay(50);
  return server;
}

/** Microseconds of CPU time of a process so far; Linux tells them in hundredths of a second. */
async function cpuOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10_000;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createNetServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
