// Realtime: commit to delivery, broadcasts, fan-out, joins and memory, beside a bare ws server and a bare replication
// client in the same run. Usage: npm run build && node bench/realtime.mjs [presence]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import pg from 'pg';
import { WebSocket } from 'ws';

const PAYLOAD_BYTES = 200;
const WINDOW = 256;
const FANOUT_MS = 5_000;

const stack = await startServer('stack');
const bare = await startServer('bare');
const db = new pg.Client(stack.info.dbUrl);
await db.connect();
await db.query(`
  create table public.feed (id bigint generated always as identity primary key, body text);
  alter table public.feed enable row level security;
  create policy everybody on public.feed for select to authenticated using (auth.uid() is not null);
  alter publication supabase_realtime add table public.feed`);

console.log(
  `${cpus().length} cores shared by server, PostgreSQL and clients, Node ${process.version}; milliseconds\n`,
);
const isPresenceOnly = process.argv[2] === 'presence';
if (!isPresenceOnly) await measureAll();
for (const members of [1_000, 5_000]) await measurePresence(members);

await db.end();
for (const server of [stack, bare]) {
  server.child.send('stop');
  await once(server.child, 'exit');
}

async function measureAll() {
  await measureReplicationFloor();
  for (const [count, isDistinct] of [
    [1, false],
    [20, false],
    [20, true],
    [200, false],
    [200, true],
    [1_000, true],
  ]) {
    await measureChanges(count, isDistinct);
  }
  for (const rows of [1, 100, 10_000]) await measureTransaction(rows, 20);
  await measureBroadcast();
  await measureJoins();
  for (const receivers of [50, 200]) await measureFanout(receivers);
  await measureSockets(1_000);
}

async function startServer(kind) {
  const child = fork(fileURLToPath(new URL('./realtime-server.mjs', import.meta.url)), [kind], {
    execArgv: ['--expose-gc'],
  });
  const [info] = await once(child, 'message');
  return { child, info };
}

async function usage({ child }) {
  child.send('usage');
  const [{ memory, cpu }] = await once(child, 'message');
  return { memory, cpuMs: (cpu.user + cpu.system) / 1000 };
}

function sign(sub) {
  return new SignJWT({ role: 'authenticated', sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(stack.info.jwtSecret));
}

function user(i) {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
}

async function connect(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

/** Joins `realtime:<name>` on a new socket; with `postgres_changes`, resolves once subscribed. */
async function join(name, { config = {}, token } = {}) {
  const socket = await connect(`${stack.info.url}?vsn=2.0.0&apikey=${stack.info.anonKey}`);
  const wanted = config.postgres_changes ? 'Subscribed to PostgreSQL' : 'phx_reply';
  const joined = new Promise((resolve) => {
    const listen = (data) => {
      if (!data.includes(wanted)) return;
      socket.off('message', listen);
      resolve();
    };
    socket.on('message', listen);
  });
  socket.send(JSON.stringify(['1', '1', `realtime:${name}`, 'phx_join', { config, access_token: token }]));
  await joined;
  return socket;
}

async function subscribeAll(count, isDistinct) {
  const config = { postgres_changes: [{ event: '*', schema: 'public', table: 'feed' }] };
  const shared = await sign(user(0));
  return Promise.all(
    Array.from({ length: count }, async (_, i) =>
      join('feed', { config, token: isDistinct ? await sign(user(i + 1)) : shared }),
    ),
  );
}

function closeAll(sockets) {
  return Promise.all(sockets.map((socket) => (socket.close(), once(socket, 'close'))));
}

async function measureReplicationFloor() {
  const client = new pg.Client({ connectionString: stack.info.dbUrl, replication: 'database' });
  client.on('error', () => {});
  await client.connect();
  await client.query('CREATE_REPLICATION_SLOT bench_floor TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT');
  let arrived = () => {};
  client.connection.on('copyData', ({ chunk }) => {
    if (chunk[0] === 0x77 && chunk[25] === 0x49) arrived();
  });
  client
    .query(
      `START_REPLICATION SLOT bench_floor LOGICAL 0/0 (proto_version '1', publication_names 'supabase_realtime')`,
    )
    .catch(() => {});
  const times = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    const arrival = new Promise((resolve) => (arrived = resolve));
    await Promise.all([arrival, db.query(`insert into feed (body) values ('x')`)]);
    times.push(performance.now() - start);
  }
  client.connection.stream.destroy();
  console.log(`insert to a bare replication client                  ${summary(times)}`);
}

async function measureChanges(count, isDistinct) {
  const sockets = await subscribeAll(count, isDistinct);
  const times = [];
  let start = 0;
  let arrived = () => {};
  let missing = 0;
  for (const socket of sockets) {
    socket.on('message', () => {
      times.push(performance.now() - start);
      if (--missing === 0) arrived();
    });
  }
  for (let i = 0; i < 100; i++) {
    missing = count;
    const arrival = new Promise((resolve) => (arrived = resolve));
    start = performance.now();
    await Promise.all([arrival, db.query(`insert into feed (body) values ('x')`)]);
  }
  await closeAll(sockets);
  const claims = isDistinct ? 'distinct' : 'equal   ';
  console.log(
    `insert to delivery, ${String(count).padStart(3)} subscribers, ${claims} claims     ${summary(times)}`,
  );
}

async function measureTransaction(rows, count) {
  const sockets = await subscribeAll(count, false);
  let missing = rows * count;
  const done = new Promise((resolve) => {
    for (const socket of sockets) socket.on('message', () => --missing === 0 && resolve());
  });
  const start = performance.now();
  await db.query(`insert into feed (body) select 'x' from generate_series(1, ${rows})`);
  await done;
  const ms = performance.now() - start;
  await closeAll(sockets);
  console.log(
    `transaction of ${String(rows).padStart(6)} rows to ${count} subscribers           all after ${ms.toFixed(1)}, ${Math.round((rows * count * 1000) / ms)} deliveries/s`,
  );
}

async function measureBroadcast() {
  const [a, b] = await Promise.all([join('echo'), join('echo')]);
  const message = JSON.stringify([
    '1',
    '2',
    'realtime:echo',
    'broadcast',
    { type: 'broadcast', event: 'e', payload: {} },
  ]);
  b.on('message', () => b.send(message));
  const times = [];
  for (let i = 0; i < 2000; i++) {
    const start = performance.now();
    a.send(message);
    await once(a, 'message');
    times.push(performance.now() - start);
  }
  await closeAll([a, b]);
  console.log(`broadcast A to B to A                                ${summary(times)}`);
}

async function measureJoins() {
  const times = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    const socket = await join(`join-${i}`);
    times.push(performance.now() - start);
    await closeAll([socket]);
  }
  console.log(`connect and join                                     ${summary(times)}`);
}

async function measureFanout(count) {
  const results = {};
  const body = { type: 'broadcast', event: 'e', payload: { s: 'x'.repeat(PAYLOAD_BYTES) } };
  const message = JSON.stringify(['1', '2', 'realtime:fan', 'broadcast', body]);
  // Twice, alternating: the machine's speed varies over time.
  for (const kind of ['bare', 'stack', 'bare', 'stack']) {
    const open = kind === 'bare' ? () => connect(bare.info.url) : () => join('fan');
    const sender = await open();
    const receivers = await Promise.all(Array.from({ length: count }, open));
    const rate = await fanOut(sender, receivers, message);
    results[kind] = Math.max(results[kind] ?? 0, rate);
    await closeAll([sender, ...receivers]);
  }
  const share = Math.round((100 * results.stack) / results.bare);
  console.log(
    `fan-out to ${count} receivers, deliveries/s               ${Math.round(results.stack)}; bare ws ${Math.round(results.bare)} (${share} %)`,
  );
}

/** Keeps at most WINDOW messages in flight to the last receiver. */
async function fanOut(sender, receivers, message) {
  let delivered = 0;
  let sent = 0;
  let acknowledged = 0;
  const last = receivers.at(-1);
  for (const receiver of receivers) receiver.on('message', () => delivered++);
  const fill = () => {
    while (sent - acknowledged < WINDOW) {
      sender.send(message);
      sent++;
    }
  };
  last.on('message', () => {
    acknowledged++;
    if (sent - acknowledged < WINDOW / 2) fill();
  });
  const start = performance.now();
  fill();
  await new Promise((resolve) => setTimeout(resolve, FANOUT_MS));
  return (delivered * 1000) / (performance.now() - start);
}

async function measureSockets(count) {
  const before = await usage(stack);
  const sockets = [];
  for (let i = 0; i < count; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, (_, j) => join(`room-${i + j}`)))));
  }
  const joined = await usage(stack);
  const replies = sockets.map((socket) => once(socket, 'message'));
  for (const socket of sockets) socket.send('[null,"9","phoenix","heartbeat",{}]');
  await Promise.all(replies);
  const beaten = await usage(stack);
  await closeAll(sockets);
  const mb = ((joined.memory - before.memory) / 1024 / 1024).toFixed(1);
  console.log(
    `${count} sockets with a channel each                    ${mb} MB, ${(joined.cpuMs - before.cpuMs).toFixed(0)} ms CPU to connect and join, ${(beaten.cpuMs - joined.cpuMs).toFixed(1)} ms CPU per heartbeat of all`,
  );
}

/** Members of one topic, one socket each, which join and track; until one of them knows all. */
async function measurePresence(count) {
  const before = await usage(stack);
  const start = performance.now();
  const known = new Set();
  let diffs = 0;
  let complete = () => {};
  const isComplete = new Promise((resolve) => (complete = resolve));
  const members = [];
  for (let i = 0; i < count; i += 50) {
    const joining = Array.from({ length: 50 }, async (_, j) => {
      const config = { presence: { enabled: true, key: `member-${i + j}` } };
      const socket = await join(`presence-${count}`, { config });
      if (i + j === 0) {
        socket.on('message', (data) => {
          const [, , , event, payload] = JSON.parse(Buffer.from(data).toString());
          if (event !== 'presence_diff') return;
          diffs++;
          for (const key of Object.keys(payload.joins)) known.add(key);
          if (known.size === count) complete();
        });
      }
      socket.send(
        JSON.stringify([
          '1',
          '2',
          `realtime:presence-${count}`,
          'presence',
          { event: 'track', payload: { at: i + j } },
        ]),
      );
      return socket;
    });
    members.push(...(await Promise.all(joining)));
  }
  await isComplete;
  const elapsed = performance.now() - start;
  const { cpuMs } = await usage(stack);
  const late = performance.now();
  const guest = await connect(`${stack.info.url}?vsn=2.0.0&apikey=${stack.info.anonKey}`);
  const state = new Promise((resolve) => {
    guest.on('message', (data) => data.includes('presence_state') && resolve(data.length));
  });
  guest.send(
    JSON.stringify([
      '1',
      '1',
      `realtime:presence-${count}`,
      'phx_join',
      { config: { presence: { enabled: true } } },
    ]),
  );
  const bytes = await state;
  const lateMs = performance.now() - late;
  await closeAll([guest, ...members]);
  console.log(
    `presence of ${count} members                          ${(elapsed / 1000).toFixed(1)} s to join and track, ${diffs} diffs to each, ${((cpuMs - before.cpuMs) / 1000).toFixed(1)} s CPU; state of ${(bytes / 1024).toFixed(0)} KB in ${lateMs.toFixed(0)} ms`,
  );
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2);
  return `p50 ${at(0.5)}  p99 ${at(0.99)}  max ${at(1)}`;
}
