// The gateway beside its alternatives: no proxy, Vite's server.proxy, bare http-proxy. Every server has its own process;
// all take turns in one run. Usage: npm run build && node bench/gateway.mjs [turns of a second per measurement]
import { fork } from 'node:child_process';
import { request } from 'node:http';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { WebSocket } from 'ws';
import { KEYS, SESSION_COOKIE } from './gateway-servers.mjs';

const TURNS = Number(process.argv[2] ?? 5);
const SERVERS = fileURLToPath(new URL('./gateway-servers.mjs', import.meta.url));
// What supabase-js sends without a session.
const HEADERS = { apikey: KEYS.publishableKey, authorization: `Bearer ${KEYS.publishableKey}` };
const GIB = 1024 ** 3;

const children = [];
try {
  console.log(`${cpus().length} cores, Node ${process.version}, median of ${TURNS} turns of 1 s`);
  const upstream = await start('upstream');
  const servers = {
    direct: upstream,
    'this gateway': await start('gateway', upstream.port),
    'this gateway in Vite': await start('gateway-in-vite', upstream.port),
    'Vite server.proxy': await start('vite-proxy', upstream.port),
    'bare http-proxy': await start('http-proxy', upstream.port),
    'http-proxy, keep-alive': await start('http-proxy-keep-alive', upstream.port),
  };
  await measureHttp(servers);
  const { 'Vite server.proxy': _vite, 'http-proxy, keep-alive': _agent, ...sockets } = servers;
  await measureWebsockets(sockets);
  console.log('\n1 GiB object'.padEnd(32), 'down MB/s   up MB/s   memory before and at most, MB');
  for (const name of ['direct', 'this gateway', 'bare http-proxy']) await measureStreams(name, servers[name]);
} finally {
  for (const child of children) child.kill();
}
await measureParts();

async function start(role, upstreamPort) {
  const child = fork(SERVERS, [role, String(upstreamPort ?? '')], { execArgv: ['--expose-gc'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${role} ended with ${code}`)));
  });
  const ask = (question) =>
    new Promise((resolve) => {
      child.once('message', resolve);
      child.send(question);
    });
  return { port, rss: () => ask('rss'), cpu: () => ask('cpu') };
}

/** All take turns, a second each, so that other load on the machine affects all of them; the median of the turns counts. */
async function measureHttp(servers) {
  for (const server of Object.values(servers)) await load(server, 10);
  for (const connections of [1, 10, 100]) {
    const turns = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [name, server] of Object.entries(servers)) turns[name].push(await load(server, connections));
    }
    console.log(
      `\nHTTP, ${connections} connections`.padEnd(34),
      'requests/s   mean ms   p50 ms   p99 ms   CPU µs each',
    );
    const medians = Object.entries(turns).map(([name, runs]) => [name, summarize(runs)]);
    for (const [name, { requests, cpu, p50, p99 }] of medians) {
      const mean = (connections * 1000) / requests;
      console.log(
        `  ${name.padEnd(30)} ${number(requests, 11)} ${fixed(mean, 9)} ${fixed(p50, 8)} ${fixed(p99, 8)} ${number(cpu, 13)}`,
      );
    }
    const results = Object.fromEntries(medians);
    const times = (name) => (results[name].requests / results['Vite server.proxy'].requests).toFixed(1);
    console.log(
      `  of Vite's server.proxy: ${times('this gateway in Vite')} × in Vite, ${times('this gateway')} × alone`,
    );
    const added = (name) => `${(results[name].p50 - results.direct.p50).toFixed(3)} ms`;
    if (connections === 1)
      console.log(`  p50 added: ${added('this gateway in Vite')} in Vite, ${added('this gateway')} alone`);
  }
}

function summarize(runs) {
  const of = (key) => median(runs.map((run) => run[key]));
  return { requests: of('requests'), cpu: of('cpu'), p50: of('p50'), p99: of('p99') };
}

/**
 * Requests per second, and latency in ms with the resolution of the clock. (For servers that close each connection
 * autocannon counts the time before the connection as well: their mean is more meaningful than their p50.)
 */
async function load(server, connections) {
  const before = await server.cpu();
  const times = [];
  const instance = autocannon({
    url: `http://localhost:${server.port}/rest/v1/items?select=*`,
    connections,
    duration: 1,
    headers: HEADERS,
  });
  instance.on('response', (_client, _status, _bytes, time) => times.push(time));
  const { errors, non2xx, '2xx': good, duration: seconds } = await instance;
  times.sort((a, b) => a - b);
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} requests failed`);
  const cpu = ((await server.cpu()) - before) / good;
  return { requests: good / seconds, cpu, p50: at(times, 0.5), p99: at(times, 0.99) };
}

/** Throughput in turns too: one after the other, the last servers would run under another load than the first ones. */
async function measureWebsockets(servers) {
  console.log(
    '\nWebSocket'.padEnd(32),
    'connect p50 ms   echo p50   echo p99   messages/s   CPU µs each   MB/s of 16 KiB   CPU µs each   KiB per idle socket',
  );
  const small = await flooded(servers, 150_000, 200);
  const large = await flooded(servers, 10_000, 16_384);
  for (const [name, server] of Object.entries(servers)) {
    const connects = [];
    for (let i = 0; i < 200; i += 1) {
      const started = performance.now();
      const socket = await open(server.port);
      connects.push(performance.now() - started);
      socket.terminate();
    }
    connects.sort((a, b) => a - b);
    const echoes = await echo(server.port, 5_000);
    const perSocket = name === 'direct' ? undefined : await measureIdle(server, 1_000);
    console.log(
      `  ${name.padEnd(30)} ${fixed(at(connects, 0.5), 12)} ${fixed(at(echoes, 0.5), 11)} ${fixed(at(echoes, 0.99), 10)}` +
        ` ${number(small[name].rate, 12)} ${fixed(small[name].cpu, 13)}` +
        ` ${number((large[name].rate * 16_384) / 1e6, 16)} ${fixed(large[name].cpu, 13)}` +
        ` ${perSocket === undefined ? '' : fixed(perSocket, 16)}`,
    );
  }
  const ratio = (results, name) =>
    `${((results[name].rate / results['bare http-proxy'].rate) * 100).toFixed(0)} %`;
  const tell = (title, results) =>
    console.log(
      `  of bare http-proxy's throughput, ${title}: ${ratio(results, 'this gateway in Vite')} in Vite, ${ratio(results, 'this gateway')} alone`,
    );
  tell('200 B', small);
  tell('16 KiB', large);
}

async function flooded(servers, count, size) {
  const turns = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (const server of Object.values(servers)) await flood(server, count / 5, size);
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [name, server] of Object.entries(servers)) turns[name].push(await flood(server, count, size));
  }
  return Object.fromEntries(
    Object.entries(turns).map(([name, runs]) => [
      name,
      { rate: median(runs.map(({ rate }) => rate)), cpu: median(runs.map(({ cpu }) => cpu)) },
    ]),
  );
}

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(
      `ws://localhost:${port}/realtime/v1/websocket?apikey=${KEYS.publishableKey}&vsn=2.0.0`,
    );
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function echo(port, count) {
  const socket = await open(port);
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const started = performance.now();
    await new Promise((resolve) => {
      socket.once('message', resolve);
      socket.send('["1","2","realtime:room","broadcast",{"event":"e","payload":{"n":1}}]');
    });
    times.push(performance.now() - started);
  }
  socket.terminate();
  return times.toSorted((a, b) => a - b);
}

/** Messages per second from the upstream to one client, and the server's own time for each. */
async function flood(server, count, size) {
  const socket = await open(server.port);
  const before = await server.cpu();
  const started = performance.now();
  await new Promise((resolve) => {
    let received = 0;
    socket.on('message', () => {
      received += 1;
      if (received === count) resolve();
    });
    socket.send(`flood ${count} ${size}`);
  });
  const seconds = (performance.now() - started) / 1000;
  const cpu = ((await server.cpu()) - before) / count;
  socket.terminate();
  return { rate: count / seconds, cpu };
}

async function measureIdle(server, count) {
  const before = await server.rss();
  const sockets = [];
  for (let i = 0; i < count; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => open(server.port)))));
  }
  const after = await server.rss();
  for (const socket of sockets) socket.terminate();
  return (after - before) / count / 1024;
}

async function measureStreams(name, server) {
  const before = await server.rss();
  let peak = before;
  let sampled = Promise.resolve();
  const sampler = setInterval(() => {
    sampled = sampled.then(async () => {
      peak = Math.max(peak, await server.rss());
    });
  }, 100);
  const down = await time(() => download(server.port));
  const up = await time(() => upload(server.port));
  clearInterval(sampler);
  await sampled;
  console.log(
    `  ${name.padEnd(30)} ${number(GIB / 1e6 / down, 9)} ${number(GIB / 1e6 / up, 9)} ${number(before / 1e6, 14)} ${number(peak / 1e6, 9)}`,
  );
}

function download(port) {
  return new Promise((resolve, reject) => {
    request(
      { port, host: 'localhost', path: '/storage/v1/object/download', headers: HEADERS },
      (response) => {
        response.resume().on('end', resolve).on('error', reject);
      },
    ).end();
  });
}

function upload(port) {
  return new Promise((resolve, reject) => {
    const headers = { ...HEADERS, 'content-length': GIB };
    const req = request(
      { port, host: 'localhost', method: 'POST', path: '/storage/v1/object/upload', headers },
      (response) => {
        response.resume().on('end', resolve);
      },
    );
    req.on('error', reject);
    const chunk = Buffer.alloc(1024 * 1024);
    let written = 0;
    const write = () => {
      while (written < GIB) {
        written += chunk.length;
        if (!req.write(chunk)) return req.once('drain', write);
      }
      return req.end();
    };
    write();
  });
}

async function measureParts() {
  const dist = new URL('../dist/gateway/', import.meta.url).href;
  const { matchRoute } = await import(`${dist}routes.js`);
  const { readSessionTokens } = await import(`${dist}caller/session-cookie.js`);
  const { SessionTokenVerifier } = await import(`${dist}caller/access-token.js`);
  const { translateHttpCredentials } = await import(`${dist}caller/credentials.js`);
  const { identifyCaller } = await import(`${dist}caller/caller.js`);
  const { createHostRules } = await import(`${dist}caller/hosts.js`);
  const hosts = createHostRules();
  const rules = {
    keys: KEYS,
    sessionTokens: new SessionTokenVerifier(KEYS),
    requireKey: false,
    leaveUnknownKeys: false,
  };
  const headers = {
    host: 'localhost:3002',
    ...HEADERS,
    'user-agent': 'Mozilla/5.0',
    'sec-fetch-site': 'same-origin',
  };
  const req = { headers, socket: { remoteAddress: '127.0.0.1' } };
  const caller = identifyCaller(req, hosts);
  const url = '/rest/v1/messages';
  const { route } = matchRoute(url);
  const withCookie = { ...headers, cookie: SESSION_COOKIE };
  let turn = false;
  const parts = {
    'route of a module (not ours)': () => matchRoute('/src/components/message-list.tsx?t=1763818000'),
    'route of a REST request': () => matchRoute('/rest/v1/messages?select=*&channel_id=eq.1'),
    'route of a storage object': () => matchRoute('/storage/v1/object/public/avatars/a.png'),
    'who is calling': () => identifyCaller(req, hosts),
    'publishable key → JWT': () => translateHttpCredentials({ url, headers, route }, caller, rules),
    // For two hosts in turn, because the last cookie is cached.
    'new session cookie (2 chunks) → token': () => {
      turn = !turn;
      readSessionTokens(SESSION_COOKIE, turn ? 'localhost' : '127.0.0.1');
    },
    'known session cookie → verified JWT': () =>
      translateHttpCredentials({ url, headers: withCookie, route }, caller, rules),
  };
  console.log('\nparts of a request'.padEnd(43), 'µs');
  for (const [name, run] of Object.entries(parts)) {
    for (let i = 0; i < 20_000; i += 1) run();
    const count = 100_000;
    const started = performance.now();
    for (let i = 0; i < count; i += 1) run();
    console.log(`  ${name.padEnd(38)} ${(((performance.now() - started) / count) * 1000).toFixed(2)}`);
  }
}

async function time(run) {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

function median(values) {
  return at(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
function at(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
function fixed(value, width) {
  return value.toFixed(2).padStart(width);
}
function number(value, width) {
  return Math.round(value).toLocaleString('en').padStart(width);
}
