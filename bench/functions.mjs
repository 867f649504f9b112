// Edge functions: cold first answer, save → new answer, requests/s beside bare Deno behind the same gateway, memory.
// Usage: npm run bench -- bench/functions.mjs [turns]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { Gateway } from '../dist/gateway/gateway.js';
import { startStack } from '../dist/start-stack.js';
import { findDeno } from '../dist/stack/functions/deno.js';

const TURNS = Number(process.argv[2] ?? 7);
const REQUESTS = 3_000;
const source = (text) => `Deno.serve(() => new Response(${JSON.stringify(text)}));\n`;
const pidSource = 'Deno.serve(() => new Response(String(Deno.pid)));\n';

const root = await mkdtemp(join(tmpdir(), 'bench-functions-'));
const file = (name) => join(root, 'supabase/functions', name, 'index.ts');
const names = Array.from({ length: TURNS }, (_, turn) => `cold${turn}`);
for (const name of [...names, 'saved', 'warm', 'pid']) {
  await mkdir(join(root, 'supabase/functions', name), { recursive: true });
  await writeFile(file(name), name === 'pid' ? pidSource : source('old'));
}
const all = [...names, 'saved', 'warm', 'pid'];
await writeFile(
  join(root, 'supabase/config.toml'),
  all.map((name) => `[functions.${name}]\nverify_jwt = false\n`).join(''),
);

const stack = await startStack({ root, ephemeral: true, port: 0, dbPort: 0 });
let bare;
let gatewayServer;
const table = [['', 'median', 'from', 'to', 'aim']];
try {
  const call = async (name) => (await fetch(`${stack.url}/functions/v1/${name}`)).text();
  await call('pid');
  const cold = [];
  for (const name of names) {
    const start = performance.now();
    await call(name);
    cold.push(performance.now() - start);
  }
  table.push(row('cold first answer, ms', cold, '< 150'));

  const saves = [];
  await call('saved');
  for (let turn = 0; turn < TURNS; turn += 1) {
    await writeFile(file('saved'), source(`new ${turn}`));
    const start = performance.now();
    while ((await call('saved')) !== `new ${turn}`);
    saves.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  }
  table.push(row('save → new answer, ms', saves, '< 300'));

  const port = 20_000 + (process.pid % 10_000);
  bare = spawn(findDeno(), ['run', '-A', '--quiet', '--no-lock', file('warm')], {
    env: { ...process.env, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
    stdio: 'ignore',
  });
  const gateway = new Gateway({
    logger: { info() {}, warn() {}, error() {} },
    target: {
      keys: { jwks: [] },
      upstreams: {
        functions: {
          kind: 'url',
          url: new URL(`http://127.0.0.1:${port}`),
          speaks: 'service',
          host: 'client',
        },
      },
    },
  });
  gatewayServer = createServer((req, res) => gateway.handle(req, res) || res.end()).listen(0, '127.0.0.1');
  await once(gatewayServer, 'listening');
  const beside = `http://127.0.0.1:${gatewayServer.address().port}`;
  while (!(await fetch(`${beside}/functions/v1/warm`)).ok)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const sides = [
    { name: 'a function', url: stack.url, pid: Number(await call('pid')), rates: [], costs: [] },
    { name: 'bare Deno behind the same gateway', url: beside, pid: bare.pid, rates: [], costs: [] },
  ];
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const { url, pid, rates, costs } of sides) {
      const before = [process.cpuUsage(), await cpuTime(pid)];
      const path = pid === bare.pid ? 'warm' : 'pid';
      const options = { url: `${url}/functions/v1/${path}`, connections: 10, amount: REQUESTS };
      const start = performance.now();
      await autocannon(options);
      rates.push((1000 * REQUESTS) / (performance.now() - start));
      const { user, system } = process.cpuUsage(before[0]);
      costs.push((user + system + (await cpuTime(pid)) - before[1]) / REQUESTS);
    }
  }
  for (const { name, rates, costs } of sides) {
    table.push(row(`${name}: requests/s, 10 connections`, rates));
    table.push(row(`${name}: CPU µs/request, with the client's`, costs));
  }
  table.push(['requests/s beside bare Deno, %', ratio(sides.map(({ rates }) => rates)), '', '', '≥ 70']);
  table.push(['by CPU time, %', ratio(sides.map(({ costs }) => costs).toReversed()), '', '', '']);

  if (process.platform === 'linux') {
    const rss = async (pid) =>
      Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
    table.push(['memory of a function after the load, MiB', await rss(await call('pid')), '', '', '']);
    table.push(['memory of bare Deno after the load, MiB', await rss(bare.pid), '', '', '']);
  }
} finally {
  bare?.kill('SIGKILL');
  gatewayServer?.close();
  gatewayServer?.closeAllConnections();
  await stack.stop();
  await rm(root, { recursive: true, force: true });
}
for (const [index, cells] of table.entries()) {
  console.log(`| ${cells.join(' | ')} |`);
  if (index === 0) console.log(`|${' --- |'.repeat(cells.length)}`);
}
process.exit();

/** Microseconds of CPU time of a process; 0 where the system does not tell. */
async function cpuTime(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10_000 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

function ratio([first, second]) {
  return Math.round((100 * median(first)) / median(second));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function row(name, values, aim = '') {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  return [name, Math.round(median(values)), sorted[0], sorted.at(-1), aim];
}
