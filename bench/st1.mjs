// Storage's uploads, public downloads and listings beside a bare node:http server with files and, for downloads, nginx
// (if it is installed). Each server is a separate process; this process generates the load.
// Usage: npm run build && node bench/storage.mjs [durable|ephemeral]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [
  { name: '1 MiB', bytes: MIB, uploads: 100, downloads: 400, parallel: 8 },
];
const ROUNDS = 7;
const durable = process.argv[2] !== 'ephemeral';
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const children = [];
const root = await mkdtemp(join(tmpdir(), 'bench-storage-'));

try {
  await chmod(root, 0o755);
  const files = join(root, 'files');
  await mkdir(join(root, 'supabase'));
  await mkdir(files);
  await writeFile(join(root, 'package.json'), '{}');
  await writeFile(
    join(root, 'supabase/config.toml'),
    '[storage]\nfile_size_limit = "2GiB"\n[storage.buckets.bench]\npublic = true\n',
  );
  const floor = await startFloor(files);
  const hashing = await startFloor(files, 'md5');
  const storage = await startStorage();
  const nginx = await startNginx(files);
  console.log(
    `${cpus().length} cores, Node ${process.version}, ${durable ? 'durable (fsync)' : 'ephemeral (no fsync)'}\n`,
  );
  console.log('| median | requests/s | MB/s | of the floor | CPU ms a request |\n|---|---|---|---|---|');
  for (const size of SIZES) await benchSize(size, floor, hashing, storage, nginx);
  
  
} finally {
  // Listens before the first signal: a child that exits during the wait for another one would be missed.
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const exits = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGINT');
  await Promise.all(exits);
  agent.destroy();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}

async function benchSize(size, floor, hashing, storage, nginx) {
  const body = Buffer.alloc(size.bytes, 'x');
  const name = (index) => `${size.bytes}-${index % Math.min(50, size.uploads)}`;
  const put = (server) => (index) =>
    send(server.upload(name(index)), { method: 'PUT', headers: server.headers, body });
  const get = (server) => (index) => send(server.download(name(index)), { method: 'GET' });
  const cases = [
    [`upload ${size.name}: bare node:http`, floor, put(floor), size.uploads],
    [`upload ${size.name}: bare node:http with MD5`, hashing, put(hashing), size.uploads],
    [`upload ${size.name}: Storage`, storage, put(storage), size.uploads],
    [`download ${size.name}: bare node:http`, floor, get(floor), size.downloads],
    [`download ${size.name}: Storage`, storage, get(storage), size.downloads],
    ...(nginx ? [[`download ${size.name}: nginx`, nginx, get(nginx), size.downloads]] : []),
  ].map(([label, server, run, count]) => ({ label, server, run, count, rates: [], cpu: [] }));
  // The servers take turns, so that other load on the machine affects all of them; the first round is a warm-up.
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const one of cases) {
      const before = await cpuSeconds(one.server.pid);
      const rate = await measure(one.count, size.parallel, one.run);
      if (round === 0) continue;
      one.rates.push(rate);
      one.cpu.push(((await cpuSeconds(one.server.pid)) - before) / one.count);
    }
  for (const one of cases) {
    const base = cases.find(
      ({ label, server }) => server === floor && label.startsWith(one.label.split(' ')[0]),
    );
    const share = median(one.rates.map((rate, round) => rate / base.rates[round]));
    const rate = median(one.rates);
    const shown = rate < 10 ? rate.toFixed(1) : Math.round(rate);
    const megabytes = ((rate * size.bytes) / 1e6).toFixed(1);
    const cpu = (median(one.cpu) * 1000).toFixed(2);
    console.log(
      `| ${one.label} | ${shown} | ${megabytes} | ${one === base ? '' : `${Math.round(share * 100)} %`} | ${cpu} |`,
    );
  }
}

/** Uploads and downloads one object of 1 GiB, and reports the peak memory of the stack's process. */
async function benchLarge(storage) {
  const before = await residentMiB(storage.pid, 'VmRSS');
  const piece = Buffer.alloc(MIB, 'y');
  const started = performance.now();
  await send(storage.upload('large'), {
    method: 'PUT',
    headers: storage.headers,
    pieces: { piece, count: 1024 },
  });
  const uploaded = performance.now();
  await send(storage.download('large'), { method: 'GET' });
  const rate = (from, to) => (1024 * MIB) / 1e6 / ((to - from) / 1000);
  console.log(
    `\n1 GiB: up ${rate(started, uploaded).toFixed(0)} MB/s, down ${rate(uploaded, performance.now()).toFixed(0)} MB/s; ` +
      `memory of the stack's Node process ${before} MiB before, ${await residentMiB(storage.pid, 'VmHWM')} MiB at most`,
  );
}

async function benchListing(storage) {
  const client = new pg.Client(storage.dbUrl);
  await client.connect();
  await client.query(`insert into storage.objects (bucket_id, name, metadata)
    select 'bench', case when n % 2 = 0 then 'list/flat-' || n else 'list/dir-' || n % 100 || '/' || n end,
      '{"size": 1, "eTag": "\\"x\\"", "mimetype": "text/plain"}' from generate_series(1, 20000) n`);
  await client.query('analyze storage.objects');
  await client.end();
  const list = (path, body) => async () =>
    send(`${storage.url}/object/${path}/bench`, {
      method: 'POST',
      headers: { ...storage.headers, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    });
  console.log('\n10,000 objects and 50 folders of 200 objects each, milliseconds a page (median of 30):');
  const cases = {
    'list, first 100': list('list', { prefix: 'list', limit: 100 }),
    'list, 100 at offset 9,900': list('list', { prefix: 'list', limit: 100, offset: 9900 }),
    'list, first 1,000': list('list', { prefix: 'list', limit: 1000 }),
    'list, first 100 by created_at': list('list', {
      prefix: 'list',
      limit: 100,
      sortBy: { column: 'created_at' },
    }),
    'list-v2 with folders, first 1,000': list('list-v2', {
      prefix: 'list/',
      limit: 1000,
      with_delimiter: true,
    }),
    'list-v2 flat, first 1,000': list('list-v2', { prefix: 'list/', limit: 1000 }),
  };
  for (const [name, run] of Object.entries(cases)) {
    const times = [];
    for (let round = 0; round < 30; round += 1) {
      const started = performance.now();
      await run();
      times.push(performance.now() - started);
    }
    console.log(`- ${name}: ${median(times).toFixed(1)} (fastest ${Math.min(...times).toFixed(1)})`);
  }
}

async function startFloor(files, ...options) {
  const script = fileURLToPath(new URL('storage-floor.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, files, String(durable), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [url] = await once(createInterface(child.stdout), 'line');
  const path = (name) => `${url}/${name}`;
  return { pid: child.pid, upload: path, download: path, headers: {} };
}

async function startStorage() {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
  const args = [
    cli,
    'start',
    '--port',
    '0',
    '--db-port',
    '0',
    '--workdir',
    root,
    ...(durable ? [] : ['--ephemeral']),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const env = {};
  for await (const line of createInterface(child.stdout)) {
    const [, name, value] = /^(\w+)="(.*)"$/.exec(line) ?? [];
    if (name) env[name] = value;
    if (name === 'JWT_SECRET') break;
  }
  child.stdout.resume();
  const url = `${env.API_URL}/storage/v1`;
  return {
    url,
    dbUrl: env.DB_URL,
    pid: child.pid,
    upload: (name) => `${url}/object/bench/${name}`,
    download: (name) => `${url}/object/public/bench/${name}`,
    headers: { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, 'content-type': 'application/octet-stream' },
  };
}

/** nginx on the same files, with sendfile and one worker per core; undefined if it is not installed. */
async function startNginx(files) {
  const binary = '/usr/sbin/nginx';
  if (
    await access(binary).then(
      () => false,
      () => true,
    )
  )
    return undefined;
  const port = await freePort();
  const config = join(root, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes auto; pid ${root}/nginx.pid; error_log stderr crit; user root;
    events { worker_connections 512; }
    http { access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path ${root}/nginx;
      server { listen 127.0.0.1:${port}; root ${files}; etag on; } }`,
  );
  const child = spawn(binary, ['-c', config, '-e', 'stderr'], { stdio: ['ignore', 'inherit', 'inherit'] });
  children.push(child);
  const path = (name) => `http://127.0.0.1:${port}/${name}`;
  for (let tries = 0; tries < 50; tries += 1) {
    if (
      await send(path(''), { method: 'GET', anyStatus: true }).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { pid: child.pid, download: path };
}

/** Requests per second at this concurrency. */
async function measure(count, parallel, run) {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return count / ((performance.now() - started) / 1000);
}

function send(url, { method, headers = {}, body, pieces, anyStatus = false }) {
  return new Promise((resolve, reject) => {
    const length = pieces ? pieces.piece.length * pieces.count : body?.length;
    const all = length === undefined ? headers : { ...headers, 'content-length': length };
    const req = request(url, { method, headers: all, agent }, (res) => {
      res.resume();
      res.on('end', () => {
        if (res.statusCode === 200 || anyStatus) resolve();
        else reject(new Error(`${method} ${url}: ${res.statusCode}`));
      });
    });
    req.on('error', reject);
    if (pieces) void writePieces(req, pieces).catch(reject);
    else req.end(body);
  });
}

async function writePieces(req, { piece, count }) {
  for (let sent = 0; sent < count; sent += 1) if (!req.write(piece)) await once(req, 'drain');
  req.end();
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** CPU seconds of a process and its descendants (PostgreSQL is a child of the stack). Linux only, else 0. */
async function cpuSeconds(pid) {
  const processes = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '') : '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat !== '')
      processes.push({
        pid: Number(entry),
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
      });
  }
  const family = new Set([pid]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const one of processes) if (family.has(one.parent)) family.add(one.pid);
  }
  return processes.filter((one) => family.has(one.pid)).reduce((sum, one) => sum + one.ticks, 0) / 100;
}

async function residentMiB(pid, field) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / KIB);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
