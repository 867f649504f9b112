// Auth through the gateway: sign-ins, refreshes and GET /user per second, and how long other requests take while 50
// sign-ins are in flight. The stack runs in its own process. Usage: npm run build && node bench/auth.mjs [seconds]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import bcrypt from 'bcrypt';

const USERS = 16;
const PASSWORD = 'correct-horse-battery';
const MIGRATION = `
create table public.items (id int primary key, name text not null);
insert into public.items select n, 'item ' || n from generate_series(1, 100) n;
alter table public.items enable row level security;
create policy "signed in" on public.items for select to authenticated using (true);
grant select on public.items to authenticated;
`;

if (process.argv[2] === 'serve') await serve(process.argv[3]);
else await bench(Number(process.argv[2] ?? 5));

async function serve(root) {
  const { startStack } = await import('../dist/start-stack.js');
  const stack = await startStack({ root, port: 0, dbPort: 0 });
  process.on('message', () => process.send(process.cpuUsage()));
  process.once('disconnect', () => void stack.stop().then(() => process.exit()));
  process.send({ url: stack.url, key: stack.anonKey });
}

async function bench(seconds) {
  const root = await mkdtemp(join(tmpdir(), 'bench-auth-'));
  let server;
  try {
    await makeProject(root);
    server = fork(fileURLToPath(import.meta.url), ['serve', root]);
    const [stack] = await Promise.race([once(server, 'message'), once(server, 'exit').then(failed)]);
    const agent = new Agent({ keepAlive: true, maxSockets: 128 });
    const cpu = async () => {
      server.send('cpu');
      const [{ user, system }] = await once(server, 'message');
      return (user + system) / 1000;
    };
    await measure((path, options) => send(agent, stack, path, options), cpu, seconds);
    agent.destroy();
  } finally {
    if (server?.connected) {
      server.disconnect();
      await once(server, 'exit');
    }
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function failed() {
  throw new Error('the stack did not start');
}

async function makeProject(root) {
  // PostgreSQL's user must be able to enter when this runs as root.
  await chmod(root, 0o755);
  await mkdir(join(root, 'supabase/migrations'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{}');
  await writeFile(join(root, 'supabase/config.toml'), '[api]\nauto_expose_new_tables = true\n');
  await writeFile(join(root, 'supabase/migrations/20260101000000_items.sql'), MIGRATION);
}

async function measure(call, cpu, seconds) {
  console.log(`${cpus().length} cores, Node ${process.version}, ${seconds} s each, with fsync`);
  const signIn = (index) =>
    call('/auth/v1/token?grant_type=password', {
      body: { email: `user${index % USERS}@example.com`, password: PASSWORD },
    });
  const sessions = [];
  for (let index = 0; index < USERS; index += 1) {
    const body = { email: `user${index}@example.com`, password: PASSWORD };
    sessions.push(await call('/auth/v1/signup', { body }));
  }
  await passwordFloor();
  await rate('password sign-ins', cpu, seconds, signIn);
  await rate('refreshes', cpu, seconds, async (index) => {
    const body = { refresh_token: sessions[index].refresh_token };
    sessions[index] = await call('/auth/v1/token?grant_type=refresh_token', { body });
  });
  const token = sessions[0].access_token;
  await rate('GET /user', cpu, seconds, () => call('/auth/v1/user', { token }));

  const others = {
    'GET /auth/v1/user': () => call('/auth/v1/user', { token }),
    'GET /rest/v1/items': () => call('/rest/v1/items?id=lt.10', { token }),
  };
  for (const [name, other] of Object.entries(others)) {
    const idle = await latency(other, seconds);
    const load = keepBusy(50, signIn);
    await delay(500);
    const busy = await latency(other, seconds);
    await load.stop();
    console.log(`${name}: alone p50 ${idle.p50} ms, p99 ${idle.p99} ms`);
    console.log(`${name}: beside 50 sign-ins p50 ${busy.p50} ms, p99 ${busy.p99} ms`);
  }
}

/** The least that a sign-in costs: one comparison with a hash of cost 10. */
async function passwordFloor() {
  const hash = await bcrypt.hash(PASSWORD, 10);
  const before = process.cpuUsage();
  for (let run = 0; run < 20; run += 1) await bcrypt.compare(PASSWORD, hash);
  const { user, system } = process.cpuUsage(before);
  console.log(`one bcrypt comparison: ${((user + system) / 20_000).toFixed(1)} ms of CPU`);
}

/** Requests per second, and the processor time of each in the stack's process (PostgreSQL's is not counted). */
async function rate(name, cpu, seconds, work) {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const worker = async (index) => {
    for (; performance.now() < end; count += 1) await work(index);
  };
  const start = performance.now();
  const cpuBefore = await cpu();
  await Promise.all(Array.from({ length: USERS }, (_, index) => worker(index)));
  const perSecond = (count * 1000) / (performance.now() - start);
  const each = ((await cpu()) - cpuBefore) / count;
  console.log(`${name}, ${USERS} in parallel: ${perSecond.toFixed(0)}/s, ${each.toFixed(2)} ms of CPU each`);
}

function keepBusy(parallel, work) {
  const stopping = new AbortController();
  const worker = async (index) => {
    while (!stopping.signal.aborted) await work(index);
  };
  const all = Promise.all(Array.from({ length: parallel }, (_, index) => worker(index)));
  return {
    stop() {
      stopping.abort();
      return all;
    },
  };
}

/** The latency of one request after the other, with a short pause between them as on a page. */
async function latency(work, seconds) {
  const times = [];
  for (let index = 0; index < 50; index += 1) await work();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
    await delay(2);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  return { p50: at(0.5), p99: at(0.99) };
}

function send(agent, { url, key }, path, { body, token = key } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      apikey: key,
      authorization: `Bearer ${token}`,
      ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const req = request(url + path, { agent, method: text ? 'POST' : 'GET', headers }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.once('error', reject);
      res.once('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (res.statusCode === 200) resolve(JSON.parse(answer));
        else reject(new Error(`${path}: ${res.statusCode} ${answer}`));
      });
    });
    req.once('error', reject);
    req.end(text);
  });
}
