// REST beside nano-supabase (PostgREST's grammar on PGlite, in Node), on the same data, in turns. nano-supabase has no server:
// it is wrapped into a node:http one, in a separate process, as the stack is. It is resolved from the working directory:
//   npm run build && cd "$(mktemp -d)" && npm install nano-supabase @electric-sql/pglite@0.3 && node …/bench/rest-nano.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import autocannon from 'autocannon';
import pg from 'pg';
import { CASES, SCHEMA } from './rest-cases.mjs';

const SELF = fileURLToPath(import.meta.url);
const KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';
const SECONDS = 1;
const ROUNDS = 3;

const SERVERS = { stack: serveStack, nano: serveNano };
await (SERVERS[process.argv[2]] ?? compare)();

async function compare() {
  const [stack, nano] = await Promise.all([start('stack'), start('nano')]);
  try {
    console.log(
      '| case | connections | stack req/s | nano-supabase req/s | times | stack p50 ms | nano p50 ms |',
    );
    console.log('|---|--:|--:|--:|--:|--:|--:|');
    for (const { name, request } of CASES) {
      for (const connections of [1, 10]) console.log(await row(name, request, connections, stack, nano));
    }
    console.log(
      `\nMemory after all cases (RSS of the Node processes): stack ${await rss(stack)}, nano-supabase ${await rss(nano)}.`,
    );
  } finally {
    stack.child.kill();
    nano.child.kill();
  }
}

async function row(name, request, connections, stack, nano) {
  const reason = await refusal(nano, request);
  const rounds = { stack: [], nano: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    rounds.stack.push(await measure(stack, request, connections));
    if (!reason) rounds.nano.push(await measure(nano, request, connections));
  }
  // The first round is the warm-up.
  const mine = median(rounds.stack.slice(1));
  if (reason) return `| ${name} | ${connections} | ${mine.rate.toFixed(0)} | ${reason} | | ${mine.p50} | |`;
  const theirs = median(rounds.nano.slice(1));
  const times = (mine.rate / theirs.rate).toFixed(1);
  return `| ${name} | ${connections} | ${mine.rate.toFixed(0)} | ${theirs.rate.toFixed(0)} | ${times} | ${mine.p50} | ${theirs.p50} |`;
}

/** Why a server does not answer a case, if it does not. */
async function refusal(server, request) {
  const answer = await fetch(`${server.url}/rest/v1${request.path}`, withKey(request));
  const text = await answer.text();
  return answer.ok ? undefined : `${answer.status}: ${text.slice(0, 60).replaceAll('|', ' ')}`;
}

async function measure(server, request, connections) {
  const { path, ...rest } = withKey(request);
  const result = await autocannon({
    url: `${server.url}/rest/v1${path}`,
    ...rest,
    connections,
    duration: SECONDS,
  });
  if (result.non2xx > 0) throw new Error(`${path}: ${result.non2xx} refused`);
  return { rate: result.requests.total / result.duration, p50: result.latency.p50 };
}

function withKey(request) {
  return { ...request, headers: { ...request.headers, apikey: KEY } };
}

function median(results) {
  return results.toSorted((a, b) => a.rate - b.rate)[Math.floor(results.length / 2)];
}

async function start(kind) {
  const child = fork(SELF, [kind]);
  const [{ url }] = await once(child, 'message');
  return { child, url };
}

async function rss({ child }) {
  child.send('memory');
  const [{ memory }] = await once(child, 'message');
  return `${Math.round(memory / 1024 / 1024)} MiB`;
}

function serve(url) {
  process.on('message', () => process.send({ memory: process.memoryUsage().rss }));
  process.send({ url });
}

async function serveStack() {
  const { startStack } = await import('../dist/start-stack.js');
  const stack = await startStack({
    port: 0,
    dbPort: 0,
    ephemeral: true,
    config: { api: { auto_expose_new_tables: true } },
  });
  process.on('SIGTERM', () => void stack.stop().then(() => process.exit(0)));
  const admin = new pg.Client(stack.dbUrl);
  await admin.connect();
  await admin.query(SCHEMA);
  await admin.end();
  serve(stack.url);
}

async function serveNano() {
  const require = createRequire(join(process.cwd(), 'index.js'));
  const load = (name) => import(pathToFileURL(require.resolve(name)).href);
  const [{ PGlite }, { pgcrypto }, { createFetchAdapter }] = await Promise.all([
    load('@electric-sql/pglite'),
    load('@electric-sql/pglite/contrib/pgcrypto'),
    load('nano-supabase'),
  ]);
  // It is made for the browser and fetches its WebAssembly parser; Node's fetch cannot read files.
  const fetchFromNet = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = new URL(input.url ?? input);
    if (url.protocol !== 'file:') return fetchFromNet(input, init);
    return new Response(await readFile(url), { headers: { 'content-type': 'application/wasm' } });
  };
  // It logs every request, which would be measured too.
  console.log = () => {};
  const db = new PGlite({ extensions: { pgcrypto } });
  const { localFetch } = await createFetchAdapter({ db });
  await db.exec(SCHEMA);
  const answer = async (req, res) => {
    const { method, headers } = req;
    const body = method === 'GET' ? undefined : await buffer(req);
    const response = await localFetch(`http://localhost:54321${req.url}`, { method, headers, body });
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(Buffer.from(await response.arrayBuffer()));
  };
  const server = createServer(
    (req, res) => void answer(req, res).catch((error) => res.writeHead(500).end(String(error))),
  );
  server.listen(0, '127.0.0.1', () => serve(`http://127.0.0.1:${server.address().port}`));
}
