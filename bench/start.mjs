// From the command `vite` to the first page and to the first signed-in query, compared with Vite without the plugin; then the
// memory of everything, idle and with 20 clients. Linux only for memory. Usage: npm run build && node bench/start.mjs [runs]
import { spawn } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient, REALTIME_SUBSCRIBE_STATES } from '@supabase/supabase-js';
import { WebSocket } from 'ws';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const RUNS = Number(process.argv[2] ?? 7);
const CLIENTS = 20;
const KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';
const DEMO = { email: 'anna@example.com', password: 'family-demo' };

const root = await makeProject();
try {
  const times = { plain: [], cold: [], warm: [] };
  // The first start also makes the template of a new database, and the disk's cache is filled.
  await timeStart('plain.config.mjs');
  const [, first] = await timeStart('vite.config.mjs', answersSignedInQuery);
  for (let run = 0; run < RUNS; run += 1) {
    times.plain.push(await timeStart('plain.config.mjs'));
    // Moved away: many deleted files slow down the start that follows.
    await rename(join(root, '.supabase'), join(root, `old-${run}`));
    times.cold.push(await timeStart('vite.config.mjs', answersSignedInQuery));
    times.warm.push(await timeStart('vite.config.mjs', answersSignedInQuery));
  }
  const load = loadavg()[0].toFixed(1);
  console.log(
    `${cpus().length} cores, load ${load}, Node ${process.version}, ${RUNS} runs, milliseconds: median (minimum to maximum)`,
  );
  const pages = (list) => summary(list.map(([page]) => page));
  const queries = (list) => summary(list.map(([, query]) => query));
  console.log(`Vite alone, to the first page                     ${pages(times.plain)}`);
  console.log(`cold (empty data directory), to the first page    ${pages(times.cold)}`);
  console.log(`cold, to the first signed-in query                ${queries(times.cold)}`);
  console.log(`warm (data of an earlier run), to the first page  ${pages(times.warm)}`);
  console.log(`warm, to the first signed-in query                ${queries(times.warm)}`);
  console.log(`first start of all, which may make the template   ${Math.round(first)}`);
  if (process.platform === 'linux') await measureMemory();
} finally {
  await rm(root, { recursive: true, force: true });
}

async function makeProject() {
  const dir = await mkdtemp(join(tmpdir(), 'bench-start-'));
  await cp(join(REPOSITORY, 'supabase'), join(dir, 'supabase'), { recursive: true });
  await installPackage(join(dir, 'node_modules'));
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  await writeFile(join(dir, 'index.html'), '<!doctype html><title>bench</title>');
  await writeFile(join(dir, 'plain.config.mjs'), 'export default {};\n');
  await writeFile(
    join(dir, 'vite.config.mjs'),
    "import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase({ backend: 'embedded' })] };\n",
  );
  // PostgreSQL's user must be able to enter this folder when the bench runs as root.
  await chmod(dir, 0o755);
  return dir;
}

/** As for a user: the package in node_modules, where Vite does not bundle it into the config. */
async function installPackage(modules) {
  await mkdir(modules);
  for (const name of await readdir(join(REPOSITORY, 'node_modules'))) {
    if (!name.startsWith('.'))
      await symlink(join(REPOSITORY, 'node_modules', name), join(modules, name), 'junction');
  }
  await symlink(REPOSITORY, join(modules, 'vite-plugin-supabase'), 'junction');
}

async function startVite(config) {
  const port = await freePort();
  const args = [
    join(REPOSITORY, 'node_modules/vite/bin/vite.js'),
    '--config',
    config,
    '--port',
    String(port),
    '--strictPort',
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  return { url: `http://localhost:${port}`, pid: child.pid, stop };
}

/** Milliseconds to the first page, and to the first time that `isAnswered`. */
async function timeStart(config, isAnswered = answersPage) {
  const began = performance.now();
  const server = await startVite(config);
  while (!(await answersPage(server.url).catch(() => false))) await delay(5);
  const page = performance.now() - began;
  while (!(await isAnswered(server.url).catch(() => false))) await delay(5);
  const query = performance.now() - began;
  await server.stop();
  return [page, query];
}

async function answersPage(url) {
  return (await fetch(url)).ok;
}

async function answersSignedInQuery(url) {
  const headers = { apikey: KEY, 'content-type': 'application/json' };
  const signIn = await fetch(`${url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers,
    body: JSON.stringify(DEMO),
  });
  if (!signIn.ok) return false;
  const { access_token: token } = await signIn.json();
  const rows = await fetch(`${url}/rest/v1/families?select=id,name`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  return rows.ok && (await rows.json()).length > 0;
}

async function measureMemory() {
  const plain = await startVite('plain.config.mjs');
  while (!(await answersPage(plain.url).catch(() => false))) await delay(20);
  await delay(3000);
  console.log(
    `memory of Vite alone                             Node ${Math.round((await kilobytes(plain.pid, 'Rss')) / 1024)} MB RSS`,
  );
  await plain.stop();
  const server = await startVite('vite.config.mjs');
  while (!(await answersSignedInQuery(server.url).catch(() => false))) await delay(20);
  await delay(3000);
  console.log(`memory idle                                      ${await memoryOf(server.pid)}`);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(server.url)));
  await delay(3000);
  console.log(`memory with ${CLIENTS} clients (Realtime, signed in)        ${await memoryOf(server.pid)}`);
  await Promise.all(clients.map((client) => client.removeAllChannels()));
  await server.stop();
}

async function connect(url) {
  const client = createClient(url, KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket },
  });
  await client.auth.signInWithPassword(DEMO);
  await client.from('messages').select('*').limit(50);
  const channel = client
    .channel('room')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'messages' }, () => {});
  await new Promise((resolve, reject) => {
    channel.subscribe((status, error) =>
      error ? reject(error) : status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED && resolve(),
    );
  });
  return client;
}

/** Resident memory of Node, and the proportional share (no page counted twice) of all PostgreSQL processes. */
async function memoryOf(nodePid) {
  const postmaster = Number(
    (await readFile(join(root, '.supabase/postgres/postmaster.pid'), 'utf8')).split('\n')[0],
  );
  const parents = await parentsOfAll();
  const family = [...parents]
    .filter(([pid, parent]) => pid === postmaster || parent === postmaster)
    .map(([pid]) => pid);
  const node = await kilobytes(nodePid, 'Rss');
  const rss = await Promise.all(family.map((pid) => kilobytes(pid, 'Rss')));
  const pss = await Promise.all(family.map((pid) => kilobytes(pid, 'Pss')));
  const megabytes = (sum) => `${Math.round(sum / 1024)} MB`;
  const total = (list) => list.reduce((sum, value) => sum + value, 0);
  return `Node ${megabytes(node)} RSS; PostgreSQL, ${family.length} processes: ${megabytes(total(rss))} RSS, ${megabytes(total(pss))} PSS`;
}

async function parentsOfAll() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return new Map(pids.map((pid, index) => [pid, Number(/\) \S (\d+)/.exec(stats[index])?.[1])]));
}

async function kilobytes(pid, field) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index) => Math.round(sorted[index]);
  return `${at(Math.floor(sorted.length / 2))} (${at(0)} to ${at(sorted.length - 1)})`;
}
