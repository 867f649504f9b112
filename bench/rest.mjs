// REST compared with its floor: a bare node:http server that runs the same statements with the same driver.
//   npm run build && node bench/rest.mjs [seconds per measurement, 2] [--quick]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import pg from 'pg';
import { startStack } from '../dist/start-stack.js';
import { CASES, SCHEMA } from './rest-cases.mjs';

const seconds = Number(process.argv[2] ?? 2);
const WARM_UP = 1;
const connections = process.argv.includes('--quick') ? [10] : [1, 10, 50];

const LOGIN_ROLE = `create role bench_authenticator login noinherit password 'bench'; grant anon to bench_authenticator`;

const children = [];
const root = await mkdtemp(join(tmpdir(), 'bench-rest-'));
const stack = await startStack({
  root,
  port: 0,
  dbPort: 0,
  ephemeral: true,
  config: { api: { auto_expose_new_tables: true } },
});
const admin = new pg.Client({ connectionString: stack.dbUrl });
await admin.connect();
try {
  await admin.query(SCHEMA);
  await admin.query(LOGIN_ROLE);
  const { host, port } = admin;
  const connection = { host, port, database: 'postgres', user: 'bench_authenticator', password: 'bench' };
  const engine = await startServer('engine', connection);
  const bare = await startServer('bare', connection);
  await measureCases(engine, bare);
  await measureRows(engine);
  await measureTables(engine);
} finally {
  for (const child of children) child.kill();
  await admin.end();
  await stack.stop();
  await rm(root, { recursive: true, force: true });
}

async function startServer(kind, connection) {
  const file = fileURLToPath(new URL('rest-server.mjs', import.meta.url));
  const child = fork(file, [kind, JSON.stringify(connection), stack.jwtSecret]);
  children.push(child);
  const [{ port }] = await once(child, 'message');
  let last = 0;
  const ask = (message) =>
    new Promise((resolve) => {
      last += 1;
      const id = last;
      const onMessage = (answer) => {
        if (answer.id !== id) return;
        child.off('message', onMessage);
        resolve(answer);
      };
      child.on('message', onMessage);
      child.send({ ...message, id });
    });
  return { ask, url: `http://127.0.0.1:${port}` };
}

async function measureCases(engine, bare) {
  console.log(
    '\n| case | connections | engine req/s | bare req/s | time ratio | engine p50 / p99 ms | bare p50 / p99 ms | engine CPU µs/req (bare) |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { name, request } of CASES) {
    await engine.ask({ what: 'record' });
    const answer = await fetch(engine.url + request.path, request);
    await answer.text();
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const { recorded } = await engine.ask({ what: 'recorded' });
    await bare.ask({ what: 'transaction', recorded });
    for (const count of connections) {
      // In turns, so that other load on the machine hits both.
      const runs = { engine: [], bare: [] };
      await run(engine, request, count, WARM_UP);
      await run(bare, request, count, WARM_UP);
      for (let round = 0; round < 3; round += 1) {
        runs.engine.push(await run(engine, request, count, seconds / 3));
        runs.bare.push(await run(bare, request, count, seconds / 3));
      }
      const [mine, floor] = [combine(runs.engine), combine(runs.bare)];
      const ratio = floor.perSecond / mine.perSecond;
      console.log(
        `| ${name} | ${count} | ${mine.perSecond.toFixed(0)} | ${floor.perSecond.toFixed(0)} | **${ratio.toFixed(2)}** | ${mine.p50} / ${mine.p99} | ${floor.p50} / ${floor.p99} | ${mine.cpu.toFixed(0)} (${floor.cpu.toFixed(0)}) |`,
      );
    }
    await admin.query('truncate events');
  }
  const [a, b] = [await engine.ask({}), await bare.ask({})];
  console.log(`\nMemory after all cases (RSS): engine ${mebibytes(a.rss)}, bare ${mebibytes(b.rss)}.`);
}

function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}

async function run(server, request, count, duration) {
  const before = await server.ask({});
  const { path, ...rest } = request;
  const result = await autocannon({
    url: server.url + path,
    ...rest,
    connections: count,
    duration,
    sampleInt: 100,
  });
  const after = await server.ask({});
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} failed`);
  return { result, cpu: after.cpu - before.cpu };
}

function combine(runs) {
  const requests = runs.reduce((sum, { result }) => sum + result.requests.total, 0);
  const time = runs.reduce((sum, { result }) => sum + result.duration, 0);
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return {
    perSecond: requests / time,
    p50: median(runs.map(({ result }) => result.latency.p50)),
    p99: median(runs.map(({ result }) => result.latency.p99)),
    cpu: runs.reduce((sum, { cpu }) => sum + cpu, 0) / requests,
  };
}

async function timeRequest(url, times) {
  const taken = [];
  for (let i = 0; i < times; i += 1) {
    const started = performance.now();
    await (await fetch(url)).arrayBuffer();
    taken.push(performance.now() - started);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(times / 2)];
}

async function measureRows(engine) {
  console.log(
    '\n| rows in one answer | 1 | 10 | 100 | 1,000 | 10,000 | 100,000 |\n|---|---|---|---|---|---|---|',
  );
  const cells = [];
  for (const rows of [1, 10, 100, 1000, 10_000, 100_000])
    cells.push((await timeRequest(`${engine.url}/books?limit=${rows}`, rows > 1000 ? 7 : 50)).toFixed(2));
  console.log(`| median ms | ${cells.join(' | ')} |`);
}

async function measureTables(engine) {
  console.log(
    '\n| tables in the schema cache | reading the schema, ms | one row by primary key, median ms |\n|---|---|---|',
  );
  let made = 0;
  for (const tables of [10, 100, 500, 2000]) {
    // In steps: a transaction holds a lock for every table that it creates.
    for (; made < tables; made += 50) {
      const end = Math.min(made + 50, tables);
      await admin.query(`do $$ begin for i in ${made + 1}..${end} loop
        execute format('create table public.t%s (id int primary key, name text, author_id int references authors, a int, b int, c text)', i);
      end loop; end $$`);
    }
    made = tables;
    await engine.ask({ what: 'reload' });
    const { ms } = await engine.ask({ what: 'reload' });
    const row = await timeRequest(`${engine.url}/books?id=eq.4711`, 100);
    console.log(`| ${tables} | ${ms.toFixed(0)} | ${row.toFixed(2)} |`);
  }
}
